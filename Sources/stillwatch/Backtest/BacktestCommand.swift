import Configuration
import Detection
import Primitives
import Replay
import Telemetry
import Topology

/// `backtest`: files of events in, findings out in canonical order, a summary on standard error.
enum BacktestCommand {
    static func run(_ invocation: Invocation) async throws -> ExitCode {
        let environment = try Environment(invocation)
        let settings = environment.settings
        let rules = try RuleFiles(settings).compile(paneWidth: Wiring.paneWidth(settings.window))
        let replaySettings = try Wiring.replay(settings, rules)
        let sources = try SortOptions(invocation).sources(
            try open(invocation.arguments, replaySettings), replaySettings)
        // Before the work: a place that cannot be written should not cost an hour.
        var output = try writing { () throws(OutputError) in
            try Output(path: invocation.value("out"))
        }
        let startMs = WallClock.steadyMs
        let report = try await replay(
            replaySettings, sources, showsProgress: !invocation.has("no-progress"))
        let seconds = Double(WallClock.steadyMs - startMs) / 1000
        if report.ingest.processed == 0, report.ingest.consumed > 0 {
            throw Failure(.usage, text: nothingUsable(report, settings))
        }
        try write(report.findings, Wiring.format(settings.format), to: &output)
        Console.error(ReplaySummary(report, seconds: seconds).text)
        return .ok
    }

    private static func open(
        _ paths: [String], _ settings: ReplaySettings
    ) throws(Failure) -> [FileSource] {
        var sources: [FileSource] = []
        if paths.count(where: { $0 == "-" }) > 1 {
            throw Failure(.usage, "standard input (-) can be read once")
        }
        for path in paths {
            sources.append(try Files.source(path, maxRecord: settings.limits.maxBytes))
        }
        return sources
    }

    private static func replay(
        _ settings: ReplaySettings, _ sources: [any RecordSource], showsProgress: Bool
    ) async throws -> Replay.Report {
        let totals = sources.map { $0.progress?.total }
        let total = totals.contains(nil) ? 0 : totals.compactMap { $0 }.reduce(0, +)
        let bar = SharedProgressBar(
            label: "backtest", total: total, isShown: showsProgress && StandardError.isTerminal)
        defer { bar.finish() }
        let update = { bar.update(done: sources.reduce(0) { $0 + ($1.progress?.done ?? 0) }) }
        do {
            for source in sources { try (source as? SortedSource)?.sort(onProgress: update) }
            return try await Replay(settings).run(sources) { _ in update() }
        } catch let error as InputError {
            throw Failure(.unreachable, error.description)
        }
    }

    private static func write(
        _ findings: [Finding], _ format: FindingFormat, to output: inout Output
    ) throws {
        let encoder = FindingEncoder(format: format, productVersion: Stillwatch.version)
        var writer = JSONWriter(capacity: 4096)
        try writing { () throws(OutputError) in
            for finding in findings {
                writer.removeAll()
                encoder.encode(finding, into: &writer)
                writer.newline()
                try output.write(writer.buffer.bytes)
            }
            try output.finish()
        }
    }

    /// What to say of input in which no record is an event: most likely the format is another.
    private static func nothingUsable(_ report: Replay.Report, _ settings: Settings) -> String {
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
