import Detection
import Replay

/// `summary.md`: the report in a screenful, for a pull request's comment.
public enum SummaryText {
    /// Rows of a table that are shown.
    private static let shown = 15

    /// The file's text.
    public static func text(_ report: BacktestReport) -> String {
        var text = "## Backtest\n\n\(report.inputSentence) "
        text += "Rules: `\(report.run.rules)`"
        text += report.run.comparedRules.map { ", compared with `\($0)`.\n\n" } ?? ".\n\n"
        let notices = report.warmupSentences + report.notices.map { "**Note:** \($0)" }
        if !notices.isEmpty { text += notices.map { "- \($0)\n" }.joined() + "\n" }
        if !report.expectations.isEmpty { text += expectations(report.expectations) + "\n" }
        text += table(report.ruleTable)
        if report.diff != nil { text += report.costTable.map(table) ?? "" }
        text += report.scoreTable.map(table) ?? ""
        text += report.farmTable.map(table) ?? ""
        text += report.judgementSentences.map { "- \($0)\n" }.joined()
        for sweep in report.sweeps { text += "\n" + table(report.sweepTable(sweep)) }
        if !report.openAtEnd.isEmpty {
            text += "\n\(grouped(report.openAtEnd.count)) findings were open at the end.\n"
        }
        if !report.gaps.isEmpty {
            text += "\n\(grouped(report.gaps.count)) stretches without events, the first "
            text += report.gaps.prefix(1).map {
                "\(Words.time($0.lowerBound)) to \(Words.time($0.upperBound)).\n"
            }.joined()
        }
        text += report.missingTable.map { "\n" + table($0) } ?? ""
        return text
    }

    private static func expectations(_ outcomes: [Expectation.Outcome]) -> String {
        let failed = outcomes.filter { !$0.isMet }
        if failed.isEmpty { return "All \(outcomes.count) expectations hold.\n" }
        let lines = failed.prefix(shown).map {
            "- **failed**: \(escaped($0.expectation.text)), found \($0.actual)\n"
        }
        return "\(failed.count) of \(outcomes.count) expectations failed:\n\n" + lines.joined()
    }

    private static func table(_ table: ReportTable) -> String {
        let rule = table.head.indices.map { table.texts.contains($0) ? "---" : "--:" }
        var text = "### \(escaped(table.title))\n\n"
        for row in [table.head, rule] + table.rows.prefix(shown) {
            text += "| \(row.map(escaped).joined(separator: " | ")) |\n"
        }
        let rest = table.rows.count - shown
        if rest > 0 { text += "\nand \(rest) more rows, in report.html\n" }
        return text + (table.note.isEmpty ? "\n" : "\n\(table.note)\n\n")
    }

    private static func escaped(_ text: String) -> String {
        text.map { "|`<*_\\".contains($0) ? "\\\($0)" : $0 == "\n" ? " " : String($0) }.joined()
    }
}
