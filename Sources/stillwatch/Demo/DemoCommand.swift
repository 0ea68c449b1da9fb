import Configuration
import Detection
import Execution
import Replay
import Simulation

/// `demo`: simulated traffic through the engine in one process, and what came of it.
enum DemoCommand {
    static let command = Command(
        "demo", summary: "Watch simulated traffic, farms in it, with nothing else installed.",
        discussion: """
            Simulates ordinary customers, crowds that look like farms and are none, and two farms, at high \
            speed and in one process. The summary on standard error says which campaigns were found: their \
            members, the evidence, what they took, when they were found and after how many requests; and what \
            stayed quiet. With --format, findings are printed as they come. Ends with 1 if a farm was missed \
            or anything else was flagged.
            Other traffic than the demo's own is described as for simulate; see 'stillwatch simulate --help'.
            """,
        options: ScenarioOptions.all + [
            .rules, .shards,
            Option(
                "format", .choice(["text", "flat", "ocsf"]),
                help: """
                    Print findings as they come: lines for people, one flat object, or OCSF 1.8.0. Without it, none.
                    """),
        ] + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) async throws -> ExitCode {
        let settings = try Environment(invocation).settings
        let pipeline = try Setup.pipeline(settings)
        let scenario = try ScenarioOptions.scenario(invocation)
        let printer = try invocation.value("format").map { format in
            try writing { () throws(OutputError) in try FindingPrinter(format: format) }
        }
        introduce(scenario, pipeline.rules)
        let source = GeneratorSource(scenario)
        let startMs = MachineClock.monotonicMs()
        let replay = ReplayDriver(
            pipeline, campaigns: Setup.campaigns(settings, pipeline.rules),
            threads: Setup.shards(settings))
        let report = try await replay.run([source]) { finding in printer?.print(finding) }
        if let failure = printer?.failure {
            try writing { () throws(OutputError) in throw failure }
        }
        let seconds = max(0.001, Double(MachineClock.monotonicMs() - startMs) / 1000)
        let (labels, ledger) = source.truth()
        let verdict = DemoVerdict(report, labels, ledger)
        Console.error(verdict.text)
        Console.error(speed(report, seconds))
        return verdict.isGood ? .ok : .checkFailed
    }

    private static func introduce(_ scenario: Scenario, _ rules: RuleSet) {
        let hours = scenario.durationMs / 3_600_000
        Console.error(
            "Simulating \(hours) hours, about \(grouped(scenario.expectedEvents)) requests, "
                + "against \(count(rules.rules.count, "rule")).\n\n")
    }

    private static func speed(_ report: ReplayDriver.Report, _ seconds: Double) -> String {
        let rate = Int(Double(report.ingest.processed) / seconds)
        return "\(grouped(report.ingest.processed)) events in \(decimal(seconds)) s "
            + "(\(grouped(rate)) events/s, simulation included), "
            + "\(grouped(report.entities.entities)) entities in "
            + "\(grouped(report.entities.stateBytes / 1_048_576)) MiB\n"
    }
}
