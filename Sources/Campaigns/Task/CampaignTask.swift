import Detection
import Primitives
import Snapshots
import Topology

/// CAMPAIGN: evidence blocks in, campaigns and their members out.
///
/// Pure and synchronous. What blocks say waits until every source has told of its tick, then ticks are worked off in
/// order, each source's items in the order of its number: so the outcome is a function of the evidence up to a tick,
/// and not of how sources or batches interleave. Where `advance` follows every `receive`, it is a function of the log.
///
///     var task = CampaignTask(settings: CampaignSettings(), rules: rules, feeds: feeds, application: 1)
///     var output = CampaignOutput()
///     try task.receive(block, offset: 0)
///     task.advance(&output)
///
/// A tick costs what changed in it: the components whose ties changed, the accounts whose edges or campaigns changed.
public struct CampaignTask: ~Copyable {
    /// A block that waits for its tick.
    struct Waiting {
        var source: Int
        /// Blocks of a source count up.
        var number: Int
        var bytes: [UInt8]
    }

    /// The parameters.
    public let settings: CampaignSettings
    /// What it has counted.
    public internal(set) var counters = Counters()
    let rules: CampaignRuleSet
    let feeds: [String: CampaignFeed]
    let application: UInt32
    var graph: EvidenceGraph
    var records = RecordTable()
    var episodes: EpisodeTable
    var predecessors = Predecessors()
    var verdicts = VerdictTable()
    /// Records that have lost something to verdicts in this tick.
    var dismissed: Set<Int32> = []
    var progress = EvidenceProgress()
    /// Blocks by the tick they count in.
    var waiting: [Int64: [Waiting]] = [:]
    /// Bytes of blocks that wait.
    public internal(set) var waitingBytes = 0
    /// The last tick that was worked off.
    var tick: Int64 = 0
    /// Accounts of each source, as its latest block says.
    var accountsOfSource: [Int] = []
    /// All accounts, rounded: what shares are judged by; 0 where it is unknown.
    var population = 0
    /// Fingerprints to look at, by key, in the ticks to come.
    var wakes = Agenda<UInt64>()
    /// Edges that may be over, by the hour.
    var expiries = Agenda<EdgePlace>()
    /// Records whose rules have to be looked at.
    var dirtyRecords: [Int32] = []
    /// Records that have other soft fingerprints than before: whether these need backing has to be looked at.
    var regrouped: Set<Int32> = []
    /// Fingerprints that may have to be attached to another campaign.
    var loose: [Int32] = []
    /// Records whose members have to be told of.
    var toldRecords: [Int32] = []
    /// Accounts whose row has to be looked at.
    var rowsToTell: [Int32] = []
    /// Steps of leads that were taken in with this tick.
    var steps: [Lead] = []
    var window = SnapshotWindow()
    var needsFullSnapshot = true
    /// The sequence of the last snapshot: later ones have higher ones.
    public internal(set) var lastSequence: UInt32 = 0
    var restoring: CampaignRestoring?
    /// Whether what it finds is dropped by the owner, because it was handed out before: rules that were not run then
    /// are not evaluated. A restored task begins muted.
    public var isMuted = false
    /// The rules, by index, that were not run when the snapshot restored from was written; none where there was none.
    var mutedRules: [Bool]

    /// A task with no state.
    ///
    /// - Parameters:
    ///   - feeds: what rules feed campaigns, by their ids; leads of others are counted and passed over.
    ///   - application: tells one application's blocks from another's.
    public init(
        settings: CampaignSettings, rules: CampaignRuleSet, feeds: [String: CampaignFeed],
        application: UInt32
    ) {
        self.settings = settings
        self.rules = rules
        self.feeds = feeds
        self.application = application
        graph = EvidenceGraph(settings: settings)
        episodes = EpisodeTable(lifecycles: rules.rules.map(\.lifecycle))
        mutedRules = rules.rules.map { _ in false }
    }

    /// Fingerprints kept.
    public var fingerprints: Int { graph.fingerprintCount }
    /// Accounts kept.
    public var accounts: Int { graph.accountCount }
    /// Edges kept.
    public var edges: Int { graph.edgeCount }
    /// Clusters there are, told of or not.
    public var clusters: Int { records.count }
    /// Campaigns that are open.
    public var openCampaigns: Int { records.shown }
    /// About how many bytes its state and the blocks that wait take.
    public var memoryBytes: Int {
        250 * graph.fingerprintCount + 150 * graph.accountCount + 100 * graph.edgeCount
            + waitingBytes + verdicts.memoryBytes
    }
    /// Whether it has heard of a source.
    public var hasSources: Bool { !progress.sources.isEmpty }
    /// The source that is waited for; nil where none is.
    public var slowestSource: Int? { progress.slowest }
    /// Whether every source has said that nothing will come any more.
    public var hasEnded: Bool { progress.hasEnded }
    /// The event time up to which ticks are worked off; nil before the first.
    public var closedThrough: EventTime? {
        tick == 0 ? nil : EventTime(ms: tick * settings.tickMs)
    }

    /// The members of all open campaigns, by account: what all changes handed out so far come to.
    public var members: [(account: [UInt8], row: MemberRow)] {
        var all: [(account: [UInt8], row: MemberRow)] = []
        for account in graph.accounts {
            if let row = account.row { all.append((account.name, row)) }
        }
        return all.sorted { $0.account.lexicographicallyPrecedes($1.account) }
    }

    /// Takes in a block; `offset` is its place in the log, for messages only.
    ///
    /// - Throws: `BlockError`; the block is not taken in then.
    public mutating func receive(_ block: ByteSlice, offset: Int64) throws(BlockError) {
        if VerdictBlock.begins(block) { return try receive(verdict: block) }
        let read = try EvidenceBlock(block)
        guard read.header.application == application else {
            counters.foreignBlocks += 1
            return
        }
        guard EventTime.limits.contains(read.header.through.ms) else { throw .corrupt }
        var hasItems = false
        try read.forEach { _ in hasItems = true }
        let continuity = progress.note(read.header)
        if continuity == .duplicate {
            counters.duplicateBlocks += 1
            return
        }
        counters.blocksRead += 1
        if continuity == .gap { counters.evidenceGaps += 1 }
        // An end that comes with a tick already told of has nothing to add to a tick.
        guard hasItems || read.header.from < read.header.through else { return }
        var at = read.header.through.ms.ceilingDivided(by: settings.tickMs)
        if at <= tick {
            at = tick + 1
            counters.lateBlocks += 1
        }
        waitingBytes += block.count
        let number = waiting[at]?.last(where: { $0.source == read.header.source })?.number ?? 0
        waiting[at, default: []].append(
            Waiting(source: read.header.source, number: number + 1, bytes: Array(block)))
        wakes.note(at)
    }

    /// Works off every tick that all sources have told of, in order.
    public mutating func advance(_ output: inout CampaignOutput) {
        guard let target = progress.lastTick(settings.tickMs) else { return }
        while tick < target {
            guard let next = nextTick, next <= target else {
                tick = target
                return
            }
            tick = next
            step(EventTime(ms: next * settings.tickMs), &output)
        }
    }

    /// The next tick with something to do; nil where nothing waits.
    private var nextTick: Int64? {
        mutating get {
            if !episodes.watched.isEmpty { return tick + 1 }
            let expiry = expiries.first.map {
                ($0 * Self.hourMs).ceilingDivided(by: settings.tickMs)
            }
            let turn = graph.hasDirty ? (tick / Self.largeTicks + 1) * Self.largeTicks : nil
            let points = [wakes.first, expiry, turn, nextVerdictTick]
            guard let next = points.compactMap({ $0 }).min() else {
                return nil
            }
            return max(next, tick + 1)
        }
    }

    static let hourMs: Int64 = 3_600_000

    /// Works off one tick.
    private mutating func step(_ end: EventTime, _ output: inout CampaignOutput) {
        counters.ticks += 1
        for key in wakes.take(upTo: tick) { wake(key, end) }
        applyVerdicts(end)
        takeIn(end)
        expire(end)
        evict()
        recluster(end, &output)
        updateMembership()
        attachLoose()
        evaluate(end, &output)
        tellMembers(end, &output)
        tellLeads(&output)
    }
}
