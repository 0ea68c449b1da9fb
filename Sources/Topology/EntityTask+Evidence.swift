import Aggregation
import Primitives

/// What an ENTITY task tells CAMPAIGN: a block for every tick of event time that is over.
extension EntityTask {
    /// The evidence blocks of a task, until its owner takes them.
    struct Evidence: ~Copyable {
        var writer = EvidenceWriter()
        /// Blocks that wait to be taken, each behind its length.
        var blocks = ByteBuffer(capacity: 1024)
        /// Up to where of event time all was said; 0 before the first block.
        var through = EventTime(ms: 0)
        /// Whether it was said that nothing comes any more.
        var hasEnded = false
        /// The pane after the last one that was closed and not just passed over, and the accounts there were then: how
        /// far the panes after it are passed over in one go depends on how the log was read.
        var closedTo: UInt32 = 0
        var accounts = 0
    }

    /// Hands out the evidence blocks written since the last call, in order: records of the evidence log.
    public mutating func takeEvidence(_ body: (ByteSlice) -> Void) {
        guard !evidence.blocks.isEmpty else { return }
        var reader = ByteReader(evidence.blocks.bytes)
        while let count = reader.integer(UInt32.self), let block = reader.bytes(Int(count)) {
            body(block)
        }
        evidence.blocks.removeAll()
    }

    /// Notes what a folded partial says of a lead.
    @inline(__always)
    mutating func noteLead(_ partial: borrowing Partial, of entity: EntityReference, pane: Pane) {
        guard entity.isPinned, !entity.kind.isAccount, !evaluator.leads.isEmpty else { return }
        noteLead(partial, pane: pane)
    }

    @inline(never)
    private mutating func noteLead(_ partial: borrowing Partial, pane: Pane) {
        let account = partial.values[evaluator.accountDimension]
        guard account.isPresent else { return }
        evaluator.leads.note(
            fingerprint: partial.key, account, pane: pane.index, requests: partial.measures[0],
            tokens: tokenMeasure < 0 ? 0 : partial.measures[tokenMeasure])
    }

    /// Writes the blocks of the ticks that ended at or before the first open pane, if any did since the last block: one
    /// for the tick in which a pane was closed last, with all there is to tell, and one for those passed over since.
    mutating func tellTicks() {
        guard let plan = plan.evidence else { return }
        let width = self.plan.timing.paneWidth
        let now = width.start(of: Pane(index: openPane)).ms
        let closed = width.start(of: Pane(index: evidence.closedTo)).ms
        let ofClosed = EventTime(ms: (closed + plan.tickMs - 1) / plan.tickMs * plan.tickMs)
        if ofClosed.ms <= now, ofClosed > evidence.through {
            tell(through: ofClosed, hasEnded: false)
        }
        let through = EventTime(ms: now / plan.tickMs * plan.tickMs)
        if through > evidence.through { tell(through: through, hasEnded: false) }
    }

    /// Writes the last block once every source has ended and all panes are closed: it rounds up to a whole tick.
    mutating func tellEnd() {
        guard let plan = plan.evidence, progress.hasEnded, !evidence.hasEnded else { return }
        let now = self.plan.timing.paneWidth.start(of: Pane(index: openPane))
        let through = EventTime(ms: (now.ms + plan.tickMs - 1) / plan.tickMs * plan.tickMs)
        tell(through: max(through, evidence.through), hasEnded: true)
    }

    private mutating func tell(through: EventTime, hasEnded: Bool) {
        let width = plan.timing.paneWidth
        evaluator.leads.flush(into: &evidence.writer, before: openPane, width)
        let header = EvidenceBlock.Header(
            source: partition, sources: plan.partitions, application: plan.application,
            tickMs: UInt32(plan.evidence?.tickMs ?? EvidenceBlock.tickMs), from: evidence.through,
            through: through, accounts: evidence.accounts, hasEnded: hasEnded)
        evidence.through = through
        evidence.hasEnded = hasEnded
        var blocks = ByteBuffer()
        swap(&blocks, &evidence.blocks)
        evidence.writer.finish(header) { block in
            blocks.append(integer: UInt32(block.count))
            blocks.append(block)
        }
        swap(&blocks, &evidence.blocks)
    }
}
