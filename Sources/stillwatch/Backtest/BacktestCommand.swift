import Assessment
import Configuration
import Detection
import Events
import Execution
import Glibc
import Primitives
import Replay
import Topology

/// `backtest`: files of events in, findings out in canonical order, a summary on standard error.
enum BacktestCommand {
    static let command = Command(
        "backtest", summary: "Run rules over history: files of request events, or a topic.",
        discussion: """
            Reads events as JSON: lines, one array, or objects that span lines; plain, or packed with gzip or \
            zstd, which is told by the first bytes whatever the name. Findings are JSON Lines in a canonical \
            order: the same bytes for any number of shards. A summary goes to standard error.
            --topic reads a topic between two times or offsets as it is now: outside of any group, committing \
            nothing, up to the ends seen at the start. Topics that the application writes are refused.
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
                "file", isRequired: false, isRepeatable: true,
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
            Option(
                "members", .text("file"),
                help: """
                    Where the members of the campaigns go that are open at the end, as JSON Lines: what the members \
                    topic of a live run would hold. - is standard output.
                    """),
            Option("sort", .flag, help: "Read each file in the order of its events' times."),
            Option(
                "sort-memory", .integer("MiB", 16...1_048_576), default: "256",
                help: "Memory that --sort may use for all files, in MiB."),
            Option(
                "temp-directory", .text("directory"), default: "TMPDIR, or /var/tmp",
                help:
                    "Where --sort puts temporary files; nothing of them stays, whatever ends the run."
            ),
            VerdictFiles.option, .shards,
            Option(
                "fail-on-gaps", .flag,
                help: "End with 1 where something is missing in what was read: see the summary."),
            Option("no-progress", .flag, help: "Draw no progress bar on a terminal."),
        ] + TopicOptions.options(forWindows: true) + WarmupOptions.options
            + CheckpointOptions.options
            + ReportOptions.options + ParityOptions.options + Option.settings + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) async throws -> ExitCode {
        let settings = try Environment(invocation).settings
        let topic = try TopicOptions(invocation, settings)
        let warmup = try WarmupOptions(invocation, topic)
        let parity = try ParityOptions(invocation, settings)
        let judging = try ReportOptions(invocation, settings)
        let (rules, digest, campaigns) = try judging.compile(settings)
        try campaigns.check(invocation)
        let range = warmup.range(rules)
        var pipeline = try Setup.pipeline(settings, rules)
        pipeline.panes = range.panes
        if judging.isJudging { pipeline.stopwatch = { MachineClock.monotonicNs() } }
        let pass = BacktestPass(
            invocation: invocation, settings: settings, topic: topic, warmup: warmup,
            rules: rules, range: range, verdicts: try VerdictFiles(invocation),
            isJudging: judging.isJudging && parity == nil)
        let checkpointing = try CheckpointOptions(invocation, out: judging.directory)
        let input = try pass.input(pipeline, saved: checkpointing.checkpoints?.saved)
        if let parity {
            let emitted = try parity.emitted(range)
            var report = try await pass.run(pipeline, input).report
            _ = range.dropWarmup(&report.findings)
            return try parity.compare(report, emitted, in: range)
        }
        try checkpointing.begin(pass, input)
        // Before the work: a place that cannot be written should not cost an hour.
        var output = try writing { () throws(OutputError) in
            try Output(path: outputPath(judging, invocation))
        }
        let ledger = judging.ledger(pipeline.plan, threads: pass.threads)
        var (report, seconds) = try await pass.run(
            pipeline, input, checkpointing.checkpoints, ledger)
        let before = try await campaigns.read(pass, input, into: &report)
        if let path = invocation.value("members") {
            try writing { () throws(OutputError) in try MembersFile.write(report.members, to: path)
            }
        }
        var judged: BacktestReport?
        if let ledger {
            let ran = ReportOptions.Pass(
                inputs: input.names, threads: pass.threads, seconds: seconds, digest: digest,
                rules: rules, range: range, others: try await pass.others(pipeline, input),
                campaigns: campaigns, campaignsBefore: before)
            judged = judging.report(&report, ledger, ran)
        }
        if invocation.has("timelines"), let probes = judged?.probes(rules.paneWidth) {
            pipeline.probes = probes
            judged?.setTimelines(try await pass.again(pipeline, input).samples)
        }
        judging.removeOldReport()
        try write(report.findings, settings, to: &output)
        Console.error(
            ReplaySummary(report, seconds: seconds).text + input.summary + pass.verdicts.summary)
        defer { checkpointing.checkpoints?.remove() }
        let isWhole = report.gaps.isEmpty || !invocation.has("fail-on-gaps")
        guard let judged else { return isWhole ? .ok : .checkFailed }
        Console.error("\n" + SummaryText.text(judged))
        if let directory = judging.directory { try judging.write(judged, into: directory) }
        return judged.isAsExpected && isWhole ? .ok : .checkFailed
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

    private static func write(
        _ findings: [Finding], _ settings: Settings, to output: inout Output
    ) throws {
        let encoder = FindingEncoder(
            format: settings.format, productVersion: Release.version,
            ocsfVersion: settings.findings.ocsfVersion)
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
}
