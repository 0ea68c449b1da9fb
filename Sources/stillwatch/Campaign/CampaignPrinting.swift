import Configuration
import Detection
import Primitives

/// What the commands on campaigns print with.
enum CampaignPrinting {
    /// The option that says how a list looks.
    static func output(_ shapes: [String]) -> Option {
        Option(
            "output", .choice(shapes), default: "table on a terminal, else ndjson",
            help: "How the output looks.")
    }

    /// Whether a table is wanted.
    static func isTable(_ invocation: Invocation) -> Bool {
        invocation.value("output").map { $0 == "table" } ?? Output.isTerminal
    }

    /// As much of a uid as tells campaigns apart.
    static func short(_ uid: FindingID) -> String { String(uid.description.prefix(12)) }

    /// A time to the second.
    static func time(_ time: EventTime) -> String {
        String(Timestamp.rfc3339(ms: time.ms).prefix(19)) + "Z"
    }

    /// Prints a line of JSON for each item.
    static func printLines<Item>(
        _ items: [Item], to path: String? = nil, _ write: (Item, inout JSONWriter) -> Void
    ) throws {
        var writer = JSONWriter(capacity: 4096)
        try writing { () throws(OutputError) in
            var output = try Output(path: path)
            for item in items {
                writer.removeAll()
                write(item, &writer)
                writer.newline()
                try output.write(writer.buffer.bytes)
            }
            try output.finish()
        }
    }

    /// Prints a text, to a file where one is named.
    static func print(_ text: String, to path: String?) throws {
        try writing { () throws(OutputError) in
            var output = try Output(path: path)
            try output.write(text: text)
            try output.finish()
        }
    }
}
