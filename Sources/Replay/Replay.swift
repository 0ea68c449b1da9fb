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
public struct Replay {
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

    /// What came of a replay.
    public struct Report: Sendable {
        /// Records read, folded, refused.
        public var ingest = IngestCounters()
        /// Event time: the start of the first pane with an event, and the newest event; nil without events.
        public var span: ClosedRange<EventTime>?
        /// State and evaluations.
        public var entities = EntitySummary()
        /// What the events carry; nil before the end.
        public var coverage: InputCoverage?
        /// The rules that could not fire, since no event had what they ask for.
        public var silentRules: [InputCoverage.SilentRule] = []
        /// What was left out or changed of events that count, with the place of the first.
        public var flaws: [Flaw] = []
        /// The findings by time, uid and sequence; empty where `keepsFindings` was off.
        public var findings: [Finding] = []
        /// The first refused records, at most `Replay.keptRefusals`.
        public var refusals: [Refusal] = []
        /// Sources of which an event was refused as too late, or more than one in a hundred came late.
        public var disorders: [Disorder] = []

        /// Nothing yet.
        public init() {}
    }

    /// Refused records a report keeps.
    public static let keptRefusals = 20

    private let settings: PipelineSettings
    private let threads: Int
    private let chunkRecords: Int
    private let observer: (any RecordObserver)?

    /// A replay through the pipeline of `settings`.
    ///
    /// - Parameters:
    ///   - threads: each does whatever is to be done: reading, decoding and folding, evaluating.
    ///   - chunkRecords: records that a thread takes at a time, at most.
    ///   - observer: sees each record.
    public init(
        _ settings: PipelineSettings, threads: Int = 1, chunkRecords: Int = 4_096,
        observer: (any RecordObserver)? = nil
    ) {
        self.observer = observer
        self.settings = settings
        self.threads = max(1, threads)
        self.chunkRecords = max(1, chunkRecords)
    }

    /// Reads the sources to their ends.
    ///
    /// - Parameters:
    ///   - keepsFindings: whether the report holds the findings.
    ///   - onFinding: called with each finding as it comes, from one thread at a time.
    ///   - onProgress: called now and then with the records read so far.
    /// - Throws: `InputError`, `DecoderConfigurationError`.
    public func run(
        _ sources: [any RecordSource], keepsFindings: Bool = true,
        onFinding: ((Finding) -> Void)? = nil, onProgress: ((Int) -> Void)? = nil
    ) async throws -> Report {
        let plan = settings.plan
        var report = Report()
        let rounds = try Rounds(
            settings, plan, sources, threads: threads, chunkRecords: chunkRecords, observer)
        while let found = try await rounds.next() {
            if let onFinding {
                // Each task hands out its own in order; a reader expects all of them to be.
                for finding in found.sorted(by: Replay.precedes) { onFinding(finding) }
            }
            if keepsFindings { report.findings += found }
            onProgress?(rounds.recordsRead)
        }
        rounds.describe(in: &report)
        let coverage = InputCoverage(report.ingest, plan: plan)
        report.coverage = coverage
        report.silentRules = coverage.silentRules(of: settings.rules)
        report.flaws = report.ingest.coverage.flaws.map { flawed in
            let source = sources[flawed.first.source]
            return Flaw(place: source.place(ofRecord: flawed.first.offset), flawed: flawed)
        }
        report.findings.sort(by: Replay.precedes)
        return report
    }

    /// The canonical order of findings: time, uid, sequence.
    public static func precedes(_ a: Finding, _ b: Finding) -> Bool {
        (a.time, a.uid, a.sequence) < (b.time, b.uid, b.sequence)
    }
}
