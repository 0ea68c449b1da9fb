import Configuration
import Detection
import Glibc

/// `rules starter`: the built-in rules as files, to be read, copied and changed.
enum RulesStarterCommand {
    static let command = Command(
        "rules starter", summary: "Write the built-in starter rules as YAML files.",
        discussion: """
            With --out, one file a rule is written into the directory, which is made where it is not there; a file \
            that is there with another text is kept, and nothing is written, unless --force is given. Without --out, \
            all rules go to standard output. 'run --rules DIR' then does what 'run' does without rules.
            """,
        options: [
            Option("out", .text("dir"), help: "The directory to write into."),
            Option("force", .flag, help: "Replace files that differ."),
        ],
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        guard let directory = invocation.value("out") else {
            try Output.print(StarterRules.files.map(\.text).joined(separator: "---\n"))
            return .ok
        }
        let missing = try missingFiles(in: directory, replaces: invocation.has("force"))
        if Files.isDirectory(directory) == nil, mkdir(directory, 0o755) != 0 {
            throw Failure(.unreachable, "\(directory): \(String(cString: strerror(errno)))")
        }
        for file in missing {
            try writing { () throws(OutputError) in
                var output = try Output(path: "\(directory)/\(file.name)")
                try output.write(text: file.text)
                try output.finish()
            }
        }
        let kept = StarterRules.files.count - missing.count
        Console.error(
            "\(count(missing.count, "file")) written to \(directory)"
                + (kept > 0 ? ", \(kept) there already\n" : "\n"))
        return .ok
    }

    /// The rule files that `directory` does not hold with their text.
    ///
    /// - Throws: `Failure` with 1 where one stands there with another text and `replaces` is false.
    private static func missingFiles(
        in directory: String, replaces: Bool
    ) throws(Failure) -> [(name: String, text: String)] {
        var missing: [(name: String, text: String)] = []
        for file in StarterRules.files {
            let path = "\(directory)/\(file.name)"
            if Files.isDirectory(path) == nil {
                missing.append(file)
            } else if try Files.bytes(of: path) != Array(file.text.utf8) {
                guard replaces else {
                    throw Failure(
                        .checkFailed, "\(path) differs from the starter rule; --force replaces it")
                }
                missing.append(file)
            }
        }
        return missing
    }
}
