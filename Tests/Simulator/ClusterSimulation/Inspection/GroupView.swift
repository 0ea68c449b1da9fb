import Broker
import Delivery

/// The group as its coordinator sees it.
public struct GroupView: Sendable {
    /// A member.
    public struct Member: Sendable {
        /// `group.instance.id`; nil for a dynamic member.
        public var instanceID: String?
        /// What it was given.
        public var assignment: [TopicPartition]
    }

    /// Where the group stands.
    public var state: GroupCoordinator.State
    /// Counts assignments.
    public var generation: Int32
    /// Its members.
    public var members: [Member]
}

extension GroupCoordinator {
    /// The group now.
    public var view: GroupView {
        GroupView(
            state: state, generation: generation,
            members: members.map {
                GroupView.Member(instanceID: $0.instanceID, assignment: $0.assignment)
            })
    }

    /// Every commit that took effect, in that order.
    public var offsetHistory: [OffsetCommit] { offsets.history }

    /// What is committed of a partition; nil where nothing is.
    public func committed(_ partition: TopicPartition) -> PartitionOffset? {
        offsets.committed(partition)?.position
    }

    /// Whether a transaction that is not decided holds offsets of a partition.
    public func hasPendingOffsets(_ partition: TopicPartition) -> Bool {
        offsets.isPending(partition)
    }
}
