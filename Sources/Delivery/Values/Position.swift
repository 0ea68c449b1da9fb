/// The next offset to read of a partition, with the text committed beside it.
public struct Position: Equatable, Sendable {
    /// The partition.
    public var partition: PartitionID
    /// The next offset to read; nil where the group has committed none.
    public var offset: Int64?
    /// What was committed with the offset; empty where there is nothing.
    public var metadata: String

    /// A position.
    public init(_ partition: PartitionID, offset: Int64?, metadata: String = "") {
        self.partition = partition
        self.offset = offset
        self.metadata = metadata
    }
}

/// The offsets a partition keeps.
public struct LogBounds: Equatable, Sendable {
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
