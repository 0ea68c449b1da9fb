import Broker
import Delivery

/// Giving partitions back.
extension SimGroup {
    /// Whether the program has still to answer a rebalance.
    var isRebalancing: Bool {
        joinState == .waitAssign || joinState == .waitUnassign || postponed != nil
            || rejoinsAfterwards
    }

    /// As `revokeAll`, unless a rebalance is under way already.
    func revokeAllIfQuiet(lost: Bool) {
        if !isRebalancing { revokeAll(lost: lost) }
    }

    /// Takes everything from the program, to join again.
    func revokeAll(lost: Bool) {
        if lost, assignment != nil { isLost = true }
        guard let assignment, joinState != .waitAssign, joinState != .waitUnassign,
            !isCooperative || !assignment.isEmpty
        else { return rejoin(atOnce: true) }
        self.assignment = nil
        if fatal != nil {
            // Nobody is asked any more.
            stopFetching()
            joinState = .idle
            return
        }
        joinState = .waitUnassign
        rejoinsAfterwards = isCooperative && !isLeaving
        tell(.revoked(assignment, isIncremental: isCooperative))
    }

    /// The program has given partitions back.
    func unassigned(isIncremental: Bool) {
        if let postponed {
            self.postponed = nil
            if isLeaving { return finishLeaving() }
            assignment = (assignment ?? []) + postponed
            joinState = .waitAssign
            rejoinsAfterwards = true
            return tell(.assigned(postponed, isIncremental: true))
        }
        rejoinsAfterwards = false
        if isLeaving { return finishLeaving() }
        rejoin(atOnce: true)
    }

    /// Leaves the group, where the coordinator is to know: static members just stop.
    func finishLeaving() {
        joinState = .idle
        guard instanceID == nil, memberID != 0, fatal == nil else {
            hasLeft = true
            return
        }
        let id = memberID
        memberID = 0
        link.call(.leaveGroup) { [cluster] broker, reply in
            reply(cluster.group.leave(id, at: broker))
        } done: { [self] (_: ErrorCode??) in
            hasLeft = true
        }
    }

    // MARK: Cooperative

    /// Some partitions go, others come: first the program gives back what goes (librdkafka:
    /// `rd_kafka_cgrp_handle_assignment_cooperative`).
    func takeIncrementally(_ partitions: [TopicPartition]) {
        let owned = assignment ?? []
        let revoked = owned.filter { !partitions.contains($0) }
        let added = partitions.filter { !owned.contains($0) }
        if fatal != nil { return stopFetching() }
        guard !revoked.isEmpty else {
            assignment = owned + added
            joinState = .waitAssign
            return tell(.assigned(added, isIncremental: true))
        }
        assignment = owned.filter { partitions.contains($0) }
        postponed = added.isEmpty ? nil : added
        rejoinsAfterwards = true
        joinState = .waitUnassign
        tell(.revoked(revoked, isIncremental: true))
    }
}
