import Broker
import Configuration
import Events
import Kafka
import Primitives
import Replay
import Topology

/// `decode`: what is read of each record, from where, and what is left out.
enum DecodeCommand {
    static let command = Command(
        "decode", summary: "Show what is read of records, and from where.",
        discussion: """
            For each record: every field with its value and the pointer it came from, what was left out and \
            why, or why the whole record is refused. Records are read as input.* settings say: the place to \
            try a preset or a mapping. A table on a terminal, JSON Lines elsewhere.
            Of fingerprints and signals it shows those that rules or the field map name, and the usual kinds.
            A topic is read from its beginning, without joining a group or committing anything.
            """,
        arguments: [
            Argument(
                "file", isRequired: false,
                help: "A file of events, read as backtest reads it; - is standard input.")
        ],
        options: [
            Option("topic", .text("topic"), help: "Read this topic instead of a file."),
            .count(default: 20), .fromEnd,
        ] + Option.connection + [.rules] + Option.settings + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let settings = try Environment(invocation).settings
        let pipeline = try Setup.pipeline(settings)
        let tracked = UsualNames.tracked(pipeline)
        var decoder = try makeDecoder(pipeline, tracked)
        var printer = try DecodePrinter(map: pipeline.fieldMap, tracked: tracked)
        let limit = invocation.integer("count") ?? 20
        try read(invocation, settings, pipeline.limits, limit) { record, place in
            var verdict: Decoded? = decoder.decode(record)
            while let element = verdict {
                try printer.write(printer.text(element, decoder, place))
                verdict = decoder.next()
            }
        }
        try printer.finish()
        return .ok
    }

    /// A decoder of the settings' events, which keeps what is tracked.
    static func makeDecoder(
        _ pipeline: PipelineSettings, _ tracked: TrackedNames
    ) throws(Failure) -> EventDecoder {
        do throws(DecoderConfigurationError) {
            return try pipeline.makeDecoder(tracked)
        } catch {
            throw Failure(.usage, "input.fields: \(error)")
        }
    }

    private static func read(
        _ invocation: Invocation, _ settings: Settings, _ limits: DecoderLimits, _ limit: Int,
        _ body: (_ record: ByteSlice, _ place: String) throws -> Void
    ) throws {
        let path = invocation.arguments.first
        let topic = invocation.value("topic")
        switch (path, topic) {
        case (let path?, nil):
            if invocation.has("from-end") {
                throw Failure(.usage, "--from-end goes with --topic")
            }
            try read(try Files.source(path, maxRecord: limits.maxBytes), limit, body)
        case (nil, let topic?):
            let range = TopicReader.Range(last: invocation.has("from-end") ? limit : nil)
            try read(topic, range, settings, limit, body)
        default: throw Failure(.usage, "give a file or --topic, one of them")
        }
    }

    private static func read(
        _ source: FileSource, _ limit: Int, _ body: (ByteSlice, String) throws -> Void
    ) throws {
        for offset in 0..<limit {
            var outcome: Result<Void, any Error> = .success(())
            do throws(InputError) {
                let goesOn = try source.read(1) { record, _ in
                    let place = source.place(ofRecord: Int64(offset))
                    outcome = Result { try body(record, place) }
                }
                if !goesOn { return }
            } catch {
                throw Failure(.unreachable, error.description)
            }
            try outcome.get()
        }
    }

    private static func read(
        _ topic: String, _ range: TopicReader.Range, _ settings: Settings, _ limit: Int,
        _ body: (ByteSlice, String) throws -> Void
    ) throws {
        let properties = try Setup.properties(settings)
        var reader = try Failure.kafka { () throws(BrokerError) in
            try TopicReader(properties, topic: topic, range)
        }
        var left = limit
        try reader.forEach { record in
            let place = "\(topic)[\(record.partition)]@\(record.offset)"
            try body(record.value ?? ByteSlice(start: nil, count: 0), place)
            left -= 1
            return left > 0
        }
    }
}
