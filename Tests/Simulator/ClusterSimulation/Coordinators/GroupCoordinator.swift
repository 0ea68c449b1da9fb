import Delivery

/// The coordinator of the one consumer group: the classic protocol (Kafka: `GroupMetadataManager`,
/// `ClassicGroup`), and the offsets it has committed.
public final class GroupCoordinator {
    /// Where the group stands.
    public enum State: Sendable {
        /// No members.
        case empty
        /// Waiting for members to join.
        case preparing
        /// Waiting for the leader's assignment.
        case completing
        /// Everybody has an assignment.
        case stable
    }

    /// Where the group stands.
    public internal(set) var state = State.empty
    /// Counts assignments.
    public internal(set) var generation: Int32 = 0
    var members: [GroupMember] = []
    var leaderID: UInt64 = 0
    /// Ids given to dynamic members that have not joined with them yet.
    var pendingMembers: [UInt64] = []
    var isFromEmpty = false
    var hasNewMember = false
    /// What a new coordinator finds in the log.
    var stored: Stored?
    var offsets = OffsetStore()
    let placement: Placement
    unowned let cluster: Cluster
    let timeline: Timeline
    let settings: ClusterSettings
    private var ticket = 0

    /// The group as it is in the coordinator's log.
    struct Stored {
        var generation: Int32
        var leaderID: UInt64
        var members: [GroupMember]
    }

    init(cluster: Cluster) {
        self.cluster = cluster
        timeline = cluster.timeline
        settings = cluster.settings
        placement = Placement(leader: cluster.random.below(cluster.settings.brokers))
    }

    /// Drops the requests that wait: the end of the world.
    func close() {
        for member in members {
            member.pendingJoin = nil
            member.pendingSync = nil
        }
    }

    // MARK: Looking up

    func member(_ id: UInt64) -> GroupMember? { members.first { $0.id == id } }

    func member(instance: String) -> GroupMember? { members.first { $0.instanceID == instance } }

    /// Kafka: `ClassicGroup.validateMember`.
    func refusal(of identity: MemberIdentity) -> ErrorCode? {
        if let instance = identity.instanceID {
            guard let known = member(instance: instance) else { return .unknownMemberID }
            if known.id != identity.memberID { return .fencedInstanceID }
        }
        return member(identity.memberID) == nil ? .unknownMemberID : nil
    }

    // MARK: Timers

    /// Calls back after some time, unless the coordinator moved meanwhile.
    func after(_ delayUs: Micros, _ body: @escaping () -> Void) {
        let term = placement.epoch
        timeline.after(delayUs) { [self] in if placement.epoch == term { body() } }
    }

    /// As `after`; only the timer set last counts.
    func afterReplacing(_ delayUs: Micros, _ body: @escaping () -> Void) {
        ticket += 1
        let mine = ticket
        after(delayUs) { [self] in if ticket == mine { body() } }
    }

    func cancelTimer() { ticket += 1 }

    /// The member was heard of: its session begins anew.
    func touch(_ member: GroupMember, timeoutMs: Int64? = nil) {
        member.sessionEndsUs = timeline.nowUs + ms(timeoutMs ?? member.sessionTimeoutMs)
        watch(member)
    }

    private func watch(_ member: GroupMember) {
        guard member.sessionEndsUs < member.watchedAtUs else { return }
        let mine = member.sessionEndsUs
        member.watchedAtUs = mine
        after(mine - timeline.nowUs) { [self] in
            guard member.watchedAtUs == mine else { return }
            member.watchedAtUs = .max
            guard members.contains(where: { $0 === member }) else { return }
            if timeline.nowUs < member.sessionEndsUs { return watch(member) }
            // Who waits for an answer is alive (Kafka: `hasSatisfiedHeartbeat`).
            if member.pendingJoin != nil || member.pendingSync != nil { return touch(member) }
            timeline.note("group: session of \(member.instanceID ?? "\(member.id)") over")
            remove(member)
            afterRemoval()
        }
    }

    // MARK: Failover

    /// Another broker takes over with what is in the log; who waits is sent away.
    func reload() {
        for member in members {
            member.answerJoin(JoinReply(error: .notCoordinator))
            member.answerSync(SyncReply(error: .notCoordinator))
        }
        cancelTimer()
        pendingMembers = []
        generation = stored?.generation ?? 0
        leaderID = stored?.leaderID ?? 0
        members = stored?.members ?? []
        state = members.isEmpty ? .empty : .stable
        for member in members {
            member.watchedAtUs = .max
            member.owesSync = false
            touch(member)
        }
    }

    /// Writes the group to the coordinator's log.
    func store() {
        let copies = members.map { GroupMember($0, newID: $0.id) }
        stored = Stored(generation: generation, leaderID: leaderID, members: copies)
    }
}
