import Broker
import Kafka
import Replay

/// Opens the parts of a topic's range, each a source for a replay.
///
/// One client serves all partitions; a partition that retention overtakes gets one of its own.
public final class TopicReading {
    /// The topic.
    public let topic: String
    /// What is read.
    public let range: TopicRange

    let start: RangeBound?
    /// The time at which the range ends, in epoch milliseconds; nil where it does not end at a time.
    let endMs: Int64?
    let limit: RateLimit?
    let patienceMs: Int64
    let notice: (String) -> Void
    private let properties: Properties
    private let hooks: Hooks

    /// Silence of brokers that is worth a word.
    static let noticeMs: Int64 = 5_000
    /// Silence that ends reading.
    public static let patienceMs: Int64 = 600_000

    /// What readers of a topic are made of.
    ///
    /// - Parameters:
    ///   - patienceMs: how long brokers may be away.
    ///   - notice: told what a person may want to know while it lasts.
    public init(
        _ range: TopicRange, _ properties: Properties, limit: RateLimit? = nil,
        patienceMs: Int64 = TopicReading.patienceMs, hooks: Hooks = Hooks(),
        notice: @escaping (String) -> Void = { _ in }
    ) {
        topic = range.request.topic
        start = range.request.start
        endMs = range.request.end?.time?.ms
        self.range = range
        self.properties = properties
        self.limit = limit
        self.patienceMs = patienceMs
        self.hooks = hooks
        self.notice = notice
    }

    /// Begins to read: a source for each part of the range, by partition.
    ///
    /// - Parameter marks: where each part goes on; without them reading begins where the parts do.
    /// - Throws: `.configuration`, `.unreachable`, `.retry` where reading cannot begin.
    public func open(from marks: [TopicSource.Mark]? = nil) throws(BrokerError) -> [TopicSource] {
        let starts = marks?.map(\.position) ?? range.parts.map(\.offsets.lowerBound)
        let unread = zip(range.parts, starts).filter { $0.offsets.upperBound > $1 }
        let feed =
            unread.isEmpty
            ? nil
            : try self.feed(
                unread.map { PartitionOffset(TopicPartition(0, $0.partition), offset: $1) })
        return range.parts.enumerated().map { number, part in
            let source = TopicSource(part, from: marks?[number], self)
            source.attach(feed)
            return source
        }
    }

    /// A client that reads partitions from these offsets.
    func feed(_ starts: [PartitionOffset]) throws(BrokerError) -> PartitionFeed {
        try PartitionFeed(properties, topic, from: starts, hooks: hooks)
    }
}
