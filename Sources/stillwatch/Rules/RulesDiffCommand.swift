import Assessment
import Configuration
import Detection

/// `rules diff`: what two sets of rules say differently.
enum RulesDiffCommand {
    static let command = Command(
        "rules diff", summary: "Show what changed between two sets of rules.",
        discussion: """
            Rules are matched by id; of one that changed, each part is shown before and after. Nothing is run: \
            'backtest --compare' shows what the change does to findings. Ends with 2 if a rule cannot be used.
            """,
        arguments: [
            Argument(
                "old",
                help: "A rule file, a directory of them, or a revision in git, as main:rules."),
            Argument(
                "new",
                help: "A rule file, a directory of them, or a revision in git, as main:rules."),
        ],
        options: [], run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let sets = try invocation.arguments.map { path throws(Failure) in
            let files = try RuleFiles([path])
            if files.diagnostics.hasErrors {
                throw Failure(.ruleError, text: files.diagnostics.text)
            }
            return files
        }
        let diff = RuleDiff(
            old: sets[0].rules, new: sets[1].rules, oldCampaigns: sets[0].campaignRules,
            newCampaigns: sets[1].campaignRules)
        try writing { () throws(OutputError) in
            var output = try Output(path: nil)
            try output.write(text: diff.text)
            try output.finish()
        }
        return .ok
    }
}
