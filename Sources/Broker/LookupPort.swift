/// Questions to brokers that take time. One at a time from each asker; no call waits.
public protocol LookupPort: AnyObject {
    /// Asks for what is committed and kept of partitions, and how many of them topics have.
    ///
    /// Committed offsets are stable: none that a pending transaction may still change.
    func ask(_ question: Question)
    /// The answer to the last question, once; nil while it is under way.
    func answer() -> Result<Answer, BrokerError>?
}

/// A question to the brokers.
public enum Question: Sendable, Equatable {
    /// Everything that must be known to begin with partitions: what is committed and kept of them, and how many
    /// the group's topics have.
    case start([TopicPartition])
    /// The offsets partitions keep now.
    case bounds([TopicPartition])
    /// The offsets that all partitions of a topic keep now.
    case topic(Topic)
    /// What the group has committed of all partitions of its topics, and the offsets they keep.
    case group
}

/// What the brokers say.
public struct Answer: Sendable {
    /// What the group has committed, a position a partition asked for; empty for `.bounds` and `.topic`.
    public var committed: [PartitionOffset]
    /// The offsets kept, by partition.
    public var bounds: [TopicPartition: OffsetRange]
    /// Partitions of the topics that the question is about; empty for `.bounds`.
    public var counts: [Topic: Int]

    /// An answer.
    public init(
        committed: [PartitionOffset] = [], bounds: [TopicPartition: OffsetRange] = [:],
        counts: [Topic: Int] = [:]
    ) {
        self.committed = committed
        self.bounds = bounds
        self.counts = counts
    }
}
