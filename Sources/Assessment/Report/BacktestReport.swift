import Detection
import Primitives
import Replay
import Topology

/// All that a backtest says, in one value from which every file of a report is written.
///
/// Equal inputs, rules and labels give an equal report but for `run`, so the digest leaves that out.
public struct BacktestReport: Sendable {
    /// The version of the report's JSON shape; it grows when a field changes its meaning or goes.
    public static let schemaVersion = 1

    /// What ran, on what, how fast.
    public struct Run: Sendable {
        /// The program's version.
        public var version: String
        /// What the rules were read from.
        public var rules: String
        /// The digest of the rules.
        public var rulesDigest: UInt64
        /// What the rules compared with were read from; nil without a comparison.
        public var comparedRules: String?
        /// The files of events.
        public var inputs: [String]
        /// The file of labels; nil without labels.
        public var labels: String?
        /// Threads.
        public var shards: Int
        /// Seconds it took.
        public var seconds: Double

        /// A run with all its parts.
        public init(
            version: String, rules: String, rulesDigest: UInt64, comparedRules: String?,
            inputs: [String], labels: String?, shards: Int, seconds: Double
        ) {
            self.version = version
            self.rules = rules
            self.rulesDigest = rulesDigest
            self.comparedRules = comparedRules
            self.inputs = inputs
            self.labels = labels
            self.shards = shards
            self.seconds = seconds
        }
    }

    /// One rule and its findings.
    public struct RuleRow: Sendable {
        /// The rule's id.
        public var id: String
        /// The version, severity and trial of the rule as it is now; nil where only the old rules have it.
        public var info: RuleInfo?
        /// What no event has had that the rule asks for; not empty means no data rather than no findings.
        public var missing: [String]
        /// Whether it gives no findings of its own and feeds campaigns alone.
        public var isLead = false
        /// Episodes with the rules as they are.
        public var episodes = 0
        /// Of those, on confirmed, benign and unlabelled entities.
        public var confirmed = 0, benign = 0, unlabelled = 0
        /// Compared with the old rules; nil without a comparison.
        public var counts: EpisodeDiff.Counts?
        /// What running it has cost, as it is and as it was; nil where it did not run.
        public var cost: ReportedRule.Cost?, costBefore: ReportedRule.Cost?
    }

    /// What labels say.
    public struct Judgement: Sendable {
        /// With the rules as they are.
        public var score: Score
        /// With the old rules; nil without a comparison.
        public var before: Score?
        /// Of the findings a team can look at: confirmed and benign; nil without a budget.
        public var atCapacity: (budget: Budget, confusion: Confusion)?
        /// Labelled campaigns and accounts in the file.
        public var campaigns: Int, accounts: Int, fingerprints: Int
    }

    /// What ran.
    public var run: Run
    /// What the replay did.
    public var replay: ReplayDriver.Report
    /// The range, and what was read in front of it.
    public let warmup: WarmupReport
    /// Rules that look further back than there is history.
    public let shortHistories: [ShortHistory]
    /// The episodes that opened in the range, by time.
    public let episodes: [Episode]
    /// The episodes that opened in the warm-up and were open in the range.
    public let carried: [Episode]
    /// The comparison with the old rules; nil without one.
    public let diff: EpisodeDiff?
    /// What changed in the rules themselves; nil without a comparison.
    public var ruleDiff: RuleDiff?
    /// Every rule, by id.
    public let rules: [RuleRow]
    /// What labels say; nil without labels.
    public let judgement: Judgement?
    /// Hours without events.
    public var gaps: [ClosedRange<EventTime>]
    /// What was expected.
    public let expectations: [Expectation.Outcome]
    /// Thresholds tried.
    public var sweeps: [Sweep.Result] = []
    /// How campaigns were found; nil where there is no such stage.
    public var campaigns: CampaignNotes?
    /// Evidence over time of the findings that matter most.
    public private(set) var timelines: [Timeline]
    private let reported: [ReportedRule]
    private let shown: [Episode]
    /// The share of the time of all evaluations that each rule took, as it is and as it was.
    let timeShares: [String: Double], timeSharesBefore: [String: Double]
    private let attributions: [Attribution]

    /// What came of a replay.
    ///
    /// - Parameters:
    ///   - warmup: the range, and what was read in front of it.
    ///   - findings: with the rules as they are, in canonical order, those of the warm-up among them.
    ///   - old: the findings of the old rules; nil without a comparison.
    ///   - oldMemberships: the members of the campaigns among them.
    ///   - compiled: the rules as they are.
    ///   - oldCompiled: the old rules.
    ///   - judge: the labels and what was seen of them; nil without labels.
    public init(
        _ run: Run, _ replay: ReplayDriver.Report, _ warmup: WarmupReport, findings: [Finding],
        old: [Finding]?, oldMemberships: Memberships = Memberships(), compiled: [ReportedRule],
        oldCompiled: [ReportedRule] = [],
        judge: Judge?, expectations: [Expectation], activity: Activity
    ) {
        self.run = run
        self.replay = replay
        self.warmup = warmup
        shortHistories = ShortHistory.all(
            compiled.map { ($0.info.id, $0.reachMs) }, warmup.range, span: replay.span)
        let found = warmup.range.episodes(findings, replay.memberships)
        let before = old.map { warmup.range.episodes($0, oldMemberships) }
        let episodes = found.opened
        self.episodes = episodes
        carried = found.carried
        diff = before.map { EpisodeDiff(before: $0.all, after: found.all, in: warmup.range) }
        gaps = activity.gaps
        let attributions = episodes.map { judge?.scorer.attribution(of: $0) ?? .none }
        self.attributions = attributions
        timeShares = Self.timeShares(compiled)
        timeSharesBefore = Self.timeShares(oldCompiled)
        var rows = Self.rows(
            episodes, attributions, compiled.map(\.info), replay.silentRules, diff)
        for index in rows.indices {
            let id = rows[index].id
            let own = compiled.first { $0.info.id == id }
            (rows[index].cost, rows[index].isLead) = (own?.cost, own?.alerts == false)
            rows[index].costBefore = oldCompiled.first { $0.info.id == id }?.cost
        }
        rules = rows
        reported = compiled
        shown = Timeline.chosen(found.all, judge)
        timelines = Timeline.top(findings, found.all, attributions: judge, compiled)
        judgement = judge.map { $0.judgement(of: found, before: before) }
        self.expectations = expectations.map { expectation in
            let count = zip(episodes, attributions).count { episode, attribution in
                (expectation.rule.map { $0 == episode.rule } ?? true)
                    && (expectation.label.map { judge?.carries($0, attribution) ?? false } ?? true)
            }
            return Expectation.Outcome(expectation: expectation, actual: count)
        }
    }

    /// What to sample in a second reading, so that evidence over time is shown from the beginning and not at the
    /// moments of findings alone; nil where nothing was found.
    public func probes(_ width: PaneWidth) -> ProbePlan? {
        guard let span = replay.span, !shown.isEmpty else { return nil }
        let probes = shown.map { episode in
            Probe(
                rule: episode.rule, kind: episode.kind,
                value: Array(episode.entity.utf8.dropFirst(episode.kind.utf8.count + 1)))
        }
        let panes = (span.upperBound.ms - span.lowerBound.ms) / width.ms
        return ProbePlan(probes, everyPanes: UInt32(clamping: panes / Timeline.samples))
    }

    /// Shows evidence over time from what a second reading has sampled.
    public mutating func setTimelines(_ samples: [ProbeSample]) {
        timelines = Timeline.top(samples, shown, reported)
    }

    /// Whether every expectation holds.
    public var isAsExpected: Bool { expectations.allSatisfy(\.isMet) }

    /// From the first event of the range to the last one; nil without one.
    public var judged: ClosedRange<EventTime>? { warmup.range.part(of: replay.span) }

    /// The episodes that were open when the history or the range ended, by time.
    public var openAtEnd: [Episode] { (carried + episodes).filter { $0.closed == nil } }

    /// What the labels say of an episode, by its place in `episodes`.
    func verdict(ofEpisode index: Int) -> Verdict? { attributions[index].verdict }

    private static func rows(
        _ episodes: [Episode], _ attributions: [Attribution], _ compiled: [RuleInfo],
        _ silent: [InputCoverage.SilentRule], _ diff: EpisodeDiff?
    ) -> [RuleRow] {
        var rows: [String: RuleRow] = [:]
        for info in compiled {
            let missing = silent.first { $0.rule == info.id }?.missing ?? []
            rows[info.id] = RuleRow(id: info.id, info: info, missing: missing)
        }
        for id in diff.map({ Array($0.byRule.keys) }) ?? [] where rows[id] == nil {
            rows[id] = RuleRow(id: id, info: nil, missing: [])
        }
        for (episode, attribution) in zip(episodes, attributions) {
            rows[episode.rule]?.episodes += 1
            switch attribution.verdict {
            case .confirmed: rows[episode.rule]?.confirmed += 1
            case .benign: rows[episode.rule]?.benign += 1
            case nil: rows[episode.rule]?.unlabelled += 1
            }
        }
        if let diff {
            for id in rows.keys { rows[id]?.counts = diff.byRule[id] ?? EpisodeDiff.Counts() }
        }
        return rows.values.sorted { $0.id < $1.id }
    }

    /// Milliseconds that episodes are counted in.
    static let dayMs: Int64 = 86_400_000
}
