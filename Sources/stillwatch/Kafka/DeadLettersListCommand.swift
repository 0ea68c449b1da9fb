import Configuration
import Primitives

/// `dead-letters list`: a table on a terminal, JSON Lines elsewhere.
enum DeadLettersListCommand {
    static let command = Command(
        "dead-letters list", summary: "Show records that were refused.",
        discussion: """
            One line a dead letter: where it lies, why it was refused and which field that is about, where it \
            was read, its size, and how it begins. A table on a terminal, JSON Lines elsewhere. Nothing is \
            committed or changed.
            """,
        options: [.letterTopic, .reason, .since, .until, .count(default: 100), .fromEnd]
            + Option.connection + Option.settings + Option.logging,
        run: run)

    private static let shownBytes = 60

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let settings = try Environment(invocation).settings
        let limit = invocation.integer("count") ?? 100
        var letters = try DeadLetterSelection(
            invocation, settings, last: invocation.has("from-end") ? limit : nil)
        var table = TextTable(
            ["place", "reason", "field", "source", "size", "begins"], numbers: [4])
        var output = try writing { () throws(OutputError) in try Output(path: nil) }
        var left = limit
        try letters.forEach { letter in
            if Output.isTerminal {
                table.add(row(letter))
            } else {
                try writing { () throws(OutputError) in try output.write(text: line(letter)) }
            }
            left -= 1
            return left > 0
        }
        let text = Output.isTerminal && left < limit ? table.text : ""
        try writing { () throws(OutputError) in
            try output.write(text: text)
            try output.finish()
        }
        if left == limit { Console.error("no dead letters\n") }
        return .ok
    }

    private static func row(_ letter: DeadLetterRecord) -> [String] {
        [
            "\(letter.partition):\(letter.offset)", letter.reason, letter.field ?? "",
            "\(letter.sourceTopic)[\(letter.sourcePartition)]@\(letter.sourceOffset)",
            String(letter.size), letter.beginning(shownBytes),
        ]
    }

    private static func line(_ letter: DeadLetterRecord) -> String {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        number("partition", Int64(letter.partition), &json)
        number("offset", letter.offset, &json)
        text("reason", letter.reason, &json)
        if let field = letter.field { text("field", field, &json) }
        text("source_topic", letter.sourceTopic, &json)
        number("source_partition", Int64(letter.sourcePartition), &json)
        number("source_offset", letter.sourceOffset, &json)
        if let ms = letter.timestampMs { number("timestamp", ms, &json) }
        number("size", Int64(letter.size), &json)
        number("kept", Int64(letter.value.count), &json)
        text("begins", letter.beginning(shownBytes), &json)
        json.endObject()
        return json.buffer.string() + "\n"
    }

    private static func number(_ name: String, _ value: Int64, _ json: inout JSONWriter) {
        json.key(name)
        json.value(value)
    }

    private static func text(_ name: String, _ value: String, _ json: inout JSONWriter) {
        json.key(name)
        json.value(value)
    }
}
