import Aggregation
import Detection
import Primitives

/// Closing panes: what waited is folded, and the rules are evaluated.
extension EntityTask {
    /// Closes every pane the watermark has passed, in order, and appends what the rules find.
    public mutating func advance(_ findings: inout [Finding]) {
        let target = progress.firstOpenPane
        guard target > openPane else {
            tellEnd()
            return
        }
        // Not before a pane with something in it closes: until then an earlier one may still turn up.
        if historyStart == nil, progress.lowestPane < target { historyStart = progress.lowestPane }
        while openPane < target {
            let next = pending.first.map { min($0, target) } ?? target
            // Panes in which nothing happened matter only to what is pending or firing.
            while openPane < next, evaluator.isWatching {
                close(openPane, &findings)
                openPane += 1
                tellTicks()
            }
            pass(to: next)
            tellTicks()
            guard openPane < target else { break }
            fold(openPane)
            close(openPane, &findings)
            counters.panesClosed += 1
            openPane += 1
            tellTicks()
        }
        tellEnd()
        notes.forget(before: pending.lowestOffset)
    }

    /// Passes over panes with nothing to fold or evaluate; entities expire in them as in others.
    private mutating func pass(to next: UInt32) {
        guard next > openPane else { return }
        // After so many every entity has had its turn.
        for pane in max(openPane, next - min(next, 256))..<next { store.sweep(now: pane) }
        openPane = next
    }

    /// Folds what waits for the first pane.
    private mutating func fold(_ pane: UInt32) {
        var waiting = PendingPanes()
        swap(&waiting, &pending)
        waiting.removeFirst { partials, reader in
            foldRun(partials, readers[reader], pane: Pane(index: pane))
        }
        swap(&waiting, &pending)
        evaluator.leads.endPane()
    }

    /// Evaluates what a pane touched and whatever waits for time to pass.
    private mutating func close(_ pane: UInt32, _ findings: inout [Finding]) {
        let before = findings.count
        verdicts.advance(to: plan.timing.paneWidth.end(of: Pane(index: pane)))
        evaluator.evaluate(
            pane: Pane(index: pane), candidates: &candidates, store: &store,
            historyStart: historyStart ?? pane, verdicts, &findings)
        counters.evaluations = evaluator.evaluations
        counters.found += findings.count - before
        if let sampler, sampler.isDue(pane) { sample(pane) }
        store.sweep(now: pane)
        (evidence.closedTo, evidence.accounts) = (pane + 1, store.accountCount)
    }

    /// Samples the evidence of probes at the end of a pane.
    private mutating func sample(_ index: UInt32) {
        let pane = Pane(index: index)
        let history = index - min(index, historyStart ?? index)
        guard var taken = sampler.take() else { return }
        taken.sample(index, end: plan.timing.paneWidth.end(of: pane)) { rule, key in
            guard let entity = store.reference(to: key), store.isLive(entity, at: pane) else {
                return nil
            }
            var view = store.view(of: entity, at: pane, watched: history)
            view.reputation = verdicts[key]?.reputation ?? 0
            return evaluator.probe(rule, view)
        }
        sampler = taken
    }

    /// Partials looked ahead, so that their index slots and records are near when their turn comes.
    private static let ahead = 16

    private mutating func foldRun(_ run: ByteSlice, _ reader: PartialReader, pane: Pane) {
        withUnsafeTemporaryAllocation(of: (ByteSlice, UInt64).self, capacity: Self.ahead) { batch in
            var rest = run
            while !rest.isEmpty {
                var filled = 0
                while filled < Self.ahead, let length = PartialReader.length(rest) {
                    let partial = ByteSlice(rebasing: rest[0..<length])
                    rest = ByteSlice(rebasing: rest[length...])
                    guard let key = reader.key(of: partial) else { continue }
                    store.prefetchSlot(of: key)
                    batch.initializeElement(at: filled, to: (partial, key))
                    filled += 1
                }
                guard filled > 0 else {
                    if !rest.isEmpty, PartialReader.length(rest) == nil {
                        counters.corruptPartials += 1
                        return
                    }
                    continue
                }
                for i in 0..<filled { store.prefetchRecord(of: batch[i].1) }
                for i in 0..<filled { foldOne(batch[i].0, key: batch[i].1, reader, pane: pane) }
            }
        }
    }

    @inline(__always)
    private mutating func foldOne(
        _ bytes: ByteSlice, key: UInt64, _ reader: PartialReader, pane: Pane
    ) {
        do throws(BlockError) {
            let partial = try reader.read(bytes, key: key)
            let entity = store.fold(partial, pane: pane)
            counters.partials += 1
            noteLead(partial, of: entity, pane: pane)
            if !entity.isCandidate, evaluator.passesGate(entity) {
                entity.isCandidate = true
                candidates.append(key)
            }
        } catch {
            counters.corruptPartials += 1
        }
    }
}
