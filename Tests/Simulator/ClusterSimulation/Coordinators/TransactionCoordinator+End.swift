import Broker
import Delivery

/// How transactions end: by their producer, by a newer one, or by their timeout.
extension TransactionCoordinator {
    /// EndTxn. The answer comes when the decision is written; the markers follow.
    func end(
        _ name: String, commits: Bool, of producer: ProducerIdentity, at broker: Int,
        reply: @escaping (ErrorCode?) -> Void
    ) {
        if let error = cluster.refusal(placements[partition(of: name)], at: broker) {
            return reply(error)
        }
        guard let id = find(name), id.producerID == producer.id else {
            return reply(.invalidProducerIDMapping)
        }
        guard id.epoch == producer.epoch else { return reply(.producerFenced) }
        switch (id.state, commits) {
        case (.ongoing, _):
            end(id, commits: commits)
            let error = cluster.random.chance(endErrorChance) ? ErrorCode.unknownServerError : nil
            later(id) { reply(error) }
        case (.completeCommit, true), (.completeAbort, false): reply(nil)
        case (.prepareCommit, true), (.prepareAbort, false): reply(.concurrentTransactions)
        default: reply(.invalidTransactionState)
        }
    }

    /// Decides a transaction under way, and begins to write its markers.
    func end(_ id: TransactionalID, commits: Bool) {
        timeline.note("\(id.name): \(commits ? "commits" : "aborts"), epoch \(id.epoch)")
        timeline.mix(UInt64(bitPattern: id.producerID) ^ (commits ? 0xC0FFEE : 0xAB0047))
        id.state = commits ? .prepareCommit : .prepareAbort
        writeMarkers(id)
    }

    // MARK: Markers

    private func writeMarkers(_ id: TransactionalID) {
        id.markerAttempt += 1
        id.markersLeft = id.partitions.count + (id.hasOffsets ? 1 : 0)
        let attempt = id.markerAttempt
        for partition in id.partitions {
            later(id, attempt) { [self] in write(id, attempt, on: partition) }
        }
        if id.hasOffsets { later(id, attempt) { [self] in writeOffsets(id, attempt) } }
        if id.markersLeft == 0 { later(id, attempt) { [self] in complete(id) } }
    }

    private func later(
        _ id: TransactionalID, _ attempt: Int, pauseUs: Micros = 0, _ body: @escaping () -> Void
    ) {
        var delayUs = cluster.random.pick(settings.markerUs) + pauseUs
        if let extra = cluster.markerDelayUs { delayUs += cluster.random.pick(extra) }
        timeline.after(delayUs) {
            // A new coordinator writes them all again.
            if id.markerAttempt == attempt { body() }
        }
    }

    private func write(_ id: TransactionalID, _ attempt: Int, on partition: TopicPartition) {
        guard isActive(id) else { return }
        guard let log = cluster.log(partition) else { return marked(id) }
        guard cluster.canAppend(to: log) else {
            return later(id, attempt, pauseUs: 50_000) { [self] in
                write(id, attempt, on: partition)
            }
        }
        _ = log.end(
            producerID: id.producerID, epoch: id.epoch, commits: id.state == .prepareCommit,
            coordinatorEpoch: placements[id.partition].epoch, nowMs: cluster.wallMs)
        marked(id)
    }

    private func writeOffsets(_ id: TransactionalID, _ attempt: Int) {
        guard isActive(id) else { return }
        let group = cluster.group
        guard let leader = group.placement.leader,
            cluster.refusal(group.placement, at: leader) == nil
        else {
            return later(id, attempt, pauseUs: 50_000) { [self] in writeOffsets(id, attempt) }
        }
        _ = group.end(id.identity, commits: id.state == .prepareCommit)
        marked(id)
    }

    /// Whether the coordinator that decided it is still there to write markers.
    private func isActive(_ id: TransactionalID) -> Bool {
        placements[id.partition].leader != nil
            && (id.state == .prepareCommit || id.state == .prepareAbort)
    }

    private func marked(_ id: TransactionalID) {
        id.markersLeft -= 1
        guard id.markersLeft == 0 else { return }
        let attempt = id.markerAttempt
        later(id) {
            if id.markerAttempt == attempt { self.complete(id) }
        }
    }

    private func complete(_ id: TransactionalID) {
        id.state = id.state == .prepareCommit ? .completeCommit : .completeAbort
        id.partitions = []
        id.hasOffsets = false
        timeline.note("\(id.name): \(id.state == .completeCommit ? "committed" : "aborted")")
    }

    /// Another broker takes a partition of the coordinator's log over: what is decided is carried out.
    func reload(_ index: Int) {
        for id in all where id.partition == index {
            id.markerAttempt += 1
            guard id.state == .prepareCommit || id.state == .prepareAbort else { continue }
            let attempt = id.markerAttempt
            let loadUs = placements[index].loadingUntilUs - timeline.nowUs
            timeline.after(loadUs) { [self] in
                if id.markerAttempt == attempt { writeMarkers(id) }
            }
        }
    }

    // MARK: Timeouts

    /// Aborts what took too long, and fences its producer.
    func checkTimeouts() {
        timeline.after(ms(settings.transactionCheckMs)) { [self] in
            for id in all where id.state == .ongoing {
                let placement = placements[id.partition]
                guard timeline.nowUs > id.startUs + ms(id.timeoutMs), let leader = placement.leader,
                    cluster.refusal(placement, at: leader) == nil
                else { continue }
                timeline.note("\(id.name): timed out")
                id.epoch += 1
                id.lastEpoch = -1
                end(id, commits: false)
            }
            checkTimeouts()
        }
    }
}
