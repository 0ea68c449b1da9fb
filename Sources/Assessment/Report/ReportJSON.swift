import Detection
import Primitives
import Replay

/// `report.json` and `diff.ndjson`: everything a program may want of a report.
///
/// The shape is published in `report.schema.json`. Times are milliseconds since 1970, shares 0 ... 1, intervals pairs.
public struct ReportJSON: ~Copyable {
    private let report: BacktestReport
    private var writer = JSONWriter(capacity: 1 << 14)

    /// The text of `report.json`, with a newline.
    public static func text(_ report: BacktestReport) -> String {
        let content = object(report, run: false)
        let digest = hexadecimal(xxh3(content))
        // The digest is of all but the run, which differs between equal runs.
        let withRun = object(report, run: true)
        return withRun.dropLast() + ",\"digest\":\"\(digest)\"}\n"
    }

    private static func object(_ report: BacktestReport, run: Bool) -> String {
        var json = ReportJSON(report: report)
        json.write(run: run)
        return json.writer.buffer.string()
    }

    private init(report: BacktestReport) { self.report = report }

    private mutating func write(run: Bool) {
        writer.beginObject()
        writer.member("schema_version", BacktestReport.schemaVersion)
        if run { writeRun() }
        writeInput()
        writeWarmup()
        writeRules()
        writeTotals()
        if let judgement = report.judgement { writeJudgement(judgement) }
        if !report.sweeps.isEmpty { writeSweeps() }
        writer.list("timelines", report.timelines) { $0.timeline($1) }
        writer.objects("expectations", report.expectations) { writer, outcome in
            writer.member("expectation", outcome.expectation.text)
            writer.member("actual", outcome.actual)
            writer.member("met", outcome.isMet)
        }
        writer.endObject()
    }

    private mutating func writeRun() {
        let run = report.run
        writer.key("run")
        writer.beginObject()
        writer.member("version", run.version)
        writer.member("rules", run.rules)
        writer.member("rules_digest", hexadecimal(run.rulesDigest))
        if let compared = run.comparedRules { writer.member("compared_rules", compared) }
        writer.list("inputs", run.inputs) { $0.value($1) }
        if let labels = run.labels { writer.member("labels", labels) }
        writer.member("shards", run.shards)
        writer.member("seconds", run.seconds)
        let rate = Double(report.replay.ingest.consumed) / max(run.seconds, 1e-9)
        writer.member("records_per_second", rate.rounded())
        writer.objects("rule_time", report.rules) { writer, row in
            writer.member("rule", row.id)
            writer.member("share", report.timeShares[row.id])
        }
        writer.endObject()
    }

    private mutating func writeInput() {
        let replay = report.replay
        writer.key("input")
        writer.beginObject()
        writer.member("records", replay.ingest.consumed)
        writer.member("events", replay.ingest.processed)
        writer.member("late", replay.ingest.late)
        writer.member("refused", replay.ingest.rejectedTotal)
        if let span = replay.span {
            writer.member("from", span.lowerBound)
            writer.member("to", span.upperBound)
        }
        writer.list("gaps", report.gaps) { $0.span($1) }
        report.writeMissing(to: &writer)
        writer.objects("coverage", replay.coverage?.items ?? []) { writer, item in
            writer.member("field", item.name)
            writer.member("events", item.events)
        }
        writer.endObject()
    }

    private mutating func writeWarmup() {
        let (warmup, carried) = (report.warmup, report.carried.count)
        writer.objects("short_history", report.shortHistories) { writer, short in
            writer.member("rule", short.rule)
            writer.member("reach_ms", Int(short.reachMs))
            writer.member("history_ms", Int(short.historyMs))
        }
        guard warmup.range.from != nil || warmup.range.to != nil else { return }
        writer.key("range")
        writer.beginObject()
        if let from = warmup.range.from { writer.member("from", from) }
        if let to = warmup.range.to { writer.member("to", to) }
        writer.member("events_outside", report.replay.ingest.outside)
        writer.member("warmup_ms", Int(warmup.range.warmupMs))
        writer.member("warmup_findings", warmup.dropped)
        writer.member("carried", carried)
        writer.objects("warmup_checks", warmup.checks) { writer, check in
            writer.member("warmup_ms", Int(check.warmupMs))
            writer.list("entities", check.entities) { $0.value($1) }
        }
        writer.endObject()
    }

    private mutating func writeRules() {
        writer.objects("rules", report.rules) { writer, row in
            writer.member("id", row.id)
            if let info = row.info {
                writer.member("version", info.version)
                writer.member("severity", info.severity.rawValue)
                writer.member("shadow", info.shadow)
            }
            writer.member("state", row.state)
            writer.list("missing", row.missing) { $0.value($1) }
            writer.member("findings", row.episodes)
            writer.member("on_confirmed", row.confirmed)
            writer.member("on_benign", row.benign)
            writer.member("on_unlabelled", row.unlabelled)
            if let counts = row.counts { writer.comparison(counts) }
            if let cost = row.cost { writer.cost("cost", cost) }
            if let cost = row.costBefore { writer.cost("cost_before", cost) }
        }
    }

    private mutating func writeTotals() {
        writer.key("findings")
        writer.beginObject()
        writer.member("total", report.episodes.count)
        writer.member("open_at_end", report.openAtEnd.count)
        writer.list("open", report.openAtEnd) { $0.episode($1) }
        writer.list("days", report.days) { writer, day in
            writer.beginObject()
            writer.member("day", String(Timestamp.rfc3339(ms: day.start.ms).prefix(10)))
            writer.key("by_rule")
            writer.beginObject()
            for (rule, count) in day.byRule.sorted(by: { $0.key < $1.key }) {
                writer.key(rule)
                writer.value(count)
            }
            writer.endObject()
            writer.endObject()
        }
        if let diff = report.diff { writer.comparison(diff.total) }
        writer.endObject()
    }

    private mutating func writeJudgement(_ judgement: BacktestReport.Judgement) {
        writer.key("labels")
        writer.beginObject()
        writer.member("campaigns", judgement.campaigns)
        writer.member("accounts", judgement.accounts)
        writer.member("fingerprints", judgement.fingerprints)
        writer.key("score")
        writer.score(judgement.score)
        if let before = judgement.before {
            writer.key("score_before")
            writer.score(before)
        }
        if let (budget, confusion) = judgement.atCapacity {
            writer.key("at_capacity")
            writer.beginObject()
            writer.member("budget", budget.text)
            writer.member("findings", confusion.found + confusion.wrong + confusion.unlabelled)
            writer.member("on_confirmed", confusion.found)
            writer.member("on_benign", confusion.wrong)
            writer.member("on_unlabelled", confusion.unlabelled)
            writer.proportion("precision", confusion.precision)
            writer.endObject()
        }
        writer.endObject()
    }

    private mutating func writeSweeps() {
        writer.objects("sweeps", report.sweeps) { writer, sweep in
            writer.member("sweep", sweep.text)
            writer.objects("rows", sweep.rows) { writer, row in
                writer.member("threshold", row.value)
                writer.member("findings", row.findings)
                writer.member("findings_per_day", row.perDay)
                if let score = row.score {
                    writer.key("score")
                    writer.score(score)
                }
            }
            if let choice = sweep.choice {
                writer.key("choice")
                writer.beginObject()
                writer.member("threshold", choice.value)
                writer.confusion("chosen_on", choice.chosenOn)
                writer.confusion("reported_on", choice.reportedOn)
                writer.endObject()
            }
        }
    }
}

extension ReportJSON {
    /// The text of `diff.ndjson`: each pair that differs, by time.
    public static func diffLines(_ diff: EpisodeDiff) -> String {
        var writer = JSONWriter(capacity: 1 << 14)
        for pair in diff.pairs where !pair.changes.isEmpty {
            writer.beginObject()
            writer.list("changes", pair.changes) { $0.value($1.rawValue) }
            writer.member("rule", pair.rule)
            writer.member("entity", pair.entity)
            for (name, episode) in [("before", pair.before), ("after", pair.after)] {
                guard let episode else { continue }
                writer.key(name)
                writer.side(episode)
            }
            writer.endObject()
            writer.newline()
        }
        return writer.buffer.string()
    }
}

extension BacktestReport {
    /// Findings that opened in one day, by rule.
    struct Day {
        var start: EventTime
        var byRule: [String: Int] = [:]
    }

    /// The days from the first event to the last.
    var days: [Day] {
        guard let span = judged else { return [] }
        let first = span.lowerBound.ms / Self.dayMs
        // A finding opens at the end of its pane, which may be the next day.
        let last = max(span.upperBound.ms, episodes.last?.opened.ms ?? 0) / Self.dayMs
        var days = (first...max(first, min(last, first + 4000))).map {
            Day(start: EventTime(ms: $0 * Self.dayMs))
        }
        for episode in episodes {
            let index = Int(episode.opened.ms / Self.dayMs - first)
            if days.indices.contains(index) { days[index].byRule[episode.rule, default: 0] += 1 }
        }
        return days
    }

    /// Days of the history, with a fraction.
    public var length: Double {
        judged.map { Double($0.upperBound.ms - $0.lowerBound.ms) / Double(Self.dayMs) } ?? 0
    }
}

extension BacktestReport.RuleRow {
    /// `no_data` where no event has what the rule asks for, else `removed` or `ran`.
    var state: String { info == nil ? "removed" : missing.isEmpty ? "ran" : "no_data" }
}
