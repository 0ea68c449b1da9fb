import Aggregation
import Detection
import Primitives
import Snapshots

/// ENTITY for one shuffle partition: blocks in, findings out.
///
/// Pure and synchronous. Partials wait until the watermark closes their pane, then are folded pane by pane,
/// so the outcome does not depend on how sources, batches or shards interleave. A closed pane's rules are
/// evaluated for the entities it touched that pass a rule's gate, and for those with something pending or
/// firing.
///
/// Where `advance` follows every `receive`, what a task holds and finds is a function of its partition's
/// log. So a task that is restored from a snapshot and reads the log again from there is the task that was
/// lost (`RollingSnapshots` in the Snapshots module).
public struct EntityTask: ~Copyable {
    /// The shuffle partition.
    public let partition: Int
    /// What was done so far.
    public internal(set) var counters = EntityCounters()
    let plan: TopologyPlan
    let rules: RuleSet
    /// What its entities are kept under.
    let shape: StateShape
    var store: EntityStore
    var pending = PendingPanes()
    var progress = SourceProgress()
    var notes = ReplayNotes()
    private var readers: [PartialReader] = []
    private var readerOf: [UInt64: Int] = [:]
    var evaluator: PaneEvaluator
    /// The first pane that is not closed.
    var openPane: UInt32 = 0
    /// The first pane that ever closed with something in it anywhere: where history begins.
    var historyStart: UInt32?
    private var candidates: [UInt64] = []
    /// The snapshots that hold the state.
    var window = SnapshotWindow()
    /// Whether the next snapshot has to hold everything.
    var needsFullSnapshot = true
    /// The sequence of the last snapshot: later ones have higher ones.
    public internal(set) var lastSequence: UInt32 = 0
    /// What is being restored; nil once that is done.
    var restoring: Restoring?
    /// Whether what it finds is dropped by the owner, because it was handed out before: rules that were not
    /// run then are not evaluated. A restored task begins muted.
    public var isMuted = false {
        didSet { evaluator.mute(isMuted ? mutedRules : nil) }
    }
    /// The rules, by index, that were not run when the snapshot restored from was written.
    var mutedRules: [Bool]?

    /// Schemas a task reads at most at a time: instances with other rules, during a roll-out.
    static let maxReaders = 64

    /// A task with no state.
    ///
    /// - Parameter memoryBudget: bytes its state may take.
    public init(
        plan: TopologyPlan, rules: RuleSet, partition: Int, sampleSize: Int, memoryBudget: Int
    ) {
        self.plan = plan
        self.rules = rules
        self.partition = partition
        let parameters = EntityStore.Parameters(
            accounts: plan.accounts, fingerprints: plan.fingerprints,
            paneWidth: plan.timing.paneWidth, sampleSize: sampleSize, memoryBudget: memoryBudget)
        shape = plan.shape(sampleSize: parameters.sampleSize)
        store = EntityStore(parameters)
        evaluator = PaneEvaluator(rules: rules, plan: plan)
    }

    /// Entities kept.
    public var entities: Int { store.count }
    /// Entities forgotten to stay within the memory budget.
    public var evicted: Int { store.evicted }
    /// Of those, entities forgotten because memory was short in spite of all counting: the state may then
    /// differ from that of the same log elsewhere.
    public var evictedInEmergency: Int { store.evictedInEmergency }
    /// Entities forgotten because no window reached them.
    public var expired: Int { store.expired }
    /// Bytes of state and of partials that wait.
    public var memoryBytes: Int { store.memoryBytes + pending.bytes }
    /// Bytes of partials that wait for their pane.
    public var waitingBytes: Int { pending.bytes }
    /// Findings that are firing now.
    public var openFindings: Int { evaluator.openFindings }
    /// Findings not handed out because their rule was cooling down.
    public var suppressed: Int { evaluator.suppressed }
    /// Whether every source has said that nothing will come any more.
    public var hasEnded: Bool { progress.hasEnded }
    /// The event time up to which panes are closed; nil before the first.
    public var closedThrough: EventTime? {
        openPane == 0 ? nil : plan.timing.paneWidth.start(of: Pane(index: openPane))
    }
    /// How far each source has come, by its partition.
    public var sources: [SourceStatus] {
        progress.sources.map {
            SourceStatus(
                through: $0.through, firstOpenPane: Pane(index: $0.firstOpenPane),
                lastPane: $0.lastPane.map { Pane(index: $0) },
                isActive: $0.hasReported && $0.flags == 0)
        }
    }

    /// Takes in the block at `offset` of the partition; nothing is evaluated before `advance`.
    ///
    /// - Throws: `BlockError`; the block is not taken in.
    public mutating func receive(_ block: ByteSlice, offset: Int64) throws(BlockError) {
        precondition(restoring == nil, "a task is restored before it receives")
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
        case .gap(let missing): counters.missingRecords &+= missing
        case .overlap(let repeated): counters.repeatedRecords &+= repeated
        case .next: break
        }
        counters.blocks += 1
        let late = try append(header, reader, offset: offset, from: openPane)
        counters.latePartials += late
        if late > 0 { notes.noteLate(offset, pane: openPane) }
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

    private mutating func reader(of header: BlockHeader) throws(BlockError) -> Int {
        if let known = readerOf[header.digest] { return known }
        guard xxh3(header.schema) == header.digest else { throw .corrupt }
        let reader = try PartialReader(schema: header.schema, plan: plan)
        guard readers.count < Self.maxReaders else { throw .unknownFormat }
        readers.append(reader)
        readerOf[header.digest] = readers.count - 1
        return readers.count - 1
    }

    /// Closes every pane the watermark has passed, in order, and appends what the rules find.
    public mutating func advance(_ findings: inout [Finding]) {
        let target = progress.firstOpenPane
        guard target > openPane else { return }
        // Not before a pane with something in it closes: until then an earlier one may still turn up.
        if historyStart == nil, progress.lowestPane < target { historyStart = progress.lowestPane }
        while openPane < target {
            let next = pending.first.map { min($0, target) } ?? target
            // Panes in which nothing happened matter only to what is pending or firing.
            while openPane < next, evaluator.isWatching {
                close(openPane, &findings)
                openPane += 1
            }
            pass(to: next)
            guard openPane < target else { break }
            fold(openPane)
            close(openPane, &findings)
            counters.panesClosed += 1
            openPane += 1
        }
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
    }

    /// Evaluates what a pane touched and whatever waits for time to pass.
    private mutating func close(_ pane: UInt32, _ findings: inout [Finding]) {
        let before = findings.count
        evaluator.evaluate(
            pane: Pane(index: pane), candidates: &candidates, store: &store,
            historyStart: historyStart ?? pane, &findings)
        counters.evaluations = evaluator.evaluations
        counters.findings += findings.count - before
        store.sweep(now: pane)
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
            let entity = store.fold(try reader.read(bytes, key: key), pane: pane)
            counters.partials += 1
            if !entity.isCandidate, evaluator.passesGate(entity) {
                entity.isCandidate = true
                candidates.append(key)
            }
        } catch {
            counters.corruptPartials += 1
        }
    }
}
