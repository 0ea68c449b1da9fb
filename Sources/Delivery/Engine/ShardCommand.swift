import Broker

/// What an instance tells a shard to do.
public enum ShardCommand: Sendable {
    /// Take partitions on, all under one membership.
    case take([TaskStart], membership: any GroupMembership, epoch: UInt32, sources: Int)
    /// Give partitions up: settle them under this membership, or where it is nil drop what is not committed,
    /// since others may own them already.
    case release([TopicPartition], under: (any GroupMembership)?)
    /// Stop reading and settle what was read.
    case drain
}

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

/// What a shard tells its instance.
public enum ShardEvent: Sendable {
    /// Partitions are given up: nothing of them is under way any more.
    case released([TopicPartition])
    /// What was read is settled, and nothing more will be.
    case drained
}

/// What a shard works on.
public struct ShardPorts {
    /// Request events.
    public var input: any LogPort
    /// Blocks.
    public var partials: any LogPort
    /// Outputs and positions.
    public var producer: any ProducerPort
    /// Snapshots.
    public var state: any StatePort
    /// Partitions read again.
    public var history: any HistoryPort
    /// Questions to the brokers.
    public var lookup: any LookupPort

    /// Ports.
    public init(
        input: any LogPort, partials: any LogPort, producer: any ProducerPort,
        state: any StatePort, history: any HistoryPort, lookup: any LookupPort
    ) {
        self.input = input
        self.partials = partials
        self.producer = producer
        self.state = state
        self.history = history
        self.lookup = lookup
    }
}
