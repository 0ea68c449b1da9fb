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
        json.member("partition", letter.partition)
        json.member("offset", letter.offset)
        json.member("reason", letter.reason)
        if let field = letter.field { json.member("field", field) }
        json.member("source_topic", letter.sourceTopic)
        json.member("source_partition", letter.sourcePartition)
        json.member("source_offset", letter.sourceOffset)
        if let ms = letter.timestampMs { json.member("timestamp", ms) }
        json.member("size", letter.size)
        json.member("kept", letter.value.count)
        json.member("begins", letter.beginning(shownBytes))
        json.endObject()
        return json.buffer.string() + "\n"
    }
}
