import Broker
import Delivery

/// Rebalances: from the first who must join again to everybody's assignment.
extension GroupCoordinator {
    // MARK: Joining

    /// JoinGroup; the answer may take until all others have joined.
    func join(_ request: JoinRequest, at broker: Int, reply: @escaping (JoinReply) -> Void) {
        if let error = cluster.refusal(placement, at: broker) {
            return reply(JoinReply(error: error, memberID: request.memberID))
        }
        if request.memberID == 0 {
            joinNew(request, reply)
        } else {
            joinAgain(request, reply)
        }
    }

    private func newID() -> UInt64 { max(1, timeline.random(.ids).next()) }

    private func joinNew(_ request: JoinRequest, _ reply: @escaping (JoinReply) -> Void) {
        guard let instance = request.instanceID else {
            // KIP-394: an id first, so that a lost response leaves no phantom member.
            let id = newID()
            pendingMembers.append(id)
            after(ms(request.sessionTimeoutMs)) { [self] in
                guard let index = pendingMembers.firstIndex(of: id) else { return }
                pendingMembers.remove(at: index)
                completeIfAllJoined()
            }
            return reply(JoinReply(error: .memberIDRequired, memberID: id))
        }
        if let known = member(instance: instance) {
            replace(known, request, reply)
        } else {
            add(newID(), request, reply)
        }
    }

    private func add(
        _ id: UInt64, _ request: JoinRequest, _ reply: @escaping (JoinReply) -> Void
    ) {
        let member = GroupMember(id: id, request: request)
        timeline.note("group: \(member.instanceID ?? "\(id)") joins")
        if state == .preparing, isFromEmpty { hasNewMember = true }
        members.append(member)
        if leaderID == 0 { leaderID = id }
        member.pendingJoin = reply
        touch(member, timeoutMs: 300_000)
        prepareOrComplete()
    }

    /// A static member came again under a new id: the old id is fenced, and in a stable group everything stays
    /// as it is, without a rebalance (Kafka: `updateStaticMemberThenRebalanceOrCompleteJoin`).
    private func replace(
        _ old: GroupMember, _ request: JoinRequest, _ reply: @escaping (JoinReply) -> Void
    ) {
        let oldLeader = leaderID
        old.answerJoin(JoinReply(error: .fencedInstanceID, memberID: old.id))
        old.answerSync(SyncReply(error: .fencedInstanceID))
        let member = GroupMember(old, newID: newID())
        timeline.note("group: \(member.instanceID ?? "") takes over")
        if let index = members.firstIndex(where: { $0 === old }) { members[index] = member }
        if leaderID == old.id { leaderID = member.id }
        touch(member)
        member.update(request)
        switch state {
        case .stable:
            store()
            // The leader's id as it was before: the newcomer does not assign anything.
            let answer = JoinReply(
                memberID: member.id, generation: generation, leaderID: oldLeader)
            timeline.after(appendUs()) { reply(answer) }
        case .completing:
            member.pendingJoin = reply
            prepare()
        default:
            member.pendingJoin = reply
            completeIfAllJoined()
        }
    }

    private func joinAgain(_ request: JoinRequest, _ reply: @escaping (JoinReply) -> Void) {
        if let index = pendingMembers.firstIndex(of: request.memberID) {
            pendingMembers.remove(at: index)
            return add(request.memberID, request, reply)
        }
        let identity = MemberIdentity(
            memberID: request.memberID, instanceID: request.instanceID, generation: generation)
        if let error = refusal(of: identity) {
            return reply(JoinReply(error: error, memberID: request.memberID))
        }
        guard let member = member(request.memberID) else { return }
        let isSame = member.topics == request.topics && member.owned == request.owned
        let isLeader = member.id == leaderID
        switch state {
        case .empty: reply(JoinReply(error: .unknownMemberID, memberID: member.id))
        case .completing where isSame, .stable where isSame && !isLeader:
            reply(joined(member))
        default:
            member.update(request)
            member.pendingJoin = reply
            touch(member)
            prepareOrComplete()
        }
    }

    private func joined(_ member: GroupMember) -> JoinReply {
        var reply = JoinReply(
            memberID: member.id, generation: generation, leaderID: leaderID)
        guard member.id == leaderID else { return reply }
        reply.members = members.map {
            JoinReply.Member(
                id: $0.id, instanceID: $0.instanceID, topics: $0.topics, owned: $0.owned)
        }
        return reply
    }

    // MARK: Preparing

    private func prepareOrComplete() {
        if state == .preparing { completeIfAllJoined() } else { prepare() }
    }

    /// Begins a rebalance: everybody is to join again.
    func prepare() {
        for member in members where member.pendingSync != nil {
            member.answerSync(SyncReply(error: .rebalanceInProgress))
        }
        for member in members { member.owesSync = false }
        isFromEmpty = state == .empty
        timeline.note("group: rebalance of generation \(generation)")
        state = .preparing
        guard isFromEmpty else {
            if hasAllJoined { return completeJoin() }
            return afterReplacing(ms(rebalanceTimeoutMs)) { [self] in completeJoin() }
        }
        hasNewMember = false
        let delayMs = settings.initialRebalanceDelayMs
        waitForMore(delayMs, remainingMs: max(0, rebalanceTimeoutMs - delayMs))
    }

    private func waitForMore(_ delayMs: Int64, remainingMs: Int64) {
        afterReplacing(ms(delayMs)) { [self] in
            guard hasNewMember, remainingMs != 0 else { return completeJoin() }
            hasNewMember = false
            let next = min(settings.initialRebalanceDelayMs, remainingMs)
            waitForMore(next, remainingMs: max(0, remainingMs - delayMs))
        }
    }

    private var rebalanceTimeoutMs: Int64 { members.map(\.rebalanceTimeoutMs).max() ?? 0 }

    private var hasAllJoined: Bool {
        pendingMembers.isEmpty && members.allSatisfy { $0.pendingJoin != nil }
    }

    private func completeIfAllJoined() {
        if state == .preparing, hasAllJoined, !isFromEmpty { completeJoin() }
    }

    /// A new generation of those who joined, and of static members who did not.
    private func completeJoin() {
        cancelTimer()
        members.removeAll { !$0.isStatic && $0.pendingJoin == nil }
        if member(leaderID)?.pendingJoin == nil {
            if let joined = members.first(where: { $0.pendingJoin != nil }) {
                leaderID = joined.id
            } else if !members.isEmpty {
                return afterReplacing(ms(rebalanceTimeoutMs)) { [self] in completeJoin() }
            }
        }
        generation += 1
        guard !members.isEmpty else {
            state = .empty
            leaderID = 0
            return store()
        }
        state = .completing
        timeline.note("group: generation \(generation) of \(members.count)")
        timeline.mix(UInt64(generation))
        for member in members {
            touch(member)
            member.owesSync = true
            member.answerJoin(joined(member))
        }
        let mine = generation
        after(ms(rebalanceTimeoutMs)) { [self] in expireSync(mine) }
    }

    private func expireSync(_ generation: Int32) {
        guard generation == self.generation, state == .completing || state == .stable,
            members.contains(where: \.owesSync)
        else { return }
        for member in members where member.owesSync { remove(member) }
        prepare()
    }

    // MARK: Removing

    func remove(_ member: GroupMember) {
        members.removeAll { $0 === member }
        member.answerJoin(JoinReply(error: .unknownMemberID, memberID: member.id))
        member.answerSync(SyncReply(error: .unknownMemberID))
        if leaderID == member.id { leaderID = members.first?.id ?? 0 }
    }

    func afterRemoval() {
        switch state {
        case .stable, .completing: prepare()
        case .preparing: completeIfAllJoined()
        case .empty: break
        }
    }

    // MARK: Assignment

    /// SyncGroup; the answer waits for the leader's.
    func sync(_ request: SyncRequest, at broker: Int, reply: @escaping (SyncReply) -> Void) {
        if let error = cluster.refusal(placement, at: broker) {
            return reply(SyncReply(error: error))
        }
        let identity = MemberIdentity(
            memberID: request.memberID, instanceID: request.instanceID,
            generation: request.generation)
        if let error = refusal(of: identity) { return reply(SyncReply(error: error)) }
        guard request.generation == generation else {
            return reply(SyncReply(error: .illegalGeneration))
        }
        guard let member = member(request.memberID) else { return }
        switch state {
        case .empty, .preparing: reply(SyncReply(error: .rebalanceInProgress))
        case .stable:
            member.owesSync = false
            reply(SyncReply(assignment: member.assignment))
        case .completing:
            member.pendingSync = reply
            member.owesSync = false
            if member.id == leaderID { settle(request.assignments) }
        }
    }

    private func settle(_ assignments: [UInt64: [TopicPartition]]) {
        let mine = generation
        after(appendUs()) { [self] in
            guard state == .completing, generation == mine else { return }
            for member in members { member.assignment = assignments[member.id] ?? [] }
            state = .stable
            store()
            timeline.note("group: generation \(generation) is stable")
            for member in members {
                member.answerSync(SyncReply(assignment: member.assignment))
                touch(member)
            }
        }
    }

    /// Until the coordinator's log is written.
    func appendUs() -> Micros {
        cluster.random.pick(settings.coordinatorAppendUs) + placement.stallUs(timeline.nowUs)
    }

    // MARK: Heartbeats

    /// Heartbeat.
    func heartbeat(_ identity: MemberIdentity, at broker: Int) -> ErrorCode? {
        if let error = cluster.refusal(placement, at: broker) { return error }
        if let error = refusal(of: identity) { return error }
        guard identity.generation == generation else { return .illegalGeneration }
        guard let member = member(identity.memberID) else { return .unknownMemberID }
        touch(member)
        return state == .preparing ? .rebalanceInProgress : nil
    }

    /// LeaveGroup.
    func leave(_ memberID: UInt64, at broker: Int) -> ErrorCode? {
        if let error = cluster.refusal(placement, at: broker) { return error }
        if let index = pendingMembers.firstIndex(of: memberID) {
            pendingMembers.remove(at: index)
            completeIfAllJoined()
            return nil
        }
        guard let member = member(memberID) else { return .unknownMemberID }
        remove(member)
        afterRemoval()
        return nil
    }
}
