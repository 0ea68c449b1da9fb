import Broker
import Configuration
import Kafka
import Primitives
import Topology

/// `dead-letters replay`: the records as they were into a topic; a dry run unless told otherwise.
enum DeadLettersReplayCommand {
    static let command = Command(
        "dead-letters replay",
        summary: "Produce refused records again; a dry run unless --execute is given.",
        discussion: """
            Produces the records as they were, with key, headers and timestamp, into a topic, each into the \
            partition it came from. For when the mapping is right: into the input topic, or into one of its \
            own where their times have passed window.max_lateness of the group that reads it.
            Reads up to the ends seen at the start. Without --execute it counts and produces nothing. Records \
            that were not kept whole are refused and counted, and it ends with 1: dead_letters.max_bytes says \
            how much is kept.
            At least once: what is replayed twice is there twice. If it ends early, some records have been \
            produced; --since and --until name the rest.
            """,
        options: [
            Option("to", .text("topic"), help: "The topic they go to."),
            Option("execute", .flag, help: "Do it."),
            .letterTopic, .reason, .since, .until,
        ] + Option.connection + Option.settings + Option.logging,
        run: run)

    /// What became of the letters.
    private struct Tally {
        var whole = 0
        var cut = 0
        var first: DeadLetterRecord?
    }

    private static let flushMs: Int32 = 60_000

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let settings = try Environment(invocation).settings
        guard let target = invocation.value("to") else {
            throw Failure(.usage, "where to? Give --to <topic>")
        }
        let source = invocation.value("topic") ?? settings.deadLetters.topic
        if target == source {
            throw Failure(.usage, "--to is the topic of dead letters itself: '\(target)'")
        }
        var letters = try DeadLetterSelection(invocation, settings)
        let writer = try LetterWriter(
            settings, topic: target, produces: invocation.has("execute"))
        var tally = Tally()
        try letters.forEach { letter in
            if letter.isWhole {
                tally.whole += 1
                try writer.write(letter)
            } else {
                if tally.cut == 0 { tally.first = letter }
                tally.cut += 1
            }
            return true
        }
        try writer.finish(flushMs)
        report(tally, letters.foreign, target, isDry: !invocation.has("execute"))
        return tally.cut > 0 ? .checkFailed : .ok
    }

    private static func report(_ tally: Tally, _ foreign: Int, _ target: String, isDry: Bool) {
        let verb = isDry ? "would be produced" : "produced"
        Console.error("\(count(tally.whole, "record")) \(verb) to \(target)\n")
        if let first = tally.first {
            Console.error(
                "refused: \(count(tally.cut, "dead letter")) without all of the record, the first "
                    + "\(first.partition):\(first.offset), \(first.value.count) of \(first.size) bytes; "
                    + "their records are in \(first.sourceTopic) as long as it keeps them, and "
                    + "dead_letters.max_bytes says how much of later ones is kept\n")
        }
        if foreign > 0 {
            Console.error("passed over: \(count(foreign, "record")) of other origin\n")
        }
        if isDry { Console.error("dry run: nothing was produced; --execute does it\n") }
    }
}

/// Produces records as they were: key, headers, timestamp, and the partition they came from.
private struct LetterWriter: ~Copyable {
    private let producer: Producer?
    private let partitions: Int

    init(_ settings: Settings, topic: String, produces: Bool) throws {
        let largest = String(max(1_000_000, settings.deadLetters.maxBytes + 65_536))
        let properties = try Setup.properties(
            settings, adding: [Properties.Setting("message.max.bytes", largest)])
        let count = try Failure.kafka { () throws(BrokerError) in
            try Admin(properties: properties).describe(topic).partitions.count
        }
        let made = try Self.producer(properties, topic, produces)
        partitions = count
        producer = made
    }

    private static func producer(
        _ properties: Properties, _ topic: String, _ produces: Bool
    ) throws -> Producer? {
        guard produces else { return nil }
        return try Failure.kafka { () throws(BrokerError) in
            try Producer(properties: properties, topics: [topic])
        }
    }

    func write(_ letter: DeadLetterRecord) throws {
        guard producer != nil else { return }
        try letter.value.withUnsafeBytes { value in
            try (letter.key ?? []).withUnsafeBytes { key in
                try Failure.kafka { () throws(BrokerError) in
                    try producer?.produce(
                        topic: 0, partition: letter.sourcePartition % Int32(max(1, partitions)),
                        key: letter.key == nil ? nil : key, value: value,
                        timestampMs: letter.timestampMs,
                        headers: letter.headers)
                }
            }
        }
    }

    func finish(_ timeoutMs: Int32) throws {
        try Failure.kafka { () throws(BrokerError) in try producer?.flush(timeoutMs: timeoutMs) }
    }
}
