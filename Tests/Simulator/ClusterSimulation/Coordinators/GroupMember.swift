import Broker
import Delivery

/// A member of the group, as its coordinator knows it.
final class GroupMember {
    let id: UInt64
    let instanceID: String?
    var sessionTimeoutMs: Int64
    var rebalanceTimeoutMs: Int64
    var topics: [Topic]
    var owned: [TopicPartition]
    var assignment: [TopicPartition] = []
    /// Answers the JoinGroup that waits for the others.
    var pendingJoin: ((JoinReply) -> Void)?
    /// Answers the SyncGroup that waits for the leader.
    var pendingSync: ((SyncReply) -> Void)?
    /// Whether its SyncGroup of this generation is still to come.
    var owesSync = false
    /// When its session ends, if it is not heard of before.
    var sessionEndsUs: Micros = 0
    /// When the pending event that checks that happens; far away where there is none.
    var watchedAtUs: Micros = .max

    init(id: UInt64, request: JoinRequest) {
        self.id = id
        instanceID = request.instanceID
        sessionTimeoutMs = request.sessionTimeoutMs
        rebalanceTimeoutMs = request.rebalanceTimeoutMs
        topics = request.topics
        owned = request.owned
    }

    /// The same member under another id: a static member that came again (Kafka: `replaceStaticMember`).
    init(_ old: GroupMember, newID: UInt64) {
        id = newID
        instanceID = old.instanceID
        sessionTimeoutMs = old.sessionTimeoutMs
        rebalanceTimeoutMs = old.rebalanceTimeoutMs
        topics = old.topics
        owned = old.owned
        assignment = old.assignment
        owesSync = old.owesSync
    }

    var isStatic: Bool { instanceID != nil }

    func update(_ request: JoinRequest) {
        sessionTimeoutMs = request.sessionTimeoutMs
        rebalanceTimeoutMs = request.rebalanceTimeoutMs
        topics = request.topics
        owned = request.owned
    }

    func answerJoin(_ reply: JoinReply) {
        let answer = pendingJoin
        pendingJoin = nil
        answer?(reply)
    }

    func answerSync(_ reply: SyncReply) {
        let answer = pendingSync
        pendingSync = nil
        answer?(reply)
    }
}
