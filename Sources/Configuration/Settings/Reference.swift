/// The reference of all keys as Markdown, made from the table.
public enum Reference {
    /// The whole text; the same for the same table.
    public static func markdown() -> String {
        var text = """
            # Configuration

            A YAML file (`--config FILE` or `STILLWATCH_CONFIG`), environment variables and options on the command \
            line. Options win over variables, variables over the file, the file over the defaults. Mappings merge \
            name by name. An unknown key is an error. `--set KEY=VALUE` sets any key.

            Durations are whole numbers with `ms`, `s`, `m`, `h` or `d`; sizes with `KiB`, `MiB` or `GiB`.

            | key | type | default |
            |---|---|---|

            """
        for key in Key.all {
            text += "| [`\(key.name)`](#\(anchor(key))) | \(cell(key.type)) | \(value(key)) |\n"
        }
        for key in Key.all { text += "\n" + section(key) }
        return text
    }

    private static func anchor(_ key: Key) -> String { key.name.filter { $0 != "." } }

    private static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }

    private static func value(_ key: Key) -> String {
        key.defaultValue.isEmpty ? "none" : "`\(key.defaultValue)`"
    }

    private static func section(_ key: Key) -> String {
        var lines = ["## `\(key.name)`", "", key.effect, ""]
        lines.append("- Type: \(key.type)")
        lines.append("- Default: \(value(key))")
        lines.append("- Environment: `\(key.environmentName)`")
        if let option = key.option { lines.append("- Option: `\(option)`") }
        lines += ["", "```yaml", example(key), "```"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func example(_ key: Key) -> String {
        var indent = ""
        var lines: [String] = []
        let words = key.name.split(separator: ".")
        for word in words.dropLast() {
            lines.append("\(indent)\(word):")
            indent += "  "
        }
        lines.append("\(indent)\(words.last ?? ""): \(key.example)")
        return lines.joined(separator: "\n")
    }
}
