import Broker

/// Where a partition is begun.
public struct TaskStart: Sendable {
    /// What the group has committed of it.
    public var committed: PartitionOffset
    /// Where reading begins: the committed offset, or what the configuration says where there is none.
    public var start: Int64
    /// The offsets kept.
    public var bounds: OffsetRange
    /// Where to stop; nil to go on for ever.
    public var end: Int64?
    /// Whether what was committed is gone, and the source begins anew.
    public var isRestart: Bool

    /// A start.
    public init(
        committed: PartitionOffset, start: Int64, bounds: OffsetRange, end: Int64? = nil,
        isRestart: Bool = false
    ) {
        self.committed = committed
        self.start = start
        self.bounds = bounds
        self.end = end
        self.isRestart = isRestart
    }

    /// The partition.
    public var partition: TopicPartition { committed.partition }
}
