/// A partition of one of a client's topics.
public struct TopicPartition: Hashable, Comparable, Sendable {
    /// The topic's index in the list the client was made with.
    public var topic: Int
    /// The partition's number.
    public var partition: Int32

    /// A partition of the topic at an index.
    public init(topic: Int, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// By topic, then by partition.
    public static func < (a: TopicPartition, b: TopicPartition) -> Bool {
        (a.topic, a.partition) < (b.topic, b.partition)
    }
}

/// A partition with an offset and what was kept beside it.
public struct PartitionOffset: Equatable, Sendable {
    /// The partition.
    public var partition: TopicPartition
    /// The next offset to read; `PartitionOffset.none` where there is none.
    public var offset: Int64
    /// Text kept with a committed offset, at most a few kilobytes (the broker's
    /// `offset.metadata.max.bytes`); empty where there is none.
    public var metadata: String

    /// An offset with its metadata.
    public init(_ partition: TopicPartition, offset: Int64, metadata: String = "") {
        self.partition = partition
        self.offset = offset
        self.metadata = metadata
    }

    /// No offset: librdkafka's "invalid", a state and not a position.
    public static let none: Int64 = -1001
}

/// The offsets a partition holds.
public struct Watermarks: Equatable, Sendable {
    /// The first offset kept.
    public var low: Int64
    /// One past the last offset readers may see.
    public var high: Int64

    /// A range of offsets.
    public init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }
}
