/// A partition of a topic.
public struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The topic.
    public var topic: Topic
    /// The partition's number in it.
    public var number: Int32

    /// Partition `number` of `topic`.
    public init(_ topic: Topic, _ number: Int32) {
        self.topic = topic
        self.number = number
    }

    /// By topic, then by number.
    public static func < (a: TopicPartition, b: TopicPartition) -> Bool {
        (a.topic, a.number) < (b.topic, b.number)
    }

    /// The topic's number and the partition's, such as `1[3]`.
    public var description: String { "\(topic.number)[\(number)]" }
}

/// The next offset to read of a partition, with the text committed beside it.
public struct PartitionOffset: Equatable, Sendable {
    /// The partition.
    public var partition: TopicPartition
    /// The next offset to read; nil where the group has committed none.
    public var offset: Int64?
    /// What was committed with the offset, at most a few kilobytes (the broker's `offset.metadata.max.bytes`);
    /// empty where there is nothing.
    public var metadata: String

    /// An offset with its metadata.
    public init(_ partition: TopicPartition, offset: Int64?, metadata: String = "") {
        self.partition = partition
        self.offset = offset
        self.metadata = metadata
    }
}

/// The offsets a partition keeps: `low ..< high`.
public struct OffsetRange: Equatable, Sendable {
    /// The first offset kept.
    public var low: Int64
    /// One past the last offset that readers of committed records may see: the last stable offset.
    public var high: Int64

    /// The offsets `low ..< high`.
    public init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }
}
