import YAML

/// What a command line asks for.
public enum CommandLineRequest: Sendable {
    /// Run a command.
    case run(Invocation)
    /// Print this on standard output and exit with 0: a help text, or the version.
    case print(String)
}

/// A command line that cannot be used; the caller prints it on standard error and exits with 3.
public struct UsageError: Error, Equatable, CustomStringConvertible {
    /// What is wrong.
    public let message: String
    /// What may have been meant, or where to read on.
    public let hint: String

    /// Both, as a terminal shows them.
    public var description: String { "error: \(message)\n\(hint)\n" }
}

/// Parses command lines against a command table, in the conventions of swift-argument-parser.
///
/// `--name value`, `--name=value`, `-X value`, `-Xvalue`; options and arguments in any order, `--` ends options,
/// `-` is an argument. A value after a space may not begin with a hyphen; `--name=-1` may. `-h`, `--help` and
/// `help` work at every level, `--version` at the first.
public struct CommandLineParser: Sendable {
    /// The program's name.
    public let program: String
    /// The program's version.
    public let version: String
    /// The program in one sentence.
    public let overview: String
    /// The command table.
    public let commands: [Command]

    /// A parser for `commands`.
    public init(program: String, version: String, overview: String, commands: [Command]) {
        self.program = program
        self.version = version
        self.overview = overview
        self.commands = commands
    }

    /// Parses the words behind the program's name.
    public func parse(_ words: [String]) throws(UsageError) -> CommandLineRequest {
        guard let first = words.first else { throw usage("a command is missing", "") }
        if ["-h", "--help"].contains(first) { return .print(help()) }
        if first == "--version" { return .print(version + "\n") }
        if first == "help" { return .print(try help(for: Array(words.dropFirst()))) }
        let (command, rest) = try find(words)
        guard let command else { return .print(help(group: first)) }
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        if rest[..<end].contains(where: { $0 == "-h" || $0 == "--help" }) {
            return .print(help(command))
        }
        return .run(try parse(rest, for: command))
    }

    private func help(for words: [String]) throws(UsageError) -> String {
        if words.isEmpty { return help() }
        let (command, rest) = try find(words + ["--help"])
        if let extra = rest.first(where: { $0 != "--help" }) {
            throw usage("unexpected argument '\(extra)'", "help")
        }
        return command.map { help($0) } ?? help(group: words[0])
    }

    /// The command `words` begin with and the words behind it; no command where help on a group is asked.
    private func find(_ words: [String]) throws(UsageError) -> (Command?, ArraySlice<String>) {
        let group = words[0]
        if let command = commands.first(where: { $0.name == group }) {
            return (command, words.dropFirst())
        }
        let members = commands.filter { $0.name.hasPrefix(group + " ") }
        if members.isEmpty {
            let what = group.hasPrefix("-") ? "option" : "command"
            throw usage("unknown \(what) '\(group)'", "", like: group, among: topWords)
        }
        guard words.count > 1 else {
            let names = members.map { "'\($0.name)'" }.joined(separator: " or ")
            throw usage("'\(group)' is \(names)", group)
        }
        if ["-h", "--help", "help"].contains(words[1]) { return (nil, words.dropFirst(2)) }
        let name = "\(group) \(words[1])"
        guard let command = members.first(where: { $0.name == name }) else {
            throw usage("unknown command '\(name)'", group, like: name, among: members.map(\.name))
        }
        return (command, words.dropFirst(2))
    }

    private var topWords: [String] {
        var words: [String] = []
        for command in commands {
            let word = String(command.name.prefix { $0 != " " })
            if words.last != word { words.append(word) }
        }
        return words + ["help", "--help", "--version"]
    }

    private func usage(
        _ message: String, _ command: String, like word: String? = nil, among known: [String] = []
    ) -> UsageError {
        let help = command.isEmpty ? "\(program) --help" : "\(program) \(command) --help"
        if let word, let close = suggestion(for: word, among: known) {
            return UsageError(message: message, hint: "did you mean '\(close)'? See '\(help)'.")
        }
        return UsageError(message: message, hint: "See '\(help)'.")
    }
}

extension CommandLineParser {
    private func parse(
        _ words: ArraySlice<String>, for command: Command
    ) throws(UsageError) -> Invocation {
        var invocation = Invocation(command: command)
        var rest = words
        var areOptionsOver = false
        while let word = rest.popFirst() {
            if areOptionsOver || word == "-" || !word.hasPrefix("-") {
                invocation.arguments.append(word)
            } else if word == "--" {
                areOptionsOver = true
            } else {
                try parseOption(word, &rest, &invocation)
            }
        }
        try checkArguments(of: invocation)
        return invocation
    }

    private func parseOption(
        _ word: String, _ rest: inout ArraySlice<String>, _ invocation: inout Invocation
    ) throws(UsageError) {
        let command = invocation.command
        let (name, attached) = Self.split(word)
        guard let option = command.options.first(where: { Self.matches($0, name) }) else {
            let known = command.options.map(\.spelling) + ["--help"]
            throw usage("unknown option '\(name)'", command.name, like: name, among: known)
        }
        if invocation.has(option.id), !option.isRepeatable {
            throw usage("\(option.spelling) is given twice", command.name)
        }
        guard let placeholder = option.placeholder else {
            if attached != nil {
                throw usage("\(option.spelling) takes no value", command.name)
            }
            return invocation.add(option, "")
        }
        guard let value = attached ?? Self.nextValue(&rest) else {
            throw usage("\(option.spelling) needs a value: \(placeholder)", command.name)
        }
        if let problem = option.problem(with: value) {
            throw usage("\(option.spelling) \(problem), not '\(value)'", command.name)
        }
        invocation.add(option, value)
    }

    /// The option's name with its hyphens, and the value written onto it.
    private static func split(_ word: String) -> (name: String, attached: String?) {
        if word.hasPrefix("--") {
            let name = String(word.prefix { $0 != "=" })
            return (name, name.count < word.count ? String(word.dropFirst(name.count + 1)) : nil)
        }
        return (String(word.prefix(2)), word.count > 2 ? String(word.dropFirst(2)) : nil)
    }

    private static func matches(_ option: Option, _ name: String) -> Bool {
        if name.hasPrefix("--") { return !option.name.isEmpty && name.dropFirst(2) == option.name }
        return option.letter.map { "-\($0)" == name } ?? false
    }

    private static func nextValue(_ rest: inout ArraySlice<String>) -> String? {
        guard let next = rest.first, next == "-" || !next.hasPrefix("-") else { return nil }
        return rest.popFirst()
    }

    private func checkArguments(of invocation: Invocation) throws(UsageError) {
        let command = invocation.command
        let count = invocation.arguments.count
        for (index, argument) in command.arguments.enumerated()
        where argument.isRequired && index >= count {
            throw usage("<\(argument.name)> is missing", command.name)
        }
        let takesMore = command.arguments.last?.isRepeatable ?? false
        if count > command.arguments.count, !takesMore {
            let extra = invocation.arguments[command.arguments.count]
            throw usage("unexpected argument '\(extra)'", command.name)
        }
    }
}
