import Delivery

/// What the library does by itself, twice a second.
extension SimGroup {
    private static let tickUs = ms(500)

    func tick() {
        after(Self.tickUs) { [self] in
            guard fatal == nil else { return }
            checkPoll()
            checkSession()
            checkMetadata()
            switch joinState {
            case .idle: link.whenKnown { [weak self] _ in self?.join() }
            case .steady, .waitAssign, .waitUnassign: heartbeat()
            case .waitJoin, .waitSync: break
            }
            tick()
        }
    }

    /// Whether the program has not been heard of for too long.
    var isPollLate: Bool { timeline.nowUs - lastUseUs > ms(settings.maxPollMs) }

    private func checkPoll() {
        guard joinState == .steady, !isPollOverdue, isPollLate else { return }
        isPollOverdue = true
        // Our client calls it passing: the loss of the partitions is told by the revocation.
        tell(.failed(ErrorCode.maxPollExceeded.error("poll")))
        if instanceID == nil, memberID != 0 {
            let id = memberID
            link.call(.leaveGroup) { [cluster] broker, reply in
                reply(cluster.group.leave(id, at: broker))
            } done: { (_: ErrorCode??) in
            }
        }
        memberID = 0
        revokeAllIfQuiet(lost: true)
    }

    private func checkSession() {
        guard joinState == .steady, let sessionEndsUs, timeline.nowUs >= sessionEndsUs else {
            return
        }
        timeline.note("\(process.name): no answer from the group for a session")
        self.sessionEndsUs = nil
        memberID = 0
        revokeAllIfQuiet(lost: true)
    }

    private func checkMetadata() {
        guard timeline.nowUs >= nextMetadataUs else { return }
        nextMetadataUs = timeline.nowUs + ms(settings.metadataRefreshMs)
        let now = counts
        guard now != knownCounts else { return }
        for index in topics.indices where now[index] == 0 && knownCounts[index] > 0 {
            tell(
                .failed(
                    ErrorCode.unknownTopicOrPartition.error(
                        "subscribed topic not available: \(topics[index])")))
        }
        knownCounts = now
        guard joinState == .steady else { return }
        if isCooperative { rejoin(atOnce: true) } else { revokeAllIfQuiet(lost: false) }
    }

    // MARK: Heartbeats

    private func heartbeat() {
        guard timeline.nowUs >= nextHeartbeatUs, !isHeartbeatUnderWay, !isPollOverdue else {
            return
        }
        nextHeartbeatUs = timeline.nowUs + ms(settings.heartbeatMs)
        isHeartbeatUnderWay = true
        let identity = identity
        link.call(.heartbeat) { [cluster] broker, reply in
            reply(cluster.group.heartbeat(identity, at: broker))
        } done: { [self] (reply: ErrorCode??) in
            isHeartbeatUnderWay = false
            switch reply {
            case .some(let error): take(error)
            case .none: break
            }
        }
    }

    private func take(_ error: ErrorCode?) {
        guard joinState != .idle, joinState != .waitJoin, joinState != .waitSync else { return }
        guard let error else { return extendSession() }
        timeline.note("\(process.name): heartbeat \(error)")
        switch error {
        case .rebalanceInProgress:
            extendSession()
            guard joinState == .steady else { return }
            if isCooperative {
                if !isRebalancing { rejoin(atOnce: true) }
            } else {
                revokeAllIfQuiet(lost: false)
            }
        case .unknownMemberID:
            memberID = 0
            revokeAllIfQuiet(lost: true)
        case .illegalGeneration:
            generation = -1
            revokeAllIfQuiet(lost: true)
        case .fencedInstanceID:
            end(error.error("heartbeat"))
            revokeAllIfQuiet(lost: true)
        default: _ = link.isElsewhere(error)
        }
    }

    private func extendSession() {
        if sessionEndsUs != nil {
            sessionEndsUs = timeline.nowUs + ms(settings.sessionTimeoutMs)
        }
    }
}
