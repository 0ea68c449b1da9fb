import Broker
import Configuration
import History
import Kafka
import Primitives
import Replay
import YAML

/// Which range of which topic a command on history reads, and how.
struct TopicOptions {
    /// The options, for the help and the parser.
    ///
    /// - Parameter forWindows: whether windows look back from the beginning of the range.
    static func options(forWindows: Bool) -> [Option] {
        let from = "Begin at this UTC time, or at this offset of each partition of a topic."
        let earlier =
            " Reading begins earlier, for what windows look back: findings of that are dropped."
        return [
            Option(
                "topic", .text("topic"), help: "A topic of request events, as it lies on Kafka."),
            Option(
                "from", .text("time|offset"), default: "the first event",
                help: from + (forWindows ? earlier : "")),
            Option(
                "to", .text("time|offset"),
                default: "the last event, or a topic's end at the start",
                help: "End in front of this time or offset; events behind it count nothing."),
            Option(
                "padding", .text("span"), default: "window.max_lateness",
                help:
                    "By how much a record's timestamp may be off the time of its event: so much more is read on both "
                    + "sides of a range of times."),
            Option(
                "rate", .integer("n", 1...100_000_000), default: "as fast as it goes",
                help: "Read so many records a second of the topic at most."),
        ] + Option.connection
    }

    /// The topic; nil where files are read.
    let topic: String?
    /// Where the range begins and ends, as asked for.
    let from: RangeBound?, to: RangeBound?
    private let rate: Int?
    private let paddingMs: Int64
    private let settings: Settings

    /// Reads the options.
    ///
    /// - Throws: `Failure` where they do not go together, or the topic is one that the application writes.
    init(_ invocation: Invocation, _ settings: Settings) throws(Failure) {
        self.settings = settings
        topic = invocation.value("topic")
        from = try invocation.bound("from")
        to = try invocation.bound("to")
        rate = invocation.integer("rate")
        paddingMs = try Self.padding(invocation) ?? settings.window.maxLatenessMs
        try checkOrder()
        if let topic { try check(topic) } else { try checkFiles(invocation) }
    }

    /// Refuses what the live application writes.
    private func check(_ topic: String) throws(Failure) {
        guard let own = settings.ownTopics.first(where: { $0.name == topic }) else { return }
        throw Failure(
            .usage,
            "--topic \(topic) is what the application writes (\(own.key)): history is read of the topic of "
                + "request events, such as '\(settings.input.topic)'")
    }

    private static func padding(_ invocation: Invocation) throws(Failure) -> Int64? {
        guard let text = invocation.value("padding") else { return nil }
        if let ms = durationMs(text), ms >= 0 { return ms }
        throw Failure(.usage, "--padding '\(text)' is no span of time, as 30m or 2h")
    }

    private func checkOrder() throws(Failure) {
        let isEmpty =
            switch (from, to) {
            case (.time(let from)?, .time(let to)?), (.offset(let from)?, .offset(let to)?):
                from >= to
            default: false
            }
        guard isEmpty, let from, let to else { return }
        throw Failure(.usage, "--from \(from.text) is not before --to \(to.text)")
    }

    private func checkFiles(_ invocation: Invocation) throws(Failure) {
        for name in ["padding", "rate"] where invocation.has(name) {
            throw Failure(.usage, "--\(name) goes with --topic")
        }
        for (name, bound) in [("from", from), ("to", to)] {
            guard case .offset? = bound else { continue }
            throw Failure(
                .usage, "--\(name): an offset goes with --topic; a time is \(RangeBound.timeForms)")
        }
    }

    // MARK: Reading

    /// The properties of clients that read history, which brokers know by a name of their own.
    func properties(_ command: String) throws(Failure) -> Properties {
        let common = try Setup.properties(settings)
        return try Failure.kafka { () throws(BrokerError) in
            try Properties(
                bootstrapServers: common.bootstrapServers, clientID: "stillwatch-\(command)",
                settings: common.settings)
        }
    }

    /// How much more is read in front of a range of times and behind it, in milliseconds.
    func paddings(warmUpMs: Int64) -> (before: Int64, after: Int64) {
        (warmUpMs + max(paddingMs, settings.window.maxFutureSkewMs), paddingMs)
    }

    /// The offsets of the range, fixed now; `warmUpMs` is how far windows look back from its beginning.
    ///
    /// - Throws: `Failure` where the topic cannot be read, or has no record in the range.
    func range(
        of topic: String, warmUpMs: Int64, _ properties: Properties
    ) throws(Failure) -> TopicRange {
        let paddings = paddings(warmUpMs: warmUpMs)
        let request = TopicRequest(
            topic: topic, from: from, to: to, paddingBeforeMs: paddings.before,
            paddingAfterMs: paddings.after)
        let range = try Failure.kafka { () throws(BrokerError) in
            try TopicRange(looking: request, properties)
        }
        if range.isEmpty { throw Failure(.usage, nothingThere(range)) }
        return range
    }

    /// What to say of a range without records.
    func nothingThere(_ range: TopicRange) -> String {
        let ends = [from.map { "from \($0.text)" }, to.map { "to \($0.text)" }].compactMap(\.self)
        let asked = ends.isEmpty ? "" : " \(ends.joined(separator: " "))"
        let kept = range.parts.contains { $0.offsets.lowerBound > 0 }
        return "\(range.request.topic) has no records\(asked)"
            + (kept
                ? ": what it had may be gone by retention, or the range lies behind its end" : "")
    }

    /// Opens the range.
    func reading(
        _ range: TopicRange, _ properties: Properties
    ) -> TopicReading {
        TopicReading(range, properties, limit: rate.map { RateLimit(perSecond: $0) }) { notice in
            Console.error("\(notice)\n")
        }
    }
}
