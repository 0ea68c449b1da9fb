/// What a consumer's control plane reports.
public enum ControlEvent: Sendable {
    /// Partitions are ours from now on; answer with `Consumer.assign`.
    case assigned(Assignment)
    /// Partitions are to be given back, or gone already; answer with `Consumer.unassign`.
    case revoked(Revocation)
    /// An asynchronous commit has ended.
    case committed(CommitResult)
    /// Something is wrong with the client or the cluster; the case says how bad it is.
    case error(KafkaError)
}

/// Partitions given to this member of the group.
public struct Assignment: Sendable {
    /// The partitions, sorted; possibly none.
    public var partitions: [TopicPartition]
    /// Counts assignments from 1.
    public var epoch: UInt32
    /// True when they come on top of the present ones (cooperative), false when they replace them.
    public var isIncremental: Bool
    /// The membership these partitions belong to: a transaction that commits their offsets must carry
    /// it, so that a later owner fences this one.
    public var groupMetadata: GroupMetadata
}

/// Partitions taken from this member of the group.
public struct Revocation: Sendable {
    /// The partitions, sorted.
    public var partitions: [TopicPartition]
    /// The epoch that ends.
    public var epoch: UInt32
    /// True when only these go (cooperative), false when all go.
    public var isIncremental: Bool
    /// True when others may own them already: do not commit, drop the work.
    public var isLost: Bool
    /// The membership they belong to until the revocation is answered.
    public var groupMetadata: GroupMetadata
}

/// The end of an asynchronous commit.
public struct CommitResult: Sendable {
    /// What was to be committed.
    public var offsets: [PartitionOffset]
    /// Why it was not; nil when it was.
    public var error: KafkaError?
}
