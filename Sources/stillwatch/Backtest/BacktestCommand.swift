import Assessment
import Configuration
import Detection
import Events
import Glibc
import Primitives
import Replay
import Telemetry
import Topology

/// `backtest`: files of events in, findings out in canonical order, a summary on standard error.
enum BacktestCommand {
    static let command = Command(
        "backtest", summary: "Run rules over files of request events.",
        discussion: """
            Reads events as JSON: lines, one array, or objects that span lines; plain, or packed with gzip or \
            zstd, which is told by the first bytes whatever the name. Findings are JSON Lines in a canonical \
            order: the same bytes for any number of shards. A summary goes to standard error.
            Each file is a partition of its own, in order of time within window.lateness; what is not is \
            counted late or refused, and the summary says so. --sort reads each file in the order of its \
            times, whatever the order of its records: what does not fit into --sort-memory goes to temporary \
            files, about as large as the events unpacked.
            At the end of the input the panes seen are closed and evaluated; findings that still fire then \
            stay open and are counted.
            With labels, rules to compare with, expectations or sweeps, findings are judged, exactly and in the \
            same pass: what a rule finds does not depend on other rules. --out DIR then gets report.html, \
            report.json, summary.md, findings.ndjson, diff.ndjson and junit.xml; the summary also goes to \
            standard error.
            """,
        arguments: [
            Argument(
                "file", isRepeatable: true,
                help: "Files of events; - is standard input.")
        ],
        options: [
            .rules, .format,
            Option(
                "out", .text("path"), default: "standard output",
                help:
                    "A file for findings, or a directory for a report with its findings: one that exists or ends in "
                    + "/, or any name but .json, .jsonl or .ndjson beside --labels, --compare, --expect or --sweep."
            ),
            Option("sort", .flag, help: "Read each file in the order of its events' times."),
            Option(
                "sort-memory", .integer("MiB", 16...1_048_576), default: "256",
                help: "Memory that --sort may use for all files, in MiB."),
            Option(
                "temp-directory", .text("directory"), default: "TMPDIR, or /var/tmp",
                help:
                    "Where --sort puts temporary files; nothing of them stays, whatever ends the run."
            ),
            .shards,
            Option("no-progress", .flag, help: "Draw no progress bar on a terminal."),
        ] + ReportOptions.options + Option.settings + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) async throws -> ExitCode {
        let environment = try Environment(invocation)
        let settings = environment.settings
        let judging = try ReportOptions(invocation, settings)
        let (rules, digest) = try judging.compile(paneWidth: Wiring.paneWidth(settings.window))
        let pipeline = try Wiring.pipeline(settings, rules)
        let sources = try SortOptions(invocation).sources(
            try open(invocation.arguments, pipeline.limits), pipeline)
        // Before the work: a place that cannot be written should not cost an hour.
        var output = try writing { () throws(OutputError) in
            try Output(path: outputPath(judging, invocation))
        }
        let threads = Wiring.shards(settings)
        let ledger = judging.ledger(pipeline.plan, threads: threads)
        let startMs = WallClock.steadyMs
        var report = try await run(
            Replay(pipeline, threads: threads, observer: ledger), sources,
            showsProgress: !invocation.has("no-progress"))
        let seconds = Double(WallClock.steadyMs - startMs) / 1000
        if report.ingest.processed == 0, report.ingest.consumed > 0 {
            throw Failure(.usage, text: nothingUsable(report, settings))
        }
        let judged = ledger.map {
            judging.report(
                &report, $0, inputs: invocation.arguments, threads: threads, seconds: seconds,
                digest: digest)
        }
        judging.removeOldReport()
        try write(report.findings, settings.format, to: &output)
        Console.error(ReplaySummary(report, seconds: seconds).text)
        guard let judged else { return .ok }
        Console.error("\n" + SummaryText.text(judged))
        if let directory = judging.directory { try judging.write(judged, into: directory) }
        return judged.isAsExpected ? .ok : .checkFailed
    }

    /// The file of findings; in a report's directory, which is made, it has a name of its own.
    private static func outputPath(
        _ judging: ReportOptions, _ invocation: Invocation
    ) throws(OutputError) -> String? {
        guard let directory = judging.directory else { return invocation.value("out") }
        if Files.isDirectory(directory) == nil, mkdir(directory, 0o755) != 0 {
            throw .failed("\(directory): cannot be made: \(String(cString: strerror(errno)))")
        }
        return "\(directory)/findings.ndjson"
    }

    private static func open(
        _ paths: [String], _ limits: DecoderLimits
    ) throws(Failure) -> [FileSource] {
        var sources: [FileSource] = []
        if paths.count(where: { $0 == "-" }) > 1 {
            throw Failure(.usage, "standard input (-) can be read once")
        }
        for path in paths {
            sources.append(try Files.source(path, maxRecord: limits.maxBytes))
        }
        return sources
    }

    private static func run(
        _ replay: Replay, _ sources: [any RecordSource], showsProgress: Bool
    ) async throws -> Replay.Report {
        let totals = sources.map { $0.progress?.total }
        let total = totals.contains(nil) ? 0 : totals.compactMap { $0 }.reduce(0, +)
        let bar = SharedProgressBar(
            label: "backtest", total: total, isShown: showsProgress && StandardError.isTerminal)
        defer { bar.finish() }
        let update = { bar.update(done: sources.reduce(0) { $0 + ($1.progress?.done ?? 0) }) }
        do {
            for source in sources { try (source as? SortedSource)?.sort(onProgress: update) }
            return try await replay.run(sources) { _ in update() }
        } catch let error as InputError {
            throw Failure(.unreachable, error.description)
        }
    }

    private static func write(
        _ findings: [Finding], _ format: FindingFormat, to output: inout Output
    ) throws {
        let encoder = FindingEncoder(format: format, productVersion: Release.version)
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
