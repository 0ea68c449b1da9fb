import Assessment
import Configuration
import Detection
import Primitives
import Replay
import Topology
import YAML

/// Which part of the history `backtest` judges, and what it reads in front of it.
struct WarmupOptions {
    /// The options, for the help and the parser.
    static let options = [
        Option(
            "warmup", .text("duration"), default: "the longest window of the rules",
            help:
                "How much in front of --from is read, as 24h. Findings in it are dropped and counted."
        ),
        Option(
            "check-warmup", .flag,
            help:
                "Run again with half and double the warm-up; tell the entities whose findings change."
        ),
    ]

    /// From where findings are wanted; nil for the first event.
    let from: EventTime?
    /// Up to where they are; nil for the last event.
    let to: EventTime?
    /// Whether other warm-ups are to be tried.
    let isChecking: Bool
    private let warmupMs: Int64?

    /// - Throws: `Failure` where a time cannot be read, or options do not go together.
    init(_ invocation: Invocation, _ topic: TopicOptions) throws(Failure) {
        (from, to) = (topic.from?.time, topic.to?.time)
        isChecking = invocation.has("check-warmup")
        warmupMs = try invocation.value("warmup").map { text throws(Failure) in
            guard let ms = durationMs(text) else {
                throw Failure(.usage, "--warmup '\(text)' is no duration: write 90m, 24h or 35d")
            }
            return ms
        }
        for option in ["warmup", "check-warmup"] where invocation.has(option) && from == nil {
            throw Failure(.usage, "--\(option) goes with --from and a time")
        }
        if isChecking, topic.topic != nil {
            throw Failure(.usage, "--check-warmup goes with files: it reads three times")
        }
        if isChecking, invocation.arguments.contains("-") {
            throw Failure(
                .usage, "--check-warmup reads three times, which standard input (-) cannot")
        }
    }

    /// The range, warmed up as long as the longest window of `rules` where nothing else is said.
    func range(_ rules: RuleSet) -> JudgedRange {
        let longest = rules.rules.map { ShortHistory.reachMs(of: $0, rules.paneWidth) }.max() ?? 0
        return JudgedRange(
            from: from, to: to, warmupMs: warmupMs ?? longest, paneWidth: rules.paneWidth)
    }

    /// The warm-ups to try beside that of `range`.
    func others(than range: JudgedRange) -> [JudgedRange] {
        guard isChecking else { return [] }
        return [range.warmupMs / 2, range.warmupMs * 2].map { range.warmed(upMs: $0) }
    }

    /// What to say where no event lies in the range.
    func nothingInRange(_ range: JudgedRange, _ report: ReplayDriver.Report) -> String {
        let start = range.start.map { " from \(Timestamp.rfc3339(ms: $0.ms))" } ?? ""
        let end = range.to.map { " to \(Timestamp.rfc3339(ms: $0.ms))" } ?? ""
        return
            "none of the \(grouped(report.ingest.outside)) events read lies in the range\(start)\(end), "
            + "the warm-up included: see --from, --to and --warmup"
    }
}
