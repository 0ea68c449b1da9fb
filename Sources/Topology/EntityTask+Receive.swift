import Primitives

/// Taking in blocks: partials wait for their panes.
extension EntityTask {
    /// Takes in the block at `offset` of the partition; nothing is evaluated before `advance`.
    ///
    /// - Throws: `BlockError`; the block is not taken in.
    public mutating func receive(_ block: ByteSlice, offset: Int64) throws(BlockError) {
        precondition(restoring == nil, "a task is restored before it receives")
        if VerdictBlock.begins(block) { return try receive(verdict: block) }
        guard let (header, reader) = try open(block) else {
            counters.foreignBlocks += 1
            return
        }
        let width = plan.timing.paneWidth
        switch progress.note(header, paneOf: { width.pane(of: EventTime(ms: $0)).index }) {
        case .duplicate:
            counters.duplicateBlocks += 1
            if pending.first != nil { notes.noteDuplicate(offset) }
            return
        case .gap(let missing): counters.missingRecords &+= Int(missing)
        case .overlap(let repeated): counters.repeatedRecords &+= Int(repeated)
        case .next: break
        }
        counters.blocksRead += 1
        let late = try append(header, reader, offset: offset, from: openPane)
        counters.latePartials += late
        if late > 0 { notes.noteLate(offset, pane: openPane) }
    }

    /// Takes in a verdict: it holds from the pane of its time on, or from the first that is open.
    private mutating func receive(verdict block: ByteSlice) throws(BlockError) {
        guard let verdict = try VerdictBlock(block, application: plan.application) else {
            counters.foreignBlocks += 1
            return
        }
        if openPane > 0, verdict.time < plan.timing.paneWidth.start(of: Pane(index: openPane)) {
            counters.verdictsLate += 1
        }
        verdicts.receive(verdict)
    }

    /// Reads and checks a block's header and finds its reader; nil where it is of another application.
    mutating func open(
        _ block: ByteSlice
    ) throws(BlockError) -> (header: BlockHeader, reader: Int)? {
        let header = try BlockHeader(block)
        guard header.application == plan.application else { return nil }
        guard header.paneMs == UInt32(plan.timing.paneWidth.ms) else {
            throw .paneWidth(block: header.paneMs, expected: UInt32(plan.timing.paneWidth.ms))
        }
        _ = try header.lastPane(plan.timing.paneWidth)
        return (header, header.body.isEmpty ? -1 : try reader(of: header))
    }

    /// Lets a block's partials wait for their panes; those of panes before `first` count in that.
    ///
    /// - Returns: how many sections lay before it.
    mutating func append(
        _ header: BlockHeader, _ reader: Int, offset: Int64, from first: UInt32
    ) throws(BlockError) -> Int {
        let lastPane = try header.lastPane(plan.timing.paneWidth)
        var body = ByteReader(header.body)
        var late = 0
        while body.remaining > 0 {
            guard let pane = body.integer(UInt32.self), let count = body.integer(UInt32.self),
                let partials = body.bytes(Int(count)), pane <= lastPane
            else {
                counters.corruptPartials += 1
                return late
            }
            if pane < first { late += 1 }
            guard max(pane, first) >= openPane else { continue }
            pending.append(partials, pane: max(pane, first), reader: reader, offset: offset)
        }
        return late
    }

    /// Schemas a task reads at most at a time: instances with other rules, during a roll-out.
    private static let maxReaders = 64

    private mutating func reader(of header: BlockHeader) throws(BlockError) -> Int {
        if let known = readerOf[header.digest] { return known }
        guard xxh3(header.schema) == header.digest else { throw .corrupt }
        let reader = try PartialReader(schema: header.schema, plan: plan)
        guard readers.count < Self.maxReaders else { throw .unknownFormat }
        readers.append(reader)
        readerOf[header.digest] = readers.count - 1
        return readers.count - 1
    }
}
