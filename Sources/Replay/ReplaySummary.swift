import Detection
import Events
import Primitives
import Topology

/// A replay's report as text for people: what was read, what was refused and why, what was found.
public struct ReplaySummary: Sendable {
    private let report: ReplayDriver.Report
    private let seconds: Double

    /// The summary of `report`, which took `seconds`.
    public init(_ report: ReplayDriver.Report, seconds: Double) {
        self.report = report
        self.seconds = seconds
    }

    /// All of it, lines with their newlines.
    public var text: String {
        var rows = ingestRows + [("", "")]
        rows += findingRows + campaignRows + [("", "")] + stateRows
        return Columns.text(rows) + Columns.text(coverageRows) + Columns.text(flawRows) + refusals
            + disorders + gaps + silent
    }

    /// The share of the events that have each field, of those that any has, and what none has.
    private var coverageRows: [(String, String)] {
        guard let coverage = report.coverage, coverage.events > 0 else { return [] }
        let rows = coverage.items.map { item in
            let percent = Double(item.events) * 100 / Double(coverage.events)
            return ("  \(item.name)", item.events == 0 ? "none" : "\(decimal(percent)) %")
        }
        return [("", ""), ("events with", "")] + rows
    }

    /// What was left out or changed of events that count all the same.
    private var flawRows: [(String, String)] {
        guard !report.flaws.isEmpty else { return [] }
        let rows = report.flaws.map { flaw in
            (
                "  \(flaw.flawed.field.name) \(flaw.flawed.flaw.name)",
                "\(grouped(flaw.flawed.events)), first \(flaw.place)"
            )
        }
        return [("", ""), ("values with a flaw", "")] + rows
    }

    private var silent: String {
        guard !report.silentRules.isEmpty else { return "" }
        let lines = report.silentRules.map { silent in
            "warning: rule \(silent.rule) cannot fire: no event has "
                + "\(silent.missing.joined(separator: ", "))\n"
        }
        return "\n" + lines.joined()
    }

    private var ingestRows: [(String, String)] {
        let ingest = report.ingest
        var rows = [("records read", grouped(ingest.consumed))]
        // Said only where records and events are not the same.
        if ingest.processed != ingest.recordsWithEvents || ingest.skippedRecords > 0
            || ingest.rejectedTotal != ingest.recordsRefused
        {
            rows += [
                ("  with events", grouped(ingest.recordsWithEvents)),
                ("  skipped", grouped(ingest.skippedRecords)),
                ("  refused", grouped(ingest.recordsRefused)),
            ]
        }
        rows += [
            ("events processed", grouped(ingest.processed)), ("  late", grouped(ingest.late)),
        ]
        if ingest.outside > 0 { rows.append(("outside of the range", grouped(ingest.outside))) }
        if ingest.skipped > 0 { rows.append(("no requests, skipped", grouped(ingest.skipped))) }
        rows.append(("dead letters", grouped(ingest.rejectedTotal)))
        for reason in RejectReason.allCases where ingest.rejected[reason.index] > 0 {
            rows.append(("  \(reason.rawValue)", grouped(ingest.rejected[reason.index])))
        }
        if let span = report.span {
            let from = Timestamp.rfc3339(ms: span.lowerBound.ms)
            let through = Timestamp.rfc3339(ms: span.upperBound.ms)
            rows.append(("event time", "\(from) to \(through)"))
        }
        return rows
    }

    private var findingRows: [(String, String)] {
        var counts: [String: [Finding.Status: Int]] = [:]
        for finding in report.findings {
            let name = finding.rule.id + (finding.rule.shadow ? " (shadow)" : "")
            counts[name, default: [:]][finding.status, default: 0] += 1
        }
        var rows = [("findings", grouped(report.findings.count))]
        for (rule, byStatus) in counts.sorted(by: { $0.key < $1.key }) {
            let parts = Finding.Status.allCases.compactMap { status in
                byStatus[status].map { "\(grouped($0)) \(status.rawValue)" }
            }
            rows.append(("  \(rule)", parts.joined(separator: ", ")))
        }
        rows.append(("still open", grouped(report.entities.openFindings)))
        if report.entities.suppressed > 0 {
            rows.append(("held back by cooldown", grouped(report.entities.suppressed)))
        }
        return rows
    }

    /// What CAMPAIGN has come to, and what it left out where there was too much.
    private var campaignRows: [(String, String)] {
        guard let counters = report.campaigns else { return [] }
        let closed = report.members.count { $0.row.closed != nil }
        var rows = [
            ("campaigns open", grouped(report.openCampaigns)),
            ("  their members", grouped(report.members.count - closed)),
        ]
        if closed > 0 { rows.append(("  members of closed ones", grouped(closed))) }
        let limits = [
            ("  fingerprints forgotten, too many", counters.evicted),
            ("  accounts left out, too many", counters.edgesOverLimit),
            ("  weak ties left out, too many", counters.thinned),
        ]
        for (name, count) in limits where count > 0 { rows.append((name, grouped(count))) }
        return rows
    }

    private var stateRows: [(String, String)] {
        let entities = report.entities
        let rate = seconds > 0 ? Double(report.ingest.consumed) / seconds : 0
        return [
            ("entities kept", grouped(entities.entities)),
            ("  evicted for memory", grouped(entities.evicted)),
            ("  expired", grouped(entities.expired)),
            ("state", "\(grouped(entities.stateBytes / 1_048_576)) MiB"),
            ("took", "\(decimal(seconds)) s, \(grouped(Int(rate))) records/s"),
        ]
    }

    private var refusals: String {
        guard !report.refusals.isEmpty else { return "" }
        let shown = report.refusals.prefix(10)
        var text = "\nfirst refused records\n"
        for refusal in shown {
            text += "  \(refusal.text)\n"
        }
        let rest = report.ingest.rejectedTotal - shown.count
        return rest > 0 ? text + "  and \(grouped(rest)) more\n" : text
    }
}

extension ReplaySummary {
    /// Files that are not in order of time: how much of them, and what to do.
    private var disorders: String {
        if report.disorders.isEmpty { return "" }
        let lines = report.disorders.prefix(10).map { file in
            let late = file.late + file.tooLate
            let share = decimal(100 * Double(late) / Double(max(1, file.records)))
            return
                "  \(file.source): \(grouped(late)) of \(grouped(file.records)) records (\(share) %) "
                + "are late: \(grouped(file.late)) count in a later pane, "
                + "\(grouped(file.tooLate)) are refused as too_late\n"
        }
        let rest = report.disorders.count - lines.count
        return "\nwarning: not in order of time\n" + lines.joined()
            + (rest > 0 ? "  and \(grouped(rest)) more files\n" : "")
            + "  'backtest --sort' reads each file in the order of its times; or sort them first\n"
    }
}

extension ReplaySummary {
    /// What is missing, the first of each kind.
    private var gaps: String {
        guard !report.gaps.isEmpty else { return "" }
        var text = "\ngaps in what was read\n"
        for kind in Gap.Kind.allCases {
            let all = report.gaps.filter { $0.kind == kind }
            for gap in all.prefix(10) { text += "  \(gap.text)\n" }
            if all.count > 10 { text += "  and \(grouped(all.count - 10)) more of the last kind\n" }
        }
        let episodes = Set(report.findings.map(\.uid)).count
        return text
            + "  \(grouped(report.gapEpisodes.count)) of \(grouped(episodes)) episodes of findings "
            + "have windows that reach into a gap\n"
    }
}

/// Two columns of text.
public enum Columns {
    /// `rows` as lines, the second column aligned; a row of empty texts is an empty line.
    public static func text(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { left, right in
            if left.isEmpty, right.isEmpty { return "\n" }
            return left + String(repeating: " ", count: width - left.count + 2) + right + "\n"
        }.joined()
    }
}

/// A whole number with its thousands apart: `1,234,567`.
public func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var parts: [String] = []
    while digits.count > 3 {
        parts.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    return (number < 0 ? "-" : "") + ([digits] + parts).joined(separator: ",")
}

/// A number with so many decimals: `12.3`.
public func decimal(_ number: Double, places: Int = 1) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (number.magnitude * scale).rounded()
    guard scaled.isFinite, scaled < 9e15 else { return "\(number)" }
    let digits = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let whole = String(padded.dropLast(places))
    let sign = number < 0 && scaled > 0 ? "-" : ""
    return sign + (places > 0 ? "\(whole).\(padded.suffix(places))" : whole)
}
