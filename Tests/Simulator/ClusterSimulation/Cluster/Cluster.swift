import Broker
import Delivery
import Primitives

/// The brokers and what they keep: topics, the group's offsets, transactions.
public final class Cluster {
    /// The brokers by number.
    public let brokers: [SimBroker]
    /// The coordinator of the consumer group.
    public private(set) lazy var group = GroupCoordinator(cluster: self)
    /// The coordinator of transactions.
    public private(set) lazy var transactions = TransactionCoordinator(cluster: self)
    /// Virtual time 0 as epoch milliseconds: half a minute before a full hour, so that what happens by the hour happens
    /// in the midst of a run.
    public static let epochMs: Int64 = 1_699_999_170_000
    let timeline: Timeline
    let network: Network
    let settings: ClusterSettings
    let arena = ByteArena()
    let random: RandomStream
    /// Header lists of records, by number.
    private var headers: [[RecordHeader]] = []
    private var topics: [[PartitionLog]]
    private static let topicLimit = 16
    /// How often each topic was created.
    private(set) var topicBirths: [Int]
    /// Topics that no client may write to.
    public var readOnlyTopics: Set<Topic> = []
    /// Extra time until a transaction's markers are written, such as while a broker is slow.
    public var markerDelayUs: ClosedRange<Micros>?
    /// What a snapshot's pages take longer to be written, in microseconds; nil for nothing.
    public var statePauseUs: ClosedRange<Micros>?

    init(timeline: Timeline, network: Network, settings: ClusterSettings) {
        self.timeline = timeline
        self.network = network
        self.settings = settings
        random = timeline.random(.brokers)
        brokers = (0..<settings.brokers).map { SimBroker(id: $0) }
        topics = Array(repeating: [], count: Self.topicLimit)
        topicBirths = Array(repeating: 0, count: Self.topicLimit)
    }

    /// Lets the coordinators begin.
    func start() {
        _ = group
        transactions.start()
    }

    /// The wall clock of brokers, in epoch milliseconds.
    var wallMs: Int64 { Self.epochMs + timeline.nowMs }

    /// Drops everything that refers to clients: the end of the world.
    func close() {
        for log in allLogs { log.close() }
        for broker in brokers { broker.close() }
        group.close()
        transactions.close()
    }

    // MARK: Topics

    /// Creates a topic.
    public func createTopic(_ topic: Topic, partitions: Int, isCompacted: Bool = false) {
        precondition(topics[Int(topic.number)].isEmpty, "the topic exists already")
        topicBirths[Int(topic.number)] += 1
        topics[Int(topic.number)] = (0..<partitions).map { makeLog(topic, $0, isCompacted) }
    }

    private func makeLog(_ topic: Topic, _ number: Int, _ isCompacted: Bool) -> PartitionLog {
        let up = brokers.filter(\.isUp).map(\.id)
        return PartitionLog(
            TopicPartition(topic, Int32(number)), isCompacted: isCompacted,
            leader: random.choose(up) ?? 0, timeline: timeline)
    }

    /// Adds partitions to a topic, up to a count.
    public func growTopic(_ topic: Topic, to count: Int) {
        let isCompacted = topics[Int(topic.number)].first?.isCompacted ?? false
        for number in topics[Int(topic.number)].count..<count {
            topics[Int(topic.number)].append(makeLog(topic, number, isCompacted))
        }
    }

    /// Deletes a topic, its records, and the offsets committed for it.
    public func deleteTopic(_ topic: Topic) {
        let logs = topics[Int(topic.number)]
        topics[Int(topic.number)] = []
        for log in logs { log.delete() }
        group.forget(topic)
    }

    /// Partitions of a topic; 0 where there is none.
    public func partitionCount(_ topic: Topic) -> Int { topics[Int(topic.number)].count }

    /// A partition's log; nil where there is none.
    public func log(_ id: TopicPartition) -> PartitionLog? {
        let logs = topics[Int(id.topic.number)]
        return id.number >= 0 && Int(id.number) < logs.count ? logs[Int(id.number)] : nil
    }

    /// The logs of a topic by partition.
    public func logs(_ topic: Topic) -> [PartitionLog] { topics[Int(topic.number)] }

    var allLogs: [PartitionLog] { topics.flatMap { $0 } }

    // MARK: Headers

    func store(headers list: [RecordHeader]) -> Int32 {
        guard !list.isEmpty else { return -1 }
        headers.append(list)
        return Int32(headers.count - 1)
    }

    func headers(_ index: Int32) -> [RecordHeader] {
        index < 0 ? [] : headers[Int(index)]
    }
}
