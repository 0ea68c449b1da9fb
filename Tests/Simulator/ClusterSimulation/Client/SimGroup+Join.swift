import Broker
import Delivery

/// Joining, and what the coordinator answers.
extension SimGroup {
    /// The pause between attempts to join (fixed in librdkafka).
    private static let joinPauseUs = ms(1_000)

    /// Joins, if nothing is under way and the last attempt is long enough ago.
    func join() {
        guard joinState == .idle, fatal == nil, !isLeaving, !isClosed else { return }
        guard timeline.nowUs >= nextJoinUs, counts.contains(where: { $0 > 0 }) else { return }
        if isPollOverdue, isPollLate { return }
        isPollOverdue = false
        nextJoinUs = timeline.nowUs + Self.joinPauseUs
        joinState = .waitJoin
        knownCounts = counts
        let request = JoinRequest(
            memberID: memberID, instanceID: instanceID,
            sessionTimeoutMs: settings.sessionTimeoutMs, rebalanceTimeoutMs: settings.maxPollMs,
            topics: topics, assignor: settings.isCooperative ? .cooperative : .range,
            owned: settings.isCooperative ? assignment ?? [] : [])
        let mine = beginAttempt(withinMs: settings.maxPollMs + 3_000) { [self] in
            joined(JoinReply(error: .timedOut))
        }
        link.call(.joinGroup) { [cluster] broker, reply in
            cluster.group.join(request, at: broker, reply: reply)
        } done: { [self] (reply: JoinReply?) in
            guard mine == attempt, joinState == .waitJoin, !isLeaving else { return }
            joined(reply ?? JoinReply(error: .transport))
        }
    }

    /// Numbers a request that waits for other members, and gives it up after a time: a late copy of an earlier
    /// one can take its answer away.
    private func beginAttempt(withinMs: Int64, _ late: @escaping () -> Void) -> Int {
        attempt += 1
        let mine = attempt
        let state = joinState
        after(ms(withinMs)) { [self] in
            guard mine == attempt, joinState == state, !isLeaving else { return }
            attempt += 1
            late()
        }
        return mine
    }

    private func joined(_ reply: JoinReply) {
        if let error = reply.error { return joinFailed(error, reply.memberID) }
        memberID = reply.memberID
        generation = reply.generation
        joinState = .waitSync
        guard reply.leaderID == memberID, !reply.members.isEmpty else { return sync([:]) }
        // The leader asks for the topics' partitions first.
        call(.metadata, anyBroker) { [cluster, topics] reply in
            reply(topics.map { ($0, cluster.partitionCount($0)) })
        } done: { [self] (counts: [(Topic, Int)]?) in
            guard joinState == .waitSync else { return }
            guard let counts else { return rejoin() }
            sync(
                Assignment(members: reply.members, counts: counts).make(cooperative: isCooperative))
        }
    }

    var isCooperative: Bool { settings.isCooperative }

    private func joinFailed(_ error: ErrorCode, _ id: UInt64) {
        _ = link.isElsewhere(error)
        switch error {
        case .fencedInstanceID: end(error.error("join the group"))
        case .unknownMemberID: memberID = 0
        case .illegalGeneration: generation = -1
        case .memberIDRequired:
            memberID = id
            nextJoinUs = 0
        default: break
        }
        rejoin()
    }

    /// Goes back to where joining begins.
    func rejoin(atOnce: Bool = false) {
        joinState = .idle
        if atOnce { nextJoinUs = 0 }
        if isLeaving { return finishLeaving() }
        join()
    }

    private func sync(_ assignments: [UInt64: [TopicPartition]]) {
        let request = SyncRequest(
            memberID: memberID, instanceID: instanceID, generation: generation,
            assignments: assignments)
        let mine = beginAttempt(withinMs: settings.sessionTimeoutMs + 3_000) { [self] in
            synced(SyncReply(error: .timedOut), assignments)
        }
        link.call(.syncGroup) { [cluster] broker, reply in
            cluster.group.sync(request, at: broker, reply: reply)
        } done: { [self] (reply: SyncReply?) in
            guard mine == attempt, joinState == .waitSync, !isLeaving else { return }
            synced(reply ?? SyncReply(error: .transport), assignments)
        }
    }

    private func synced(_ reply: SyncReply, _ assignments: [UInt64: [TopicPartition]]) {
        switch reply.error {
        case nil:
            sessionEndsUs = timeline.nowUs + ms(settings.sessionTimeoutMs)
            take(reply.assignment.sorted())
            return
        case .notCoordinator, .coordinatorNotAvailable, .transport, .coordinatorLoading:
            // Repeated by the library itself, at the new coordinator.
            _ = link.isElsewhere(reply.error)
            return after(ms(100)) { [self] in
                if joinState == .waitSync, !isLeaving { sync(assignments) }
            }
        case .fencedInstanceID: end(ErrorCode.fencedInstanceID.error("synchronise the group"))
        case .illegalGeneration: generation = -1
        case .unknownMemberID: memberID = 0
        default: break
        }
        if isCooperative, reply.error == .illegalGeneration || reply.error == .unknownMemberID {
            revokeAll(lost: true)
        } else {
            rejoin()
        }
    }

    private func take(_ partitions: [TopicPartition]) {
        if isCooperative { return takeIncrementally(partitions) }
        assignment = partitions
        if fatal != nil { return stopFetching() }
        joinState = .waitAssign
        tell(.assigned(partitions, isIncremental: false))
    }

    /// The program has taken an assignment.
    func assigned() {
        if isLeaving {
            if assignment != nil { revokeAll(lost: false) }
        } else if rejoinsAfterwards {
            rejoinsAfterwards = false
            rejoin(atOnce: true)
        }
    }
}
