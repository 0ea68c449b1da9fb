import Snapshots

/// Restoring tasks and taking their snapshots.
extension Shard {
    /// Takes the store's word on what was written.
    func settleState(_ nowMs: Int64) {
        while let end = ports.state.poll() {
            for case .some(let slot) in states where slot.task.id == end.task {
                slot.snapshots.settle(end.id, end.error, slot.task)
            }
        }
    }

    /// Does a slice of every restore; true while one is under way.
    func advanceRestores(_ nowMs: Int64) throws(EngineFailure) -> Bool {
        var isRestoring = false
        for i in states.indices {
            guard let slot = states[i], releasing == nil, !isDraining else { continue }
            switch slot.phase {
            case .restoring(let restore):
                guard try restore.step(nowMs: nowMs) else {
                    isRestoring = true
                    continue
                }
                slot.snapshots.goOn(from: restore.result)
                if mustHold(slot, restore.result) {
                    slot.phase = .holding
                    slot.snapshots.hurry(nowMs: nowMs)
                } else {
                    goLive(slot, i)
                }
            case .holding: if !slot.snapshots.isUrgent { goLive(slot, i) }
            case .live: break
            }
        }
        return isRestoring
    }

    private func mustHold(_ slot: StatePartition, _ result: RestoreProcess.Result) -> Bool {
        result.isOfOtherRules && slot.committed.offset != nil
    }

    private func goLive(_ slot: StatePartition, _ index: Int) {
        slot.phase = .live
        ports.tasks.attach(slot.source, slot: index, from: slot.position)
    }

    /// Begins the snapshots that are due; one a step, so that none waits long.
    func takeSnapshots(_ nowMs: Int64) {
        guard hold == nil, !isDraining, releasing == nil else { return }
        for case .some(let slot) in states where slot.isRestored {
            // A snapshot follows a commit: without an offset it would be taken for one of a time before.
            guard slot.committed.offset != nil,
                slot.snapshots.isDue(nowMs: nowMs, position: slot.position)
            else { continue }
            slot.snapshots.take(slot.task, position: slot.position, nowMs: nowMs)
            return
        }
    }

    /// Snapshots whose pages are on their way at a time, while a drain takes the last ones: bounds their memory.
    private static let lastAtATime = 8

    /// While draining: one snapshot more of each task, once all that was read is committed. Whoever begins it next
    /// has nothing to read again then.
    func takeLastSnapshots(_ nowMs: Int64) {
        guard isDraining, !hasDrained, hold == nil, lastSnapshotsUntilMs != nil || isSettled
        else { return }
        if lastSnapshotsUntilMs == nil { lastSnapshotsUntilMs = nowMs + settings.lastSnapshotsMs }
        var writing = states.count { $0?.snapshots.isWriting ?? false }
        for case .some(let slot) in states where slot.isRestored {
            slot.snapshots.end(nowMs: nowMs)
            guard writing < Self.lastAtATime, slot.committed.offset != nil,
                slot.snapshots.isDue(nowMs: nowMs, position: slot.position)
            else { continue }
            slot.snapshots.take(slot.task, position: slot.position, nowMs: nowMs)
            writing += 1
        }
    }

    /// Tasks whose last snapshot is wanted and not there.
    var unsafeTasks: Int {
        states.count { slot in
            slot.map {
                $0.isRestored && $0.committed.offset != nil
                    && !$0.snapshots.isSafe(position: $0.position)
            } ?? false
        }
    }
}
