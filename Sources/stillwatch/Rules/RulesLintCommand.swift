import Configuration
import Detection
import YAML

/// `rules lint`: every error and warning with its place; nothing is run.
enum RulesLintCommand {
    static let command = Command(
        "rules lint", summary: "Check rules without running them.",
        discussion:
            "Every error and warning has its file, line and column. Ends with 2 if there is an error.",
        arguments: [.rulePaths],
        options: [Option("strict", .flag, help: "Warnings count as errors.")],
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let files = try RuleFiles(invocation.arguments)
        let diagnostics = files.diagnostics
        Console.error(diagnostics.text)
        if !diagnostics.hasErrors, let problem = limitProblem(files.rules) {
            throw Failure(.ruleError, "\(files.origin): \(problem)")
        }
        let warnings = diagnostics.warnings.count
        Console.error(
            "\(count(files.rules.count + files.campaignRules.count, "rule")) in \(count(files.fileCount, "file")): "
                + "\(count(diagnostics.errorCount, "error")), \(count(warnings, "warning"))\n")
        if diagnostics.hasErrors { return .ruleError }
        return invocation.has("strict") && warnings > 0 ? .ruleError : .ok
    }

    /// What only all rules together can get wrong.
    private static func limitProblem(_ rules: [Rule]) -> String? {
        do throws(RuleSetError) {
            _ = try RuleSet(rules)
            return nil
        } catch {
            return RuleFiles.text(error)
        }
    }
}

/// `1 rule`, `2 rules`.
func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
