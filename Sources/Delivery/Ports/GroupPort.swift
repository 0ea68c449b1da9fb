/// A membership of the consumer group (member and generation) as it was when partitions were assigned.
///
/// Offsets are committed under it and no later one, so that a later owner fences an earlier. Where partitions stay
/// over a rebalance (cooperative), the event that says so carries the next membership.
public protocol Membership: AnyObject, Sendable {
    /// False where the membership had ended already when it was captured: nothing may be committed under it.
    var isValid: Bool { get }
}

/// What the group coordinator says.
public enum GroupEvent: Sendable {
    /// Partitions are ours; answer with `GroupPort.assign`.
    case assigned([PartitionID], isIncremental: Bool, any Membership)
    /// Partitions go: all of them, or where it is incremental only these; answer with `unassign`.
    ///
    /// `isLost`: others may own them already, nothing can be committed any more. Otherwise nobody owns them
    /// before the answer, and what was read can be committed under the membership.
    case revoked([PartitionID], isIncremental: Bool, isLost: Bool, any Membership)
    /// Something is wrong with the client or the cluster.
    case failed(ClusterError)
}

/// The instance's membership of the consumer group. No call waits.
public protocol GroupPort: AnyObject {
    /// The next event; nil when there is none.
    func poll() -> GroupEvent?
    /// Begins to read assigned partitions where the positions say; their entries wait until a shard attaches.
    func assign(_ positions: [Position], isIncremental: Bool) throws(ClusterError)
    /// Stops reading partitions; the group goes on without them.
    func unassign(_ partitions: [PartitionID], isIncremental: Bool) throws(ClusterError)
    /// Begins to leave; events go on coming until `hasLeft`.
    func leave()
    /// Whether the group was left.
    var hasLeft: Bool { get }
}

/// Questions to brokers that take time. One at a time from each asker; no call waits.
public protocol LookupPort: AnyObject {
    /// Asks for what is committed and kept of `partitions`, and for the partition counts of input and shuffle.
    ///
    /// Committed offsets are stable: none that a pending transaction may still change.
    func ask(_ question: Question)
    /// The answer to the last question, once; nil while it is under way.
    func answer() -> Result<Answer, ClusterError>?
}

/// A question to the brokers.
public enum Question: Sendable, Equatable {
    /// Everything that must be known to begin with partitions.
    case start([PartitionID])
    /// The offsets partitions keep now.
    case bounds([PartitionID])
    /// The offsets that all input partitions keep now.
    case inputs
    /// What the group has committed of all input and shuffle partitions, and the offsets they keep.
    case group
}

/// What the brokers say.
public struct Answer: Sendable {
    /// What the group has committed, a position a partition asked for; empty for `.bounds` and `.inputs`.
    public var committed: [Position]
    /// The offsets kept, by partition.
    public var bounds: [PartitionID: LogBounds]
    /// Partitions of the input topic; 0 for `.bounds`.
    public var inputPartitions: Int
    /// Partitions of the shuffle topic; 0 for `.bounds` and `.inputs`.
    public var partialsPartitions: Int

    /// An answer.
    public init(
        committed: [Position] = [], bounds: [PartitionID: LogBounds] = [:],
        inputPartitions: Int = 0, partialsPartitions: Int = 0
    ) {
        self.committed = committed
        self.bounds = bounds
        self.inputPartitions = inputPartitions
        self.partialsPartitions = partialsPartitions
    }
}
