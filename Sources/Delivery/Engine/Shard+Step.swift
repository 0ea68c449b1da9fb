import Broker
import Events
import Primitives
import Topology

/// The loop's body.
extension Shard {
    /// Records taken in one go: short enough that commands wait a few milliseconds at most.
    private static let batch = 2048
    /// Blocks taken in one go.
    private static let blockBatch = 256
    /// Bytes of outputs and open partials over which nothing more is pulled until a commit batch is through.
    private static let openLimit = 64 << 20
    /// What a step adds to a partition's silence at most.
    private static let longestStepMs: Int64 = 1_000
    /// How long a topic may seem to be missing.
    private static let missingMs: Int64 = 15_000

    /// Does a little of everything that can be done; waits up to `waitMs` for input where there is nothing to do.
    ///
    /// - Returns: false where nothing could be done nor waited for: the caller had better pause.
    /// - Throws: why the instance cannot go on.
    @discardableResult
    public func step(nowMs: Int64, waitMs: Int32 = 0) throws(EngineFailure) -> Bool {
        try advanceCommit(nowMs)
        settleState(nowMs)
        let isBusy = try advanceRestores(nowMs) || !committer.isIdle
        var hasPulled = false
        if canPull {
            let received = try receive()
            let asked = try ingest(waitMs: received ? 0 : isBusy ? min(1, waitMs) : waitMs)
            hasPulled = received || asked
            align()
            try askForIdle(nowMs)
        }
        stalls.look(at: self, nowMs)
        takeSnapshots(nowMs)
        takeLastSnapshots(nowMs)
        try closeCutIfDue(nowMs)
        try finishReleasing(nowMs)
        retireParked { $0 <= nowMs }
        return hasPulled
    }

    private var canPull: Bool { !isDraining && hold == nil && releasing == nil }

    /// Whether the open commit batch has room.
    var hasRoom: Bool { outputs.batch.byteCount < Self.openLimit }

    /// Whether some source's block is full.
    var isFull: Bool { sources.contains { $0?.needsFlush ?? false } }

    // MARK: Pulling

    /// Takes in what the logs of tasks bring; false where there was nothing.
    private func receive() throws(EngineFailure) -> Bool {
        guard hasRoom else { return false }
        var count = 0
        try ports.tasks.withBatch(max: Self.blockBatch, waitMs: 0) {
            (batch) throws(EngineFailure) in
            count = batch.count
            for i in batch.indices {
                guard let slot = states[Int(batch[i].slot)] else { continue }
                try receive(batch[i], slot, index: i)
            }
        }
        return count > 0
    }

    private func receive(
        _ entry: Entry, _ slot: StatePartition, index: Int
    ) throws(EngineFailure) {
        switch entry.kind {
        case .record:
            slot.isCaughtUp = false
            slot.position = entry.offset + 1
            if let value = entry.valueBytes {
                do throws(BlockError) {
                    try slot.task.receive(value, offset: entry.offset, outputs: slot.outputs)
                } catch {
                    throw .unreadable(settings.name(slot.source), entry.offset, error)
                }
                if let missing = slot.takeMissing() {
                    notify(.missingRecords(partition: slot.source.number, count: missing))
                }
            }
        case .end:
            slot.isCaughtUp = true
            slot.position = max(slot.position, entry.offset)
        case .failure: try note(ports.tasks.failure(at: index))
        }
    }

    /// Reads new input; false where there is no room for it.
    private func ingest(waitMs: Int32) throws(EngineFailure) -> Bool {
        // A full block has to go before more is read; it goes with the next commit batch.
        guard hasRoom, !isFull else { return false }
        try ports.input.withBatch(max: Self.batch, waitMs: waitMs) {
            (batch) throws(EngineFailure) in
            if batch.count < Self.batch / 4, sources.contains(where: { $0?.wantsMore ?? false }) {
                board.noteHunger()
            }
            var i = 0
            while i < batch.count {
                let slot = batch[i].slot
                var end = i + 1
                while end < batch.count, batch[end].slot == slot { end += 1 }
                if let failed = sources[Int(slot)]?.ingest(
                    batch[i..<end], of: ports.input, decoder: &decoder)
                {
                    try note(ports.input.failure(at: failed))
                    end = failed + 1
                }
                i = end
            }
        }
        return true
    }

    /// What passes by itself is told; what does not ends the instance.
    private func note(_ error: BrokerError) throws(EngineFailure) {
        switch error.move {
        case .retry, .unreachable, .benign, .abortTransaction: notify(.clusterTrouble(error))
        default: throw EngineFailure(error)
        }
    }

    // MARK: Alignment and silence

    /// Holds back partitions too far ahead of the slowest, and lets go those that are no longer.
    private func align() {
        var waiting = 0
        for case .some(let slot) in states where slot.isLive {
            board.hear(slot.task.inputs, by: slot.source, width: plan.timing.paneWidth)
            waiting += slot.task.waitingBytes
        }
        board.noteWaiting(shard: index, bytes: waiting)
        for case .some(let slot) in sources {
            board.note(slot.partition, .init(highest: slot.highest, isQuiet: slot.isQuiet))
        }
        limit = board.limit(alignmentMs: settings.alignmentLimitMs)
        for case .some(let slot) in sources {
            let isAhead = limit?.holds(slot.highest) ?? false
            if isAhead { ports.input.hold(slot.id) } else { ports.input.release(slot.id) }
        }
    }

    /// A partition is idle only if it is caught up by a fresh look at its end, and silent: a broker that does not
    /// answer makes nobody idle.
    private func askForIdle(_ nowMs: Int64) throws(EngineFailure) {
        let passed = min(max(0, nowMs - lastLookMs), Self.longestStepMs)
        lastLookMs = nowMs
        for case .some(let slot) in sources { slot.pass(ms: passed) }
        if let answer = ports.lookup.answer() {
            defer { asked = [] }
            switch answer {
            case .success(let answer):
                troubleSinceMs = nil
                judgeIdle(answer)
            case .failure(let error): try noteLookFailure(error, nowMs)
            }
        }
        guard asked.isEmpty else { return }
        let silent = sources.compactMap { $0 }.filter {
            $0.isCaughtUp && $0.isSilent(timeoutMs: settings.idleTimeoutMs)
        }
        guard !silent.isEmpty else { return troubleSinceMs = nil }
        asked = silent.map(\.id)
        ports.lookup.ask(.bounds(asked))
    }

    /// A topic that is gone does not come back by itself; for a moment metadata may only look so.
    private func noteLookFailure(_ error: BrokerError, _ nowMs: Int64) throws(EngineFailure) {
        notify(.clusterTrouble(error))
        guard error.move == .configuration else { return troubleSinceMs = nil }
        let since = troubleSinceMs ?? nowMs
        troubleSinceMs = since
        if nowMs - since >= Self.missingMs { throw EngineFailure(error) }
    }

    private func judgeIdle(_ answer: Answer) {
        for case .some(let slot) in sources where asked.contains(slot.id) {
            guard slot.isSilent(timeoutMs: settings.idleTimeoutMs),
                let bounds = answer.bounds[slot.id], slot.position >= bounds.high
            else { continue }
            slot.markIdle()
            notify(.sourceIdle(partition: slot.partition))
        }
    }
}
