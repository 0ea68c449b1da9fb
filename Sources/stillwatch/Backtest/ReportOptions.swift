import Assessment
import Configuration
import Detection
import Glibc
import Primitives
import Replay
import Topology
import YAML

/// What `backtest` judges findings by, and where its report goes; see ``Assessment``.
struct ReportOptions {
    /// The options, for the help and the parser.
    static let options = [
        Option(
            "labels", .text("file"),
            help:
                "What is known of accounts, fingerprints and campaigns, as CSV or NDJSON, or as 'simulate --labels' "
                + "writes it: precision, recall, time to detect, what leaked before."),
        Option(
            "budget", .text("n/day"),
            help: "Findings a team can look at, as 20/day: precision among the first of each day."),
        Option(
            "compare", .text("path"),
            help:
                "The rules to compare with, a file, a directory or a revision in git, as main:rules: what changes "
                + "from them to --rules."
        ),
        Option(
            "expect", .text("file"),
            help:
                "A YAML list of expected findings by rule and label. Ends with 1 where one is not met."
        ),
        Option(
            "sweep", .text("rule:feature>=a..b:step"), isRepeatable: true,
            help:
                "Try many thresholds in the same pass, as 'farm.shared_payment:accounts(24h)>=5..50:5'."
        ),
        Option(
            "timelines", .flag,
            help:
                "Read the input a second time and show the evidence of the most severe findings over time, not "
                + "at the moments of findings alone. Goes with a report's directory."),
        Option(
            "choose-on", .text("time..time"),
            help:
                "Choose each sweep's best threshold in this stretch; goes with --report-on and --labels."
        ),
        Option(
            "report-on", .text("time..time"),
            help:
                "Score the chosen threshold in this later stretch, the longest window after the other one."
        ),
    ]

    /// The files of a report; the first says that the others are whole.
    private static let fileNames = [
        "report.json", "report.html", "summary.md", "findings.ndjson", "diff.ndjson", "junit.xml",
    ]

    /// The directory of the report; nil where findings alone are written.
    let directory: String?
    /// Whether findings are judged at all.
    let isJudging: Bool
    /// The rules that run, each once, whichever set it is of.
    let compared: ComparedRules
    private let rules: RuleFiles
    private let old: RuleFiles?
    private let labels: LabelSet?
    private let labelFile: String?
    private let budget: Budget?
    private let expectations: [Expectation]
    private let sweeps: SweepRunner
    private let split: SweepRunner.Split?

    /// Reads what the options name.
    ///
    /// - Throws: `Failure` where a file cannot be read or used, or options do not go together.
    init(_ invocation: Invocation, _ settings: Settings) throws(Failure) {
        rules = try RuleFiles(settings)
        if rules.diagnostics.hasErrors { throw Failure(.ruleError, text: rules.diagnostics.text) }
        old = try invocation.value("compare").map { path throws(Failure) in
            try Self.comparedRules(path, settings)
        }
        labelFile = invocation.value("labels")
        labels = try labelFile.map { path throws(Failure) in try Self.labels(path) }
        budget = try invocation.value("budget").map { text throws(Failure) in
            guard let budget = Budget(text) else {
                throw Failure(
                    .usage, "--budget '\(text)' is no number of findings by time, as 20/day")
            }
            return budget
        }
        expectations =
            try invocation.value("expect").map { path throws(Failure) in
                try Self.expectations(path)
            } ?? []
        sweeps = try Self.sweeps(invocation.values("sweep"), of: rules)
        split = try Self.split(invocation)
        let asks = ["labels", "compare", "expect", "sweep"].contains { invocation.has($0) }
        directory = Self.directory(invocation.value("out"), isJudging: asks)
        isJudging = asks || directory != nil || invocation.has("from") || invocation.has("to")
        compared = ComparedRules([rules.rules] + (old.map { [$0.rules] } ?? []) + sweeps.variants)
        if invocation.has("timelines"),
            directory == nil || invocation.arguments.contains("-")
        {
            throw Failure(
                .usage, "--timelines goes with --out DIR, and with what can be read twice")
        }
        if budget != nil, labels == nil { throw Failure(.usage, "--budget goes with --labels") }
        if split != nil, labels == nil || sweeps.sweeps.isEmpty {
            throw Failure(.usage, "--choose-on and --report-on go with --sweep and --labels")
        }
    }

    // MARK: Running

    /// The rules that run, compiled, the digest of the rules as they are, and where campaigns are found.
    func compile(
        _ settings: Settings
    ) throws(Failure) -> (rules: RuleSet, digest: UInt64, campaigns: CampaignReadings) {
        let paneWidth = Setup.paneWidth(settings.window)
        let set = try rules.compile(paneWidth: paneWidth)
        guard isJudging else {
            return (set, set.digest, CampaignReadings(settings, own: set, old: nil, shared: set))
        }
        if let split {
            let longest = set.rules.map { Int64($0.subjectPanes) * paneWidth.ms }.max() ?? 0
            guard split.embargoMs >= longest else {
                throw Failure(
                    .usage,
                    "--report-on has to begin \(longest / 60_000) minutes after --choose-on ends, the longest "
                        + "window of the rules: else both look at the same events")
            }
        }
        do throws(RuleSetError) {
            let before = try old.map { (old) throws(RuleSetError) in
                try RuleSet(old.rules, campaigns: old.campaignRules, paneWidth: paneWidth)
            }
            var shared = try RuleSet(
                compared.rules, campaigns: rules.campaignRules, paneWidth: paneWidth)
            let readings = CampaignReadings(settings, own: set, old: before, shared: shared)
            if !readings.isShared {
                shared = try RuleSet(compared.rules, paneWidth: paneWidth)
            }
            return (shared, set.digest, readings)
        } catch {
            throw Failure(
                .ruleError,
                "the rules, those compared with and the sweeps together: \(RuleFiles.text(error))")
        }
    }

    /// Counts what labels are judged by while the events are read; nil where nothing is judged.
    func ledger(_ plan: TopologyPlan, threads: Int) -> ActivityLedger? {
        isJudging ? ActivityLedger(labels ?? LabelSet(), plan, threads: threads) : nil
    }

    // MARK: Judging

    /// What ran, for a report.
    struct Pass {
        /// The files of events.
        var inputs: [String]
        var threads: Int
        var seconds: Double
        /// The digest of the rules as they are.
        var digest: UInt64
        /// The rules that ran.
        var rules: RuleSet
        var range: JudgedRange
        /// Other warm-ups, with all they found.
        var others: [(range: JudgedRange, report: ReplayDriver.Report)] = []
        /// Where campaigns were found.
        var campaigns: CampaignReadings
        /// Those of the rules compared with.
        var campaignsBefore: CampaignReadings.Found?
    }

    /// The report; `replay` is left with the findings of the rules as they are, without those of the warm-up.
    func report(
        _ replay: inout ReplayDriver.Report, _ ledger: ActivityLedger, _ pass: Pass
    ) -> BacktestReport {
        var parts = compared.split(replay.findings)
        let findings = parts.removeFirst()
        var before = old == nil ? nil : parts.removeFirst()
        if let campaigns = pass.campaignsBefore {
            before = ((before ?? []) + campaigns.findings).sorted(by: ReplayDriver.precedes)
        }
        let own = Set(rules.rules.map(\.info.id))
        var warmup = warmup(pass, findings, replay.memberships)
        replay.findings = findings
        warmup.dropped = pass.range.dropWarmup(&replay.findings)
        if compared.rules.count > rules.rules.count(where: { $0.status != .paused }) {
            // The engine counts for all rules that ran; what is told is of the rules as they are.
            replay.entities.openFindings = Episode.all(findings.filter { $0.campaign == nil })
                .count { $0.closed == nil }
            replay.entities.suppressed = 0
        }
        replay.silentRules = replay.silentRules.filter { own.contains($0.rule) }
        let replayed = replay
        let activity = ledger.activity()
        let running = rules.rules.filter { $0.status != .paused }
        let end = replay.span?.upperBound ?? EventTime(ms: 0)
        let judged = Set(running.flatMap { $0.entity == .account ? ["account"] : $0.kinds })
        let scorer = labels.map {
            Scorer($0, activity, judged: judged, start: pass.range.from, end: end)
        }
        let run = BacktestReport.Run(
            version: Release.version, rules: rules.origin, rulesDigest: pass.digest,
            comparedRules: old?.origin, inputs: pass.inputs, labels: labelFile,
            shards: pass.threads, seconds: pass.seconds)
        let reported = { (set: [Rule]) in
            ReportedRule.all(of: set, compared, pass.rules, replayed)
        }
        // Where there is no such stage, campaign rules have not run.
        let reportedCampaigns = { (set: [CampaignRule]) in
            pass.campaigns.notes == nil ? [] : ReportedRule.all(of: set)
        }
        var report = BacktestReport(
            run, replay, warmup, findings: findings, old: before,
            oldMemberships: pass.campaignsBefore?.memberships ?? Memberships(),
            compiled: reported(rules.rules) + reportedCampaigns(rules.campaignRules),
            oldCompiled: old.map { reported($0.rules) + reportedCampaigns($0.campaignRules) } ?? [],
            judge: labels.flatMap { labels in scorer.map { Judge(labels, $0, budget: budget) } },
            expectations: expectations, activity: activity)
        report.ruleDiff = old.map {
            RuleDiff(
                old: $0.rules, new: rules.rules, oldCampaigns: $0.campaignRules,
                newCampaigns: rules.campaignRules)
        }
        report.campaigns = pass.campaigns.notes
        report.sweeps = sweeps.results(
            parts, in: pass.range, days: report.length, scorer: scorer, split: split)
        return report
    }

    /// The range, with what other warm-ups change.
    private func warmup(
        _ pass: Pass, _ findings: [Finding], _ memberships: Memberships
    ) -> WarmupReport {
        var warmup = WarmupReport(pass.range)
        // Campaigns that were found in a reading of their own are not among the others.
        let own =
            pass.campaigns.isShared ? findings : findings.filter { $0.campaign == nil }
        warmup.checks = pass.others.map { other in
            WarmupCheck(
                own, other: compared.split(other.report.findings)[0],
                warmupMs: other.range.warmupMs, pass.range,
                memberships: (memberships, other.report.memberships))
        }
        return warmup
    }

    /// Removes what an earlier run has left, which must not stand beside what this one writes.
    func removeOldReport() {
        guard let directory else { return }
        for name in Self.fileNames { unlink("\(directory)/\(name)") }
    }

    /// Writes all files of the report but the findings; each appears whole or not at all.
    func write(_ report: BacktestReport, into directory: String) throws {
        var files = [
            ("summary.md", SummaryText.text(report)), ("report.html", ReportPage.text(report)),
        ]
        if let diff = report.diff { files.append(("diff.ndjson", ReportJSON.diffLines(diff))) }
        if !report.expectations.isEmpty {
            files.append(("junit.xml", JUnit.text(report.expectations)))
        }
        // Last, for it says that the report is whole.
        files.append(("report.json", ReportJSON.text(report)))
        for (name, text) in files {
            try writing { () throws(OutputError) in
                var output = try Output(path: "\(directory)/\(name)")
                try output.write(text: text)
                try output.finish()
            }
        }
    }

    // MARK: Reading options

    /// Where a report goes: `--out` where that is a directory, or is to be one.
    private static func directory(_ out: String?, isJudging: Bool) -> String? {
        guard let out, out != "-" else { return nil }
        if let isDirectory = Files.isDirectory(out) { return isDirectory ? out : nil }
        if out.hasSuffix("/") { return out }
        let isFile = [".json", ".jsonl", ".ndjson"].contains { out.hasSuffix($0) }
        return isJudging && !isFile ? out : nil
    }

    private static func comparedRules(
        _ path: String, _ settings: Settings
    ) throws(Failure) -> RuleFiles {
        let files = try RuleFiles([path], paneWidth: Setup.paneWidth(settings.window))
        if files.diagnostics.hasErrors {
            throw Failure(.ruleError, text: "--compare:\n" + files.diagnostics.text)
        }
        return files
    }

    private static func labels(_ path: String) throws(Failure) -> LabelSet {
        let bytes = try Files.bytes(of: path)
        do throws(FileError) {
            return try LabelReader.read(bytes, name: path)
        } catch {
            throw Failure(.usage, text: error.description)
        }
    }

    private static func expectations(_ path: String) throws(Failure) -> [Expectation] {
        let diagnostics = Diagnostics()
        let source = SourceText(name: path, bytes: try Files.bytes(of: path))
        let expectations = Expectation.read(source, diagnostics)
        if diagnostics.hasErrors { throw Failure(.usage, text: diagnostics.text) }
        return expectations
    }

    private static func sweeps(
        _ texts: [String], of rules: RuleFiles
    ) throws(Failure) -> SweepRunner {
        do throws(Sweep.Malformed) {
            var sweeps: [Sweep] = []
            for text in texts {
                let sweep = try Sweep(text)
                if rules.campaignRules.contains(where: { $0.info.id == sweep.rule }) {
                    throw Sweep.Malformed(
                        message:
                            "'\(text)': '\(sweep.rule)' is a campaign rule, whose thresholds decide "
                            + "which campaigns there are: try them with --compare")
                }
                sweeps.append(sweep)
            }
            return try SweepRunner(sweeps, of: rules.rules)
        } catch {
            throw Failure(.usage, "--sweep \(error.message)")
        }
    }

    private static func split(_ invocation: Invocation) throws(Failure) -> SweepRunner.Split? {
        switch (invocation.value("choose-on"), invocation.value("report-on")) {
        case (nil, nil): return nil
        case (let choose?, let report?):
            return SweepRunner.Split(
                choose: try range(choose, "choose-on"), report: try range(report, "report-on"))
        default: throw Failure(.usage, "--choose-on and --report-on go together")
        }
    }

    private static func range(_ text: String, _ option: String) throws(Failure) -> Range<EventTime>
    {
        let halves = parts(of: text)
        guard halves.count == 2, let from = TimeText.time(halves[0]),
            let to = TimeText.time(halves[1]), from < to
        else {
            throw Failure(
                .usage,
                "--\(option) '\(text)' is no A..B of two times in order, each \(TimeText.forms)")
        }
        return from..<to
    }

    private static func parts(of text: String) -> [String] {
        guard let dots = text.firstRange(of: "..") else { return [] }
        return [String(text[..<dots.lowerBound]), String(text[dots.upperBound...])]
    }
}
