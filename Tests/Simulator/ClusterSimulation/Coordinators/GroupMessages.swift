import Broker
import Delivery

/// How partitions are given to members.
enum Assignor: Sendable {
    /// `range`: by topic, contiguous runs; everything is given up before a rebalance.
    case range
    /// `cooperative-sticky`: members keep what they have; what has to move is given up first.
    case cooperative
}

struct JoinRequest {
    /// 0 before the coordinator gave one.
    var memberID: UInt64
    var instanceID: String?
    var sessionTimeoutMs: Int64
    var rebalanceTimeoutMs: Int64
    var topics: [Topic]
    var assignor: Assignor
    /// What the member has, for cooperative rebalances.
    var owned: [TopicPartition]
}

struct JoinReply {
    /// What the leader is told of a member.
    struct Member {
        var id: UInt64
        var instanceID: String?
        var topics: [Topic]
        var owned: [TopicPartition]
    }

    var error: ErrorCode?
    var memberID: UInt64 = 0
    var generation: Int32 = -1
    var leaderID: UInt64 = 0
    /// Filled for the leader.
    var members: [Member] = []
}

struct SyncRequest {
    var memberID: UInt64
    var instanceID: String?
    var generation: Int32
    /// Filled by the leader.
    var assignments: [UInt64: [TopicPartition]]
}

struct SyncReply {
    var error: ErrorCode?
    var assignment: [TopicPartition] = []
}

/// Who a request about the group comes from.
struct MemberIdentity: Equatable {
    var memberID: UInt64
    var instanceID: String?
    var generation: Int32
}
