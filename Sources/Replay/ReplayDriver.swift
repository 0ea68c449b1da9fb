import Aggregation
import Campaigns
import Detection
import Events
import Primitives
import Topology

/// Runs the topology over sources with an in-memory shuffle: what `backtest`, `demo` and tests use.
///
/// The same records give the same findings, whatever the shards, partitions and batch size: every source is
/// one source partition, panes close when all sources have passed them, and `findings` of the report are in
/// canonical order. The source whose watermark is lowest is read next, so buffered panes stay few even where
/// files follow each other in time.
public struct ReplayDriver {
    /// A refused record with where it came from.
    public struct Refusal: Sendable {
        /// The source's name and where in it: `file:line`.
        public var place: String
        /// The record, why, and its offset: the number of records before it in the source.
        public var letter: DeadLetter

        /// Where, which element and field, why, and what would help: one line.
        public var text: String {
            let element = letter.element.map { ", element \($0)" } ?? ""
            let field = letter.field.map { " (\($0.name))" } ?? ""
            let hint = letter.hint.map { ": \($0.rawValue)" } ?? ""
            return "\(place)\(element): \(letter.reason.rawValue)\(field)\(hint)"
        }
    }

    /// A source that is not in order of time.
    public struct Disorder: Sendable {
        /// The source's name.
        public var source: String
        /// Records read of it.
        public var records: Int
        /// Events that came after their own pane was closed and count in a later one.
        public var late: Int
        /// Events refused because they came later than the largest lateness allowed.
        public var tooLate: Int
    }

    /// A field whose values had a flaw, with where the first came from.
    public struct Flaw: Sendable {
        /// The source's name and where in it: `file:line`.
        public var place: String
        /// The field, the flaw and how many events.
        public var flawed: FieldCoverage.Flawed
    }

    /// How far a replay has come.
    public struct Progress: Sendable {
        /// Records read.
        public var records: Int
        /// The event time that all sources have reached; nil before their first events.
        public var time: EventTime?
    }

    /// What came of a replay.
    public struct Report: Sendable {
        /// Records read, folded, refused.
        public var ingest = Counters()
        /// Event time: the start of the first pane with an event, and the newest event; nil without events.
        public var span: ClosedRange<EventTime>?
        /// Work, state and evaluations of the ENTITY tasks.
        public var entities = Counters()
        /// What each rule's evaluations have cost, by its index among the compiled ones.
        public var ruleCosts: [RuleCost] = []
        /// Entities kept and their bytes, by kind.
        public var census: [String: EntityStore.Census] = [:]
        /// The evidence of probes, by time for each.
        public var samples: [ProbeSample] = []
        /// The event time up to which panes are closed.
        public var closedThrough = EventTime.distantPast
        /// What the events carry; nil before the end.
        public var coverage: InputCoverage?
        /// The rules that could not fire, since no event had what they ask for.
        public var silentRules: [InputCoverage.SilentRule] = []
        /// What was left out or changed of events that count, with the place of the first.
        public var flaws: [Flaw] = []
        /// The findings by time, uid and sequence; empty where `keepsFindings` was off.
        public var findings: [Finding] = []
        /// The members of campaigns at the end, by account: of those that are open, and of closed ones for as long as
        /// they stay together.
        public var members: [(account: [UInt8], row: MemberRow)] = []
        /// Who was told of as a member of a campaign, those of closed ones among them.
        public var memberships = Memberships()
        /// What the CAMPAIGN task has counted; nil without that stage.
        public var campaigns: Counters?
        /// Campaigns that are open at the end.
        public var openCampaigns = 0
        /// The first refused records, at most `ReplayDriver.keptRefusals`.
        public var refusals: [Refusal] = []
        /// Sources of which an event was refused as too late, or more than one in a hundred came late.
        public var disorders: [Disorder] = []

        /// What is missing in what was read.
        public var gaps: [Gap] = []
        /// The episodes of findings whose windows reach into a gap.
        public var gapEpisodes: Set<FindingID> = []

        /// Nothing yet.
        public init() {}
    }

    /// Refused records a report keeps.
    public static let keptRefusals = 20

    private var settings: PipelineSettings
    private let campaigns: CampaignPipeline?
    private let verdicts: [VerdictRecord]
    private let threads: Int
    private let chunkRecords: Int
    private let observer: (any EventObserver)?

    /// A replay through the pipeline of `settings`.
    ///
    /// - Parameters:
    ///   - campaigns: the CAMPAIGN stage; nil runs without it, and rules that feed campaigns give their findings.
    ///   - verdicts: what people decided: each has its effect from its time on, of equal times the later one holds.
    ///   - threads: each does whatever is to be done: reading, decoding and folding, evaluating.
    ///   - chunkRecords: records that a thread takes at a time, at most.
    ///   - observer: sees each event.
    public init(
        _ settings: PipelineSettings, campaigns: CampaignPipeline? = nil,
        verdicts: [VerdictRecord] = [], threads: Int = 1, chunkRecords: Int = 4_096,
        observer: (any EventObserver)? = nil
    ) {
        self.observer = observer
        self.campaigns = campaigns
        self.verdicts = verdicts
        self.settings = settings
        self.settings.evidence = campaigns?.evidence
        self.threads = max(1, threads)
        self.chunkRecords = max(1, chunkRecords)
    }

    /// Reads the sources to their ends.
    ///
    /// - Parameters:
    ///   - checkpoints: what it goes on from, and where it writes how far it has come; goes with `keepsFindings`.
    ///   - keepsFindings: whether the report holds the findings.
    ///   - onFinding: called with each finding as it comes, from one thread at a time.
    ///   - onProgress: called now and then.
    /// - Throws: `InputError`, `DecoderConfigurationError`, `CheckpointError`.
    public func run(
        _ sources: [any RecordSource], checkpoints: Checkpoints? = nil,
        keepsFindings: Bool = true,
        onFinding: ((Finding) -> Void)? = nil, onProgress: ((Progress) -> Void)? = nil
    ) async throws -> Report {
        let plan = settings.plan
        var report = Report()
        let rounds = try Rounds(
            settings, plan, sources, campaigns, threads: threads, chunkRecords: chunkRecords,
            observer)
        if let checkpoints, checkpoints.saved != nil {
            report.findings = try rounds.restore(from: checkpoints.path)
        } else {
            rounds.decide(verdicts)
        }
        while let found = try await rounds.next() {
            if let onFinding {
                // Each task hands out its own in order; a reader expects all of them to be.
                for finding in found.sorted(by: ReplayDriver.precedes) { onFinding(finding) }
            }
            if keepsFindings { report.findings += found }
            onProgress?(rounds.progress)
            if let checkpoints, checkpoints.isDue {
                report.findings += await rounds.drain()
                rounds.save(to: checkpoints, report.findings)
            }
        }
        rounds.describe(in: &report)
        let coverage = InputCoverage(report.ingest, plan: plan)
        report.coverage = coverage
        report.silentRules = coverage.silentRules(of: settings.rules)
        report.findings.sort(by: ReplayDriver.precedes)
        let windows = settings.rules.rules.map { rule in
            (rule.info.id, Int64(rule.subjectPanes) * plan.timing.paneWidth.ms)
        }
        let ofCampaigns = settings.rules.campaigns.rules.map { rule in
            (rule.info.id, campaigns?.settings.windowMs ?? 0)
        }
        report.gapEpisodes = GapTouch(report.gaps).episodes(
            of: report.findings,
            windowMs: Dictionary(windows + ofCampaigns, uniquingKeysWith: max))
        return report
    }

    /// The canonical order of findings: time, uid, sequence.
    public static func precedes(_ a: Finding, _ b: Finding) -> Bool {
        (a.time, a.uid, a.sequence) < (b.time, b.uid, b.sequence)
    }
}
