/// A membership of the consumer group (member and generation) as it was when partitions were assigned.
///
/// Offsets are committed under it and no later one, so that a later owner fences an earlier. Where partitions stay
/// over a rebalance (cooperative), the event that says so carries the next membership.
public protocol GroupMembership: AnyObject, Sendable {
    /// False where the membership had ended already when it was captured: nothing may be committed under it.
    var isValid: Bool { get }
}

/// What the group coordinator says.
public enum GroupEvent: Sendable {
    /// Partitions are ours; answer with `GroupPort.assign`.
    case assigned([TopicPartition], isIncremental: Bool, any GroupMembership)
    /// Partitions go: all of them, or where it is incremental only these; answer with `unassign`.
    ///
    /// `isLost`: others may own them already, nothing can be committed any more. Otherwise nobody owns them
    /// before the answer, and what was read can be committed under the membership.
    case revoked(
        [TopicPartition], isIncremental: Bool, isLost: Bool, any GroupMembership)
    /// Something is wrong with the client or the cluster.
    case failed(BrokerError)
}

/// The instance's membership of the consumer group. No call waits.
public protocol GroupPort: AnyObject {
    /// The next event; nil when there is none.
    func poll() -> GroupEvent?
    /// Begins to read assigned partitions where the positions say; their entries wait until a shard attaches.
    func assign(_ positions: [PartitionOffset], isIncremental: Bool) throws(BrokerError)
    /// Stops reading partitions; the group goes on without them.
    func unassign(_ partitions: [TopicPartition], isIncremental: Bool) throws(BrokerError)
    /// Begins to leave; events go on coming until `hasLeft`.
    func leave()
    /// Whether the group was left.
    var hasLeft: Bool { get }
}
