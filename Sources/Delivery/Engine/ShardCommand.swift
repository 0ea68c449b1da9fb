import Broker

/// What an instance tells a shard to do.
public enum ShardCommand: Sendable {
    /// Take partitions on, all under one membership.
    case take([TaskStart], membership: any GroupMembership, sources: Int)
    /// Give partitions up: settle them under this membership, or where it is nil drop what is not committed,
    /// since others may own them already.
    case release([TopicPartition], under: (any GroupMembership)?)
    /// Stop reading and settle what was read.
    case drain
}

/// What a shard tells its instance.
public enum ShardEvent: Sendable {
    /// Partitions are given up: nothing of them is under way any more.
    case released([TopicPartition])
    /// What was read is settled, and nothing more will be.
    case drained
}
