import Assessment
import Configuration
import Detection
import Execution
import Primitives
import Replay
import Telemetry
import Topology

/// Reads what `backtest` reads, once or again.
struct BacktestPass {
    let invocation: Invocation
    let settings: Settings
    let topic: TopicOptions
    let warmup: WarmupOptions
    /// The rules that run.
    let rules: RuleSet
    let range: JudgedRange
    /// What people decided.
    let verdicts: VerdictFiles
    /// Whether rules are judged: then each gives all of its findings, whatever campaigns are found beside.
    var isJudging = false

    /// Threads that read.
    var threads: Int { Setup.shards(settings) }

    /// Opens what the command line names; `saved` is the run that goes on.
    func input(
        _ pipeline: PipelineSettings, saved: Checkpoints.Saved? = nil
    ) throws(Failure) -> BacktestInput {
        let longest = BacktestInput.longestWindowMs(pipeline)
        return try BacktestInput(
            invocation, settings, pipeline, topic,
            warmUpMs: range.from == nil ? longest : range.warmupMs, saved: saved)
    }

    /// Reads all of it again, the same offsets where it is a topic's.
    func again(
        _ pipeline: PipelineSettings, _ input: BacktestInput
    ) async throws -> ReplayDriver.Report {
        let same = try BacktestInput(again: input, invocation, settings, pipeline, topic)
        return try await run(pipeline, same).report
    }

    /// Reads all of it again under one set of rules.
    func alone(_ rules: RuleSet, _ input: BacktestInput) async throws -> ReplayDriver.Report {
        var pipeline = try Setup.pipeline(settings, rules)
        pipeline.panes = range.panes
        return try await again(pipeline, input)
    }

    /// What is found after the other warm-ups to try.
    func others(
        _ pipeline: PipelineSettings, _ input: BacktestInput
    ) async throws -> [(range: JudgedRange, report: ReplayDriver.Report)] {
        var others: [(range: JudgedRange, report: ReplayDriver.Report)] = []
        var pipeline = pipeline
        for other in warmup.others(than: range) {
            pipeline.panes = other.panes
            others.append((other, try await again(pipeline, input)))
        }
        return others
    }

    /// Reads the sources once; what comes of it, and the seconds it took.
    ///
    /// - Throws: `Failure` where it cannot be read, or no event was used.
    func run(
        _ pipeline: PipelineSettings, _ input: BacktestInput, _ checkpoints: Checkpoints? = nil,
        _ ledger: ActivityLedger? = nil
    ) async throws -> (report: ReplayDriver.Report, seconds: Double) {
        let sources = input.sources
        var campaigns = Setup.campaigns(settings, pipeline.rules)
        if isJudging { campaigns?.evidence.isGrouped = false }
        let replay = ReplayDriver(
            pipeline, campaigns: campaigns, verdicts: verdicts.verdicts, threads: threads,
            observer: ledger)
        let totals = sources.map { $0.progress?.total }
        let total = totals.contains(nil) ? 0 : totals.compactMap { $0 }.reduce(0, +)
        let bar = SharedProgressBar(
            label: "backtest", total: total,
            isShown: !invocation.has("no-progress") && StandardError.isTerminal)
        defer { bar.finish() }
        let startMs = MachineClock.monotonicMs()
        let done = { sources.reduce(0) { $0 + ($1.progress?.done ?? 0) } }
        do {
            for source in sources {
                try (source as? SortedSource)?.sort(onProgress: { bar.update(done: done()) })
            }
            let report = try await replay.run(
                sources, checkpoints: checkpoints,
                onProgress: { bar.update(done: done(), $0) })
            try checkUsable(report, input)
            return (report, Double(MachineClock.monotonicMs() - startMs) / 1000)
        } catch let error as InputError {
            throw Failure(.unreachable, error.description)
        } catch let error as CheckpointError {
            throw Failure(.usage, error.description)
        }
    }

    private func checkUsable(
        _ report: ReplayDriver.Report, _ input: BacktestInput
    ) throws(Failure) {
        if report.ingest.consumed == 0, let text = input.emptiness { throw Failure(.usage, text) }
        guard report.ingest.processed == 0, report.ingest.consumed > 0 else { return }
        if report.ingest.outside > 0 {
            throw Failure(.usage, warmup.nothingInRange(range, report))
        }
        throw Failure(.usage, text: nothingUsable(report))
    }

    /// What to say of input in which no record is an event: most likely the format is another.
    private func nothingUsable(_ report: ReplayDriver.Report) -> String {
        var text = "error: none of the \(report.ingest.consumed) records read is an event\n"
        for refusal in report.refusals.prefix(3) {
            text += "  \(refusal.text)\n"
        }
        if report.ingest.skippedRecords > 0 {
            text += "  \(report.ingest.skippedRecords) of them skipped: they hold no requests\n"
        }
        let format = settings.input.format.rawValue
        return text + "events are read as \(format), preset \(settings.input.preset.rawValue); "
            + "see input.format, input.preset and input.fields in 'stillwatch config reference'\n"
    }
}
