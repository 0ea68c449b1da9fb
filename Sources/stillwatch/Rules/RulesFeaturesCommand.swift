import Configuration
import Detection

/// `rules features`: what conditions can ask for, from the table the compiler uses.
enum RulesFeaturesCommand {
    static let command = Command(
        "rules features",
        summary: "Print the features of rules and the functions of campaign rules, as Markdown.",
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        try Output.print(FeatureReference.markdown() + "\n" + FeatureReference.campaignMarkdown())
        return .ok
    }
}
