import Configuration

/// `config reference`: every configuration key, from the table the loader uses.
enum ConfigReferenceCommand {
    static let command = Command(
        "config reference", summary: "Print the reference of all configuration keys, as Markdown.",
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        try Output.print(Reference.markdown())
        return .ok
    }
}
