import Aggregation
import Detection
import Primitives

/// ENTITY for one shuffle partition: blocks in, findings out.
///
/// Pure and synchronous. Partials wait until the watermark closes their pane, then are folded pane by pane,
/// so the outcome does not depend on how sources, batches or shards interleave. A closed pane's rules are
/// evaluated for the entities it touched that pass a rule's gate, and for those with something pending or
/// firing.
public struct EntityTask: ~Copyable {
    /// The shuffle partition.
    public let partition: Int
    /// What was done so far.
    public private(set) var counters = EntityCounters()
    private let plan: TopologyPlan
    private var store: EntityStore
    private var pending = PendingPanes()
    private var progress = SourceProgress()
    private var readers: [PartialReader] = []
    private var readerOf: [UInt64: Int] = [:]
    private var evaluator: PaneEvaluator
    /// The first pane that is not closed.
    private var openPane: UInt32 = 0
    /// The first pane that ever closed with something in it anywhere: where history begins.
    private var historyStart: UInt32?
    private var candidates: [UInt64] = []

    /// Schemas a task reads at most at a time: instances with other rules, during a roll-out.
    static let maxReaders = 64

    /// A task with no state.
    ///
    /// - Parameter memoryBudget: bytes its state may take.
    public init(
        plan: TopologyPlan, rules: RuleSet, partition: Int, sampleSize: Int, memoryBudget: Int
    ) {
        self.plan = plan
        self.partition = partition
        store = EntityStore(
            .init(
                accounts: plan.accounts, fingerprints: plan.fingerprints,
                paneWidth: plan.timing.paneWidth, sampleSize: sampleSize,
                memoryBudget: memoryBudget))
        evaluator = PaneEvaluator(rules: rules, plan: plan)
    }

    /// Entities kept.
    public var entities: Int { store.count }
    /// Entities forgotten to stay within the memory budget.
    public var evicted: Int { store.evicted }
    /// Entities forgotten because no window reached them.
    public var expired: Int { store.expired }
    /// Bytes of state and of partials that wait.
    public var memoryBytes: Int { store.memoryBytes + pending.bytes }
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

    /// Takes in a block; nothing is evaluated before `advance`.
    ///
    /// - Throws: `BlockError`; the block is not taken in.
    public mutating func receive(_ block: ByteSlice) throws(BlockError) {
        let header = try BlockHeader(block)
        guard header.application == plan.application else {
            counters.foreignBlocks += 1
            return
        }
        guard header.paneMs == UInt32(plan.timing.paneWidth.ms) else {
            throw .paneWidth(block: header.paneMs, expected: UInt32(plan.timing.paneWidth.ms))
        }
        let width = plan.timing.paneWidth
        let lastPane = try header.lastPane(width)
        let reader = try reader(of: header)
        switch progress.note(header, paneOf: { width.pane(of: EventTime(ms: $0)).index }) {
        case .duplicate:
            counters.duplicateBlocks += 1
            return
        case .gap(let missing): counters.missingRecords &+= missing
        case .next: break
        }
        counters.blocks += 1
        var body = ByteReader(header.body)
        while body.remaining > 0 {
            guard let pane = body.integer(UInt32.self), let count = body.integer(UInt32.self),
                let partials = body.bytes(Int(count)), pane <= lastPane
            else {
                counters.corruptPartials += 1
                return
            }
            if pane < openPane { counters.latePartials += 1 }
            pending.append(partials, pane: max(pane, openPane), reader: reader)
        }
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
            openPane = max(openPane, next)
            guard openPane < target else { break }
            fold(openPane)
            close(openPane, &findings)
            counters.panesClosed += 1
            openPane += 1
        }
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
