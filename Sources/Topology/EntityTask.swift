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
    public internal(set) var counters = Counters()
    let plan: TopologyPlan
    let rules: RuleSet
    /// What its entities are kept under.
    let shape: StateShape
    var store: EntityStore
    var pending = PendingPanes()
    var progress = SourceProgress()
    var notes = ReplayNotes()
    /// Readers of the schemas seen so far, and which reads what.
    var readers: [PartialReader] = []
    var readerOf: [UInt64: Int] = [:]
    var evaluator: PaneEvaluator
    var evidence = Evidence()
    /// What people decided about its entities.
    var verdicts = VerdictTable()
    /// The fingerprints' measure of output tokens; -1 where it is not kept.
    let tokenMeasure: Int
    /// The first pane that is not closed.
    var openPane: UInt32 = 0
    /// The first pane that ever closed with something in it anywhere: where history begins.
    var historyStart: UInt32?
    /// Entities the pane being closed has touched that pass a gate.
    var candidates: [UInt64] = []
    /// The snapshots that hold the state.
    var window = SnapshotWindow()
    /// Whether the next snapshot has to hold everything.
    var needsFullSnapshot = true
    /// The sequence of the last snapshot: later ones have higher ones.
    public internal(set) var lastSequence: UInt32 = 0
    /// What is being restored; nil once that is done.
    var restoring: SnapshotLoad?
    /// Whether what it finds is dropped by the owner, because it was handed out before: rules that were not
    /// run then are not evaluated. A restored task begins muted.
    public var isMuted = false {
        didSet { evaluator.mute(isMuted ? mutedRules : nil) }
    }
    /// The rules, by index, that were not run when the snapshot restored from was written.
    var mutedRules: [Bool]?

    /// Bytes of partials that wait for their pane.
    public var waitingBytes: Int { pending.bytes }

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
        tokenMeasure = plan.fingerprints.measures.firstIndex(of: Vocabulary.outputTokens) ?? -1
        shape = plan.shape(sampleSize: parameters.sampleSize)
        store = EntityStore(parameters)
        evaluator = PaneEvaluator(rules: rules, plan: plan)
    }

    /// Samples evidence; nil where none is.
    var sampler: ProbeSampler?
    /// The evidence sampled so far, by time.
    public var samples: [ProbeSample] { sampler?.samples ?? [] }
    /// Times evaluations; see ``PipelineSettings/stopwatch``.
    var stopwatch: (@Sendable () -> UInt64)? {
        get { evaluator.stopwatch }
        set { evaluator.stopwatch = newValue }
    }
    /// What each rule's evaluations have cost, by its index.
    public var ruleCosts: [RuleCost] { evaluator.costs }
    /// Entities kept and their bytes, by kind. O(entities).
    public var census: [String: EntityStore.Census] {
        var named: [String: EntityStore.Census] = [:]
        for (code, count) in store.census() {
            let kinds = plan.kinds
            let kind = kinds.indices.first { EntityKind.fingerprint($0).code == code }
            named[kind.map { kinds[$0].name } ?? Kind.account.name] = count
        }
        return named
    }
    /// Entities kept.
    public var entities: Int { store.count }
    /// What it has done and holds.
    public var numbers: Counters {
        var numbers = counters
        numbers.entities = store.count
        numbers.stateBytes = memoryBytes
        numbers.waitingBytes = pending.bytes
        numbers.openFindings = evaluator.openFindings
        numbers.suppressed = evaluator.suppressed
        numbers.evicted = store.evicted
        numbers.evictedInEmergency = store.evictedInEmergency
        numbers.expired = store.expired
        numbers.verdictsForgotten = verdicts.forgotten
        return numbers
    }
    /// Bytes of state and of partials that wait.
    public var memoryBytes: Int { store.memoryBytes + pending.bytes + verdicts.memoryBytes }
    /// Whether every source has said that nothing will come any more.
    public var hasEnded: Bool { progress.hasEnded }
    /// The event time up to which panes are closed; nil before the first.
    public var closedThrough: EventTime? {
        openPane == 0 ? nil : plan.timing.paneWidth.start(of: Pane(index: openPane))
    }
    /// Whether a block has come.
    var hasSources: Bool { !progress.sources.isEmpty }
    /// How far each source has come, by its partition.
    public var sources: [SourceStatus] {
        progress.sources.map {
            SourceStatus(
                through: $0.through, firstOpenPane: Pane(index: $0.firstOpenPane),
                lastPane: $0.lastPane.map { Pane(index: $0) },
                isActive: $0.hasReported && $0.flags == 0, isCaughtUp: $0.isCaughtUp)
        }
    }
}
