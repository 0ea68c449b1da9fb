import Broker
import Snapshots
import Topology

/// Commit batches, and what hangs on their outcome.
extension Shard {
    private static let stalledAfterMs: Int64 = 30_000
    private static let heldAtMostMs: Int64 = 45_000

    /// Moves the commit batch under way on.
    func advanceCommit(_ nowMs: Int64) throws(EngineFailure) {
        while let event = committer.step(nowMs: nowMs) {
            switch event {
            case .committed(let batch): committed(batch, nowMs)
            case .refused(let batch, let error):
                notify(.batchRefused(batch: batch.name, error))
                hold = Hold(sinceMs: nowMs, isFinal: releasing != nil)
            case .stale(let batch):
                notify(.batchStale(batch: batch.name))
                hold = Hold(sinceMs: nowMs, isFinal: true)
                spare = batch
                outputs.batch.reset()
            case .failed(let failure): throw failure
            }
        }
        if let hold, nowMs - hold.sinceMs >= Self.heldAtMostMs {
            throw .fatal(
                "nothing can be committed under this membership of the group, or somebody else has, and "
                    + "the group does not say that the partitions went: was it reset while it ran? Restart "
                    + "the process")
        }
        if !committer.isIdle, nowMs - lastCommitMs >= Self.stalledAfterMs {
            notify(.commitsStalled(ms: nowMs - lastCommitMs))
            lastCommitMs = nowMs
        }
    }

    private func committed(_ batch: CommitBatch, _ nowMs: Int64) {
        lastCommitMs = nowMs
        commits += 1
        for position in batch.positions {
            for case .some(let slot) in states where slot.source == position.partition {
                slot.committed = position
                slot.snapshots.batchCommitted()
            }
        }
        batch.reset()
        spare = batch
    }

    /// Closes the open commit batch where it is time and the one before is through.
    func closeCutIfDue(_ nowMs: Int64) throws(EngineFailure) {
        guard committer.isReady, hold == nil, let membership, membership.isValid else { return }
        let isDue = nowMs - lastCutMs >= settings.commitIntervalMs
        guard isDue || isFull || drainDeadlineMs != nil || releasing != nil else { return }
        lastCutMs = nowMs
        fill(nowMs)
        let batch = outputs.batch
        guard !batch.isEmpty else {
            // With nothing to commit nothing stalls.
            lastCommitMs = nowMs
            return
        }
        outputs.batch = spare
        outputs.batch.reset()
        spare = CommitBatch()
        committer.begin(batch, under: membership)
    }

    /// Collects what every task has put out, and the positions that go with it.
    private func fill(_ nowMs: Int64) {
        batchNumber += 1
        let batch = outputs.batch
        let incarnation = String(settings.incarnation, radix: 16)
        batch.close(as: "\(incarnation)-\(index)-\(batchNumber)")
        for case .some(let slot) in sources {
            slot.finishAtEnd(decoder: &decoder)
            if slot.hasMoved { flush(slot) }
        }
        for case .some(let slot) in states where slot.isRestored {
            slot.snapshots.contribute(to: batch, of: slot.source)
            let hasMoved = slot.position != slot.committed.offset
            guard hasMoved || batch.hasOutput(of: slot.source) || slot.snapshots.isInBatch else {
                continue
            }
            batch.append(
                PartitionOffset(
                    slot.source, offset: slot.position,
                    metadata: CommitMetadata(clock: nil, batch: batch.name).text))
        }
    }

    private func flush(_ slot: IngestPartition) {
        let owner = slot.id
        let position = slot.flush(batch: outputs.batch.name) {
            outputs.put(value: $1, to: TopicPartition(.partials, Int32($0)), of: owner)
        }
        for letter in slot.takeDeadLetters() {
            outputs.put(letter, of: owner)
            notify(
                .deadLetter(
                    partition: slot.partition, offset: letter.offset, reason: letter.reason,
                    field: letter.field))
        }
        outputs.batch.append(position)
    }

    /// Whether all that was read is committed.
    var isSettled: Bool {
        committer.isIdle && outputs.batch.isEmpty
            && !sources.contains { $0?.hasMoved ?? false }
            && !states.contains { slot in
                slot.map { $0.isLive && $0.position != $0.committed.offset } ?? false
            }
    }

    /// Gives up what is to be given up once it is settled, or can be no more; tells when a drain is through.
    func finishReleasing(_ nowMs: Int64) throws(EngineFailure) {
        if let (partitions, deadlineMs) = releasing {
            if isSettled {
                end(partitions, suspending: true, nowMs)
            } else if hold?.isFinal ?? false || nowMs >= deadlineMs
                || !(membership?.isValid ?? false)
            {
                if nowMs >= deadlineMs { notify(.settlingTimedOut) }
                try giveUp(partitions, nowMs)
            }
        }
        if let deadlineMs = drainDeadlineMs, !hasDrained { finishDraining(nowMs, by: deadlineMs) }
    }

    /// Tells that the drain is through: all is committed, and the last snapshots are safe; or neither can be any more.
    private func finishDraining(_ nowMs: Int64, by deadlineMs: Int64) {
        let canCommit = hold == nil && membership?.isValid ?? false
        if let untilMs = lastSnapshotsUntilMs {
            let missing = unsafeTasks
            guard missing == 0 && isSettled || !canCommit || nowMs >= untilMs else { return }
            if missing > 0 { notify(.lastSnapshotsTimedOut(tasks: missing)) }
        } else {
            let isLate = nowMs >= deadlineMs
            guard isSettled || hold != nil || membership == nil || isLate else { return }
            if isLate { notify(.settlingTimedOut) }
        }
        hasDrained = true
        events.append(.drained)
    }

    /// Drops what is not committed, for whoever owns the partitions next.
    ///
    /// - Throws: `.fatal` where other tasks have outputs in the same commit batch: they cannot go on without them.
    func giveUp(_ partitions: [TopicPartition], _ nowMs: Int64) throws(EngineFailure) {
        let stays =
            sources.contains { $0.map { !partitions.contains($0.id) } ?? false }
            || states.contains { $0.map { !partitions.contains($0.source) } ?? false }
        if stays {
            throw .fatal("partitions went while a commit batch with others' outputs was under way")
        }
        committer.abandon()
        outputs.batch.reset()
        end(partitions, suspending: false, nowMs)
    }

    private func end(_ partitions: [TopicPartition], suspending: Bool, _ nowMs: Int64) {
        releasing = nil
        hold = nil
        committer.forget(partitions)
        for partition in partitions { drop(partition, suspending: suspending, nowMs) }
        events.append(.released(partitions))
    }
}
