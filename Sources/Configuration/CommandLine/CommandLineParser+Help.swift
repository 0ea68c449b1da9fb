extension CommandLineParser {
    /// The help of the whole program.
    public func help() -> String {
        var text = "OVERVIEW: \(overview)\n\nUSAGE: \(program) <command> [<option> ...]\n\n"
        text += Self.section("COMMANDS", commands.map { ($0.name, $0.summary) })
        let options = [
            ("-h, --help", "Show help, of a command behind its name."),
            ("--version", "Show the version."),
        ]
        text += Self.section("OPTIONS", options)
        let codes = ExitCode.allCases.map { ("\($0.rawValue)", $0.help) }
        text += Self.section("EXIT CODES", codes)
        return text + "See '\(program) help <command>' for a command.\n"
    }

    /// The help of the commands that begin with the word `group`.
    func help(group: String) -> String {
        let members = commands.filter { $0.name.hasPrefix(group + " ") }
        return "USAGE: \(program) \(group) <command>\n\n"
            + Self.section("COMMANDS", members.map { ($0.name, $0.summary) })
            + "See '\(program) help \(group) <command>' for a command.\n"
    }

    /// The help of one command.
    public func help(_ command: Command) -> String {
        var text = "OVERVIEW: \(command.summary)\n\n"
        for paragraph in Self.paragraphs(command.discussion) {
            text += Self.wrap(paragraph, indent: 0) + "\n\n"
        }
        let words = [program, command.name] + command.arguments.map(\.usage)
        let options = command.options.isEmpty ? [] : ["[<option> ...]"]
        text += "USAGE: \((words + options).joined(separator: " "))\n\n"
        text += Self.section("ARGUMENTS", command.arguments.map { ("<\($0.name)>", $0.help) })
        let rows = command.options.map { (Self.left($0), Self.right($0)) }
        return text
            + Self.section("OPTIONS", rows + [("-h, --help", "Show this help.")], isLast: true)
    }

    private static func left(_ option: Option) -> String {
        let letter = option.letter.map { "-\($0)" }
        let name = option.name.isEmpty ? nil : "--\(option.name)"
        let names = [letter, name].compactMap { $0 }.joined(separator: ", ")
        return option.placeholder.map { "\(names) \($0)" } ?? names
    }

    private static func right(_ option: Option) -> String {
        var text = option.help
        if case .pair = option.value { return text }
        if !option.defaultValue.isEmpty { text += " (default: \(option.defaultValue))" }
        return text
    }

    private static func section(
        _ title: String, _ rows: [(String, String)], isLast: Bool = false
    ) -> String {
        if rows.isEmpty { return "" }
        let column = 26
        var text = "\(title):\n"
        for (left, right) in rows {
            let wrapped = wrap(right, indent: column)
            let gap = column - 2 - left.count
            text += "  " + left
            text += gap >= 2 ? String(repeating: " ", count: gap) : "\n" + spaces(column)
            text += wrapped + "\n"
        }
        return text + (isLast ? "" : "\n")
    }

    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

    private static func paragraphs(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    }

    /// Breaks `text` into lines of at most 80 columns; the first is indented by what stands before it.
    private static func wrap(_ text: String, indent: Int) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > 80 {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        lines.append(line)
        return lines.joined(separator: "\n" + spaces(indent))
    }
}
