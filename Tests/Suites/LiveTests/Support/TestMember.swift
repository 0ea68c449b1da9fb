import Broker
import Delivery
import Kafka
import Live
import Testing

/// A member of the group that answers by itself: everything is read from offset 0.
final class TestMember {
    let group: Consumer
    var membership: (any GroupMembership)?
    var memberships: [any GroupMembership] = []
    var assigned: Set<TopicPartition> = []
    var events: [String] = []
    var errors: [BrokerError] = []
    /// Taken on with an assignment, by slot in the order of `slots`.
    var logs: [Topic: ShardQueue] = [:]
    var slots: [TopicPartition] = []

    /// What the group has committed.
    let offsets: GroupOffsets

    init(_ group: Consumer) {
        self.group = group
        offsets = group.makeGroupOffsets()
    }

    /// Takes one event in.
    func step(waitMs: Int32 = 20) throws {
        switch group.poll(timeoutMs: waitMs) {
        case .assigned(let partitions, let isIncremental, let membership):
            events.append("assigned \(partitions.count)")
            self.membership = membership
            memberships.append(membership)
            try group.assign(
                partitions.map { PartitionOffset($0, offset: 0) }, isIncremental: isIncremental)
            assigned.formUnion(partitions)
            for partition in partitions {
                slots.append(partition)
                logs[partition.topic]?.attach(
                    partition, slot: slots.count - 1, from: 0)
            }
        case .revoked(let partitions, let isIncremental, let isLost, _):
            events.append(isLost ? "lost \(partitions.count)" : "revoked \(partitions.count)")
            for partition in partitions { logs[partition.topic]?.detach(partition) }
            try group.unassign(partitions, isIncremental: isIncremental)
            assigned.subtract(partitions)
        case .failed(let error): errors.append(error)
        case nil: break
        }
    }

    /// Goes on until `condition` holds.
    func pump(seconds: Int = 60, until condition: (TestMember) -> Bool) throws -> Bool {
        try eventually(seconds: seconds) {
            try step()
            return condition(self)
        }
    }

    /// Joins and waits for so many partitions.
    func join(expecting count: Int) throws {
        try group.subscribe()
        let isThere = try pump { $0.assigned.count == count }
        try #require(isThere, "\(events) \(errors)")
    }

    func leave() throws {
        group.leave()
        #expect(try pump { $0.group.hasLeft })
    }

    /// What the group has committed of partitions.
    func committed(_ partitions: [TopicPartition]) throws -> [Int64?] {
        try offsets.committed(partitions).map(\.offset)
    }
}
