import Broker
import Execution

/// Questions to the brokers, asked on a thread of its own.
///
/// Offsets and partition counts are asked for over a connection of its own: behind a consumer's waiting fetch an
/// answer could take half a second. Metadata is asked for afresh at a start and after an error, so that a topic that
/// grew is noticed.
public final class BrokerLookup: LookupPort, Sendable {
    private let box: OutcomeBox<Result<Answer, BrokerError>>
    private let calls: LookupCalls
    private let worker = WorkerThread()

    /// A look-up for one asker.
    ///
    /// - Parameters:
    ///   - offsets: the group's, through its consumer.
    ///   - timeoutMs: milliseconds for each request of a question.
    ///   - onAnswer: called on the look-up's thread when `answer` has something.
    public init(
        properties: Properties, topics: TopicNames, offsets: GroupOffsets, hooks: Hooks = Hooks(),
        timeoutMs: Int32 = 10_000, onAnswer: @escaping @Sendable () -> Void = {}
    ) {
        calls = LookupCalls(
            properties: properties, topics: topics, offsets: offsets, hooks: hooks,
            timeoutMs: timeoutMs)
        box = OutcomeBox(onAnswer)
    }

    deinit { worker.run { [calls] in calls.close() } }

    /// Asks; the answer to the question before must have been taken.
    public func ask(_ question: Question) {
        box.begin()
        worker.run { [calls, box] in
            do throws(BrokerError) {
                box.end(.success(try calls.answer(question)))
            } catch {
                box.end(.failure(error))
            }
        }
    }

    /// The answer to the last question, once; nil while it is under way.
    public func answer() -> Result<Answer, BrokerError>? { box.take() }
}

/// What the look-up's thread works with.
///
/// Unchecked Sendable: used on that thread alone.
private final class LookupCalls: @unchecked Sendable {
    private let properties: Properties
    private let topics: TopicNames
    private let offsets: GroupOffsets
    private let hooks: Hooks
    private let timeoutMs: Int32
    private var admin: Admin?

    init(
        properties: Properties, topics: TopicNames, offsets: GroupOffsets, hooks: Hooks,
        timeoutMs: Int32
    ) {
        self.properties = properties
        self.topics = topics
        self.offsets = offsets
        self.hooks = hooks
        self.timeoutMs = timeoutMs
    }

    func close() { admin = nil }

    func answer(_ question: Question) throws(BrokerError) -> Answer {
        do throws(BrokerError) {
            return try ask(question)
        } catch {
            // A new client knows no metadata: one that is old takes a partition that is new for a mistake.
            admin = nil
            throw error
        }
    }

    private func ask(_ question: Question) throws(BrokerError) -> Answer {
        if admin == nil { admin = try Admin(properties: properties, topics: topics, hooks: hooks) }
        switch question {
        case .bounds(let partitions): return Answer(bounds: try bounds(partitions))
        case .topic(let topic):
            let counts = try counts([topic])
            return Answer(bounds: try bounds(all(counts)), counts: counts)
        case .group: return try answer(about: nil)
        case .start(let partitions): return try answer(about: partitions)
        }
    }

    /// What is committed and kept of partitions; nil are all of the group's topics.
    ///
    /// Counts come first: the client then knows of partitions that are new. Committed offsets come before bounds: what
    /// is kept and where it ends is then not older than they are.
    private func answer(about partitions: [TopicPartition]?) throws(BrokerError) -> Answer {
        let counts = try counts(offsets.topics.topics)
        let partitions = partitions ?? all(counts)
        let committed = try offsets.committed(partitions, timeoutMs: timeoutMs)
        return Answer(
            committed: committed.sorted { $0.partition < $1.partition },
            bounds: try bounds(partitions), counts: counts)
    }

    private func all(_ counts: [Topic: Int]) -> [TopicPartition] {
        counts.keys.sorted().flatMap { topic in
            (0..<Int32(counts[topic] ?? 0)).map { TopicPartition(topic, $0) }
        }
    }

    private func bounds(
        _ partitions: [TopicPartition]
    ) throws(BrokerError) -> [TopicPartition: OffsetRange] {
        try admin?.watermarks(partitions, timeoutMs: timeoutMs) ?? [:]
    }

    private func counts(_ wanted: [Topic]) throws(BrokerError) -> [Topic: Int] {
        var counts: [Topic: Int] = [:]
        for topic in wanted {
            counts[topic] = try admin?.describe(topics.name(topic), timeoutMs: timeoutMs)
                .partitions.count
        }
        return counts
    }
}
