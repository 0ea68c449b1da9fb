import Configuration
import Detection

/// `rules features`: what conditions can ask for, from the table the compiler uses.
enum RulesFeaturesCommand {
    static let command = Command(
        "rules features",
        summary: "Print what rules and campaign rules can ask for, as Markdown.",
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        try Output.print(FeatureReference.markdown() + "\n" + FeatureReference.campaignMarkdown())
        return .ok
    }
}
