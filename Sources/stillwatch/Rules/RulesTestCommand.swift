import Configuration
import Detection
import Execution
import Replay
import YAML

/// `rules test`: the tests inside rules, run through the real engine in memory.
enum RulesTestCommand {
    static let command = Command(
        "rules test", summary: "Run the tests inside rules.",
        discussion: """
            Each test's events go through the same engine as live ones, and the findings are compared with \
            what the test expects. Of the configuration, panes, lateness, samples and gateways count. Ends with 1 if a test fails, 2 if a rule cannot be used.
            """,
        arguments: [.rulePaths],
        options: [
            Option(
                "filter", .text("text"), help: "Run only tests whose rule or name contains this.")
        ] + Option.settings + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) async throws -> ExitCode {
        let settings = try Environment(invocation).settings
        let files = try RuleFiles(invocation.arguments)
        Console.error(files.diagnostics.text)
        if files.diagnostics.hasErrors { return .ruleError }
        let chosen = select(files.rules, invocation.value("filter"))
        if chosen.isEmpty, let filter = invocation.value("filter") {
            throw Failure(.usage, "no test matches '\(filter)' in \(files.origin)")
        }
        var output = try writing { () throws(OutputError) in try Output(path: nil) }
        let startMs = MachineClock.monotonicMs()
        let runner = RuleTestRunner(try Setup.pipeline(settings, try RuleSet([])))
        var failed = 0
        var events = 0
        for (rule, test) in chosen {
            let outcome = try await runner.run(test, of: rule)
            if !outcome.failures.isEmpty { failed += 1 }
            events += outcome.events
            try writing { () throws(OutputError) in
                try output.write(text: text(outcome, of: rule))
                try output.flush()
            }
        }
        let seconds = Double(MachineClock.monotonicMs() - startMs) / 1000
        Console.error(
            "\(count(chosen.count, "test")) of \(count(Set(chosen.map(\.0.info.id)).count, "rule")), "
                + "\(grouped(events)) events, \(failed) failed, \(decimal(seconds)) s\n")
        untested(files.rules)
        return failed == 0 ? .ok : .checkFailed
    }

    private static func select(_ rules: [Rule], _ filter: String?) -> [(Rule, RuleTest)] {
        rules.flatMap { rule in
            rule.tests.filter { test in
                guard let filter else { return true }
                return rule.info.id.contains(filter) || test.name.contains(filter)
            }.map { (rule, $0) }
        }
    }

    private static func text(_ outcome: RuleTestRunner.Outcome, of rule: Rule) -> String {
        let name = "\(outcome.rule): \(outcome.test)"
        if outcome.failures.isEmpty { return "ok    \(name)\n" }
        var text = "FAIL  \(name)\n"
        for failure in outcome.failures { text += "      \(failure)\n" }
        return text + "      in \(rule.file), the rule at line \(rule.position.line)\n"
    }

    private static func untested(_ rules: [Rule]) {
        let names = rules.filter(\.tests.isEmpty).map(\.info.id)
        if !names.isEmpty { Console.error("without tests: \(names.joined(separator: ", "))\n") }
    }
}
