import Delivery
import Execution
import Kafka

/// Questions to the brokers, asked on a thread of its own.
///
/// Offsets and partition counts are asked for over a connection of its own: behind a consumer's waiting fetch an
/// answer could take half a second. Metadata is asked for afresh at a start and after an error, so that a topic that
/// grew is noticed.
public final class KafkaLookup: LookupPort, Sendable {
    private let box: OutcomeBox<Result<Answer, ClusterError>>
    private let desk: Desk
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
        desk = Desk(
            properties: properties, topics: topics, offsets: offsets, hooks: hooks,
            timeoutMs: timeoutMs)
        box = OutcomeBox(onAnswer)
    }

    deinit { worker.run { [desk] in desk.close() } }

    /// Asks; the answer to the question before must have been taken.
    public func ask(_ question: Question) {
        box.begin()
        worker.run { [desk, box] in
            do throws(KafkaError) {
                box.end(.success(try desk.answer(question)))
            } catch {
                box.end(.failure(ClusterError(error)))
            }
        }
    }

    /// The answer to the last question, once; nil while it is under way.
    public func answer() -> Result<Answer, ClusterError>? { box.take() }
}

/// What the look-up's thread works with.
///
/// Unchecked Sendable: used on that thread alone.
private final class Desk: @unchecked Sendable {
    private let properties: Properties
    private let topics: TopicMap
    private let sources: TopicMap
    private let offsets: GroupOffsets
    private let hooks: Hooks
    private let timeoutMs: Int32
    private var admin: Admin?

    init(
        properties: Properties, topics: TopicNames, offsets: GroupOffsets, hooks: Hooks,
        timeoutMs: Int32
    ) {
        self.properties = properties
        self.topics = TopicMap(topics, Topic.allCases)
        sources = TopicMap(topics, [.input, .partials])
        self.offsets = offsets
        self.hooks = hooks
        self.timeoutMs = timeoutMs
    }

    func close() { admin = nil }

    func answer(_ question: Question) throws(KafkaError) -> Answer {
        do throws(KafkaError) {
            return try ask(question)
        } catch {
            // A new client knows no metadata: one that is old takes a partition that is new for a mistake.
            admin = nil
            throw error
        }
    }

    private func ask(_ question: Question) throws(KafkaError) -> Answer {
        if admin == nil {
            admin = try Admin(properties: properties, topics: topics.names, hooks: hooks)
        }
        switch question {
        case .bounds(let partitions):
            return Answer(bounds: try bounds(partitions))
        case .inputs:
            let count = try count(.input)
            return Answer(bounds: try bounds(all(.input, count)), inputPartitions: count)
        case .group:
            let counts = (input: try count(.input), partials: try count(.partials))
            let partitions = all(.input, counts.input) + all(.partials, counts.partials)
            let committed = try committed(partitions)
            return Answer(
                committed: committed, bounds: try bounds(partitions),
                inputPartitions: counts.input, partialsPartitions: counts.partials)
        case .start(let partitions):
            // Counts first: the client then knows of partitions that are new. Committed offsets before bounds:
            // what is kept and where it ends is then not older than they are.
            let counts = (input: try count(.input), partials: try count(.partials))
            let committed = try committed(partitions)
            return Answer(
                committed: committed, bounds: try bounds(partitions),
                inputPartitions: counts.input, partialsPartitions: counts.partials)
        }
    }

    private func all(_ topic: Topic, _ count: Int) -> [PartitionID] {
        (0..<Int32(count)).map { PartitionID(topic, $0) }
    }

    private func committed(_ partitions: [PartitionID]) throws(KafkaError) -> [Position] {
        let found = try offsets.committed(
            partitions.map(sources.partition), timeoutMs: timeoutMs)
        return found.map(sources.position).sorted { $0.partition < $1.partition }
    }

    private func bounds(
        _ partitions: [PartitionID]
    ) throws(KafkaError) -> [PartitionID: LogBounds] {
        let marks = try admin?.watermarks(partitions.map(topics.partition), timeoutMs: timeoutMs)
        var bounds: [PartitionID: LogBounds] = [:]
        for (partition, mark) in marks ?? [:] {
            bounds[topics.id(partition)] = LogBounds(low: mark.low, high: mark.high)
        }
        return bounds
    }

    private func count(_ topic: Topic) throws(KafkaError) -> Int {
        let name = topics.names[topics.index(of: topic)]
        return try admin?.describe(name, timeoutMs: timeoutMs).partitions.count ?? 0
    }
}
