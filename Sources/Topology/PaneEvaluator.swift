import Aggregation
import Detection
import Primitives

/// Evaluates the rules for the entities that matter when a pane closes, and keeps the findings' lifecycle.
struct PaneEvaluator: ~Copyable {
    /// A gate in plain numbers: what any rule of a kind needs at least.
    private struct FlatGate {
        var minRequests: Int64 = 0
        var dimension = -1
        var atLeast = 0
        var isClosed = true
    }

    private let rules: RuleSet
    private let kinds: [Kind]
    private let paneWidth: PaneWidth
    private var accounts: Evaluator
    private var fingerprints: Evaluator
    private var episodes: EpisodeTable
    /// Gates by the code of a kind.
    private let gates: UnsafeMutablePointer<FlatGate>
    /// Rules by the code of a kind.
    private let rulesOf: [[Int]]
    /// Whether a rule gives findings of its own, by index.
    private let alerts: [Bool]
    private var keys: [UInt64] = []
    /// Whether no rule holds for the entity being evaluated, since it was said to be no abuse.
    private var isBenign = false
    /// Rules that are not evaluated, by index: muted, or all false.
    private var isMuted: [Bool]
    /// Conditions evaluated so far.
    private(set) var evaluations = 0
    /// What is told to CAMPAIGN.
    var leads: LeadTable
    private let isGrouped: Bool
    private let tellsCampaigns: Bool
    /// The fingerprints' dimension that names accounts.
    let accountDimension: Int
    /// What each rule's evaluations have cost.
    private(set) var costs: [RuleCost]
    /// Times one evaluation in `RuleCost.sampled`.
    var stopwatch: (@Sendable () -> UInt64)?

    init(rules: RuleSet, plan: TopologyPlan) {
        self.rules = rules
        kinds = plan.kinds
        paneWidth = plan.timing.paneWidth
        accounts = Evaluator(rules, .account)
        fingerprints = Evaluator(rules, .fingerprint)
        episodes = EpisodeTable(lifecycles: rules.rules.map(\.lifecycle))
        isMuted = rules.rules.map { _ in false }
        leads = LeadTable(plan.evidence ?? EvidencePlan(), paneWidth: plan.timing.paneWidth)
        accountDimension = plan.namedAccounts ?? 0
        tellsCampaigns = plan.evidence != nil && plan.namedAccounts != nil
        isGrouped = tellsCampaigns && plan.evidence?.isGrouped == true
        costs = rules.rules.map { _ in RuleCost() }
        alerts = rules.rules.map(\.alerts)
        let entityKinds = [EntityKind.account] + plan.kinds.indices.map { .fingerprint($0) }
        gates = .allocate(capacity: entityKinds.count)
        gates.initialize(repeating: FlatGate(), count: entityKinds.count)
        rulesOf = entityKinds.map { rules.ruleIndices(of: $0) }
        for (i, kind) in entityKinds.enumerated() {
            guard let gate = rules.gate(of: kind) else { continue }
            let strictest = gate.minValues.max { $0.atLeast < $1.atLeast }
            gates[i] = FlatGate(
                minRequests: gate.minRequests, dimension: strictest?.dimension ?? -1,
                atLeast: strictest?.atLeast ?? 0, isClosed: false)
        }
    }

    deinit { gates.deallocate() }

    /// Findings firing now; leads that give none are not counted.
    var openFindings: Int { episodes.openCount { rules.rules[$0].alerts } }
    /// Findings held back by a cooldown.
    var suppressed: Int { Int(episodes.counters.suppressed) }
    /// Whether some rule waits for time to pass: something is pending, firing or held back.
    var isWatching: Bool {
        mutating get { !episodes.watched.isEmpty }
    }

    /// Whether any rule can hold for the entity: the test every folded partial takes.
    @inline(__always)
    func passesGate(_ entity: EntityReference) -> Bool {
        let gate = gates + Int(entity.kind.code)
        if gate.pointee.isClosed || entity.requests < gate.pointee.minRequests { return false }
        return gate.pointee.dimension < 0
            || entity.valuesBound(dimension: gate.pointee.dimension) >= gate.pointee.atLeast
    }

    /// Evaluates `candidates` (emptied) and whatever is watched, in the order of keys and rules.
    mutating func evaluate(
        pane: Pane, candidates: inout [UInt64], store: inout EntityStore, historyStart: UInt32,
        _ verdicts: VerdictTable, _ findings: inout [Finding]
    ) {
        let end = paneWidth.end(of: pane)
        episodes.expire(at: end)
        let watched = episodes.watched
        guard !candidates.isEmpty || !watched.isEmpty else { return }
        keys.removeAll(keepingCapacity: true)
        swap(&keys, &candidates)
        for watch in watched where isDue(watch, pane) { keys.append(watch.entityKey) }
        keys.sort()
        var next = 0
        var last: UInt64?
        for key in keys where key != last {
            last = key
            while next < watched.count, watched[next].entityKey < key { next += 1 }
            let from = next
            while next < watched.count, watched[next].entityKey == key { next += 1 }
            let watches = watched[from..<next]
            guard let entity = store.reference(to: key), store.isLive(entity, at: pane) else {
                for watch in watches where isDue(watch, pane) { lapse(watch, at: end, &findings) }
                store.reference(to: key)?.isPinned = false
                continue
            }
            if !entity.isCandidate, !watches.contains(where: { isDue($0, pane) }) { continue }
            let history = pane.index - min(pane.index, historyStart)
            var view = store.view(of: entity, at: pane, watched: history)
            let standing = verdicts.isEmpty ? nil : verdicts[key]
            view.reputation = standing?.reputation ?? 0
            isBenign = standing?.isBenign ?? false
            let creates = evaluate(
                entity, view, pane, watches, history: history, &findings)
            pin(entity, watches, creates)
        }
    }

    /// Panes in which each lead without events is looked at once.
    private static let leadPanes: UInt32 = 64

    /// Whether a rule has to be evaluated for an entity that it watches and that the pane did not touch. There may be
    /// thousands of leads that go on for weeks, and nobody is alerted to their end: they take turns.
    private func isDue(_ watch: WatchedEntity, _ pane: Pane) -> Bool {
        alerts[watch.rule]
            || (UInt32(truncatingIfNeeded: watch.entityKey) &+ pane.index) % Self.leadPanes == 0
    }

    /// What is firing stays while a window reaches it, whatever the memory budget: its state tells when to
    /// close. So after every pane an entity is pinned where it is live and a finding about it is open.
    private func pin(
        _ entity: EntityReference, _ watches: ArraySlice<WatchedEntity>, _ creates: Bool
    ) {
        entity.isPinned =
            creates || watches.contains { episodes.isOpen(rule: $0.rule, entityKey: $0.entityKey) }
    }

    /// Evaluates every rule of an entity the pane touched (they are few once the gate has passed), or the
    /// rules that watch one it did not: what a rule finds must not depend on the other rules. So an entity is
    /// a subject of a rule for the rule's own longest window after its last event, whatever else is kept.
    ///
    /// - Returns: whether an episode began.
    private mutating func evaluate(
        _ entity: EntityReference, _ view: EntityView, _ pane: Pane,
        _ watches: ArraySlice<WatchedEntity>, history: UInt32, _ findings: inout [Finding]
    ) -> Bool {
        let end = paneWidth.end(of: pane)
        if entity.kind.isAccount { accounts.begin() } else { fingerprints.begin() }
        var creates = false
        if entity.isCandidate {
            entity.isCandidate = false
            for rule in rulesOf[Int(entity.kind.code)] {
                if evaluate(rule, entity, view, end, history: history, &findings) { creates = true }
            }
        } else {
            let silence = view.silence
            for watch in watches where isDue(watch, pane) {
                if silence < rules.rules[watch.rule].subjectPanes {
                    let isNew = evaluate(
                        watch.rule, entity, view, end, history: history, &findings)
                    if isNew { creates = true }
                } else {
                    lapse(watch, at: end, &findings)
                }
            }
        }
        return creates
    }

    private mutating func evaluate(
        _ rule: Int, _ entity: EntityReference, _ view: EntityView, _ end: EventTime,
        history: UInt32, _ findings: inout [Finding]
    ) -> Bool {
        guard !isMuted[rule] else { return false }
        let kind = entity.kind
        evaluations += 1
        costs[rule].evaluations += 1
        let isTimed = evaluations % RuleCost.sampled == 0
        let began = isTimed ? stopwatch?() : nil
        let holds =
            !isBenign && history >= rules.rules[rule].minHistoryPanes
            && (kind.isAccount
                ? accounts.holds(rule: rule, view) : fingerprints.holds(rule: rule, view))
        if let began, let ended = stopwatch?() { costs[rule].sampledNs &+= ended &- began }
        let step = episodes.observe(rule: rule, entityKey: entity.key, holds: holds, at: end)
        guard let step else { return false }
        let subject =
            step.subject
            ?? Subject(
                kind: kind.index.map { kinds[$0].name } ?? Kind.account.name,
                value: Array(view.value))
        if step.status == .create {
            episodes.setSubject(subject, rule: rule, entityKey: entity.key)
        }
        report(step, subject, evidence(of: rule, view), view, &findings)
        return step.status == .create
    }

    /// The evidence of a rule on an entity, whether it holds or not.
    mutating func probe(
        _ rule: Int, _ view: EntityView
    ) -> [(name: String, value: EvidenceValue)] {
        if view.kind.isAccount { accounts.begin() } else { fingerprints.begin() }
        return evidence(of: rule, view)
    }

    private mutating func evidence(
        of rule: Int, _ view: EntityView
    ) -> [(name: String, value: EvidenceValue)] {
        let compiled = rules.rules[rule]
        return view.kind.isAccount
            ? accounts.evidence(compiled, view) { view.top(dimension: $0, count: $1, window: $2) }
            : fingerprints.evidence(compiled, view) {
                view.top(dimension: $0, count: $1, window: $2)
            }
    }

    /// A watched entity whose state is gone, or that no window of the rule reaches: nothing holds for it any more.
    private mutating func lapse(
        _ watch: WatchedEntity, at end: EventTime, _ findings: inout [Finding]
    ) {
        guard !isMuted[watch.rule] else { return }
        let step = episodes.observe(
            rule: watch.rule, entityKey: watch.entityKey, holds: false, at: end)
        if let step, let subject = step.subject { report(step, subject, [], nil, &findings) }
    }

    /// Hands out a step: as a finding, as a lead, or as both.
    private mutating func report(
        _ step: Transition, _ subject: Subject,
        _ evidence: [(name: String, value: EvidenceValue)], _ view: EntityView?,
        _ findings: inout [Finding]
    ) {
        let rule = rules.rules[step.rule]
        let feeds = tellsCampaigns && rule.campaign != nil
        if feeds {
            leads.take(
                step, rule: rule.info.id, subject, evidence: evidence, view,
                accounts: accountDimension, paneWidth)
        }
        guard rule.alerts, !(feeds && isGrouped) else { return }
        findings.append(Finding(step, rule: rule.info, subject: subject, evidence: evidence))
    }

    // MARK: Snapshots

    /// The entities with an open finding.
    var openEntities: [UInt64] { episodes.openEntities }

    /// The ids of the rules, by index.
    private var ruleIDs: [String] { rules.rules.map(\.info.id) }

    /// Writes the episodes in pieces of about `size` bytes.
    func encodeEpisodes(size: Int, _ piece: (ByteSlice) -> Void) {
        episodes.encode(rules: ruleIDs, size: size, piece)
    }

    /// Reads the first piece of the episodes; the reader takes the others through `restoreEpisodes`.
    mutating func beginEpisodes(_ piece: ByteSlice) throws(EpisodeTableError) -> EpisodeTableReader
    {
        try EpisodeTableReader(piece, rules: ruleIDs, into: &episodes)
    }

    /// Reads a further piece of the episodes.
    mutating func restoreEpisodes(
        _ piece: ByteSlice, _ reader: inout EpisodeTableReader
    ) throws(EpisodeTableError) {
        try reader.read(piece, into: &episodes)
    }

    /// A digest of the episodes.
    func episodesDigest() -> UInt64 {
        var buffer = ByteBuffer(capacity: 4096)
        encodeEpisodes(size: 4096) { buffer.append($0) }
        return xxh3(buffer.bytes)
    }

    /// Evaluates all rules but those `isMuted`, by index, until told otherwise; all where it is nil.
    mutating func mute(_ isMuted: [Bool]?) {
        self.isMuted = isMuted ?? rules.rules.map { _ in false }
    }
}
