import Detection
import Primitives
import Replay

/// `report.html`: one page with everything in it, without script and without a network.
public enum ReportPage {
    /// The file's text.
    public static func text(_ report: BacktestReport) -> String {
        let body = [
            head(report), expectations(report), rules(report), labels(report), sweeps(report),
            timelines(report), input(report), run(report),
        ].joined()
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>Stillwatch backtest</title>
            <link rel="icon" href="data:,">
            <style>
            \(style)
            </style></head><body><main>
            \(body)</main></body></html>

            """
    }

    private static func head(_ report: BacktestReport) -> String {
        var text = "<h1>Backtest</h1>\n<p>\(markup(report.inputSentence))</p>\n"
        text += report.warmupSentences.map { "<p>\(markup($0))</p>\n" }.joined()
        var facts = [(grouped(report.episodes.count), "findings")]
        if let diff = report.diff {
            facts.append((grouped(diff.total.before), "findings before"))
        }
        if report.length > 0 {
            facts.append((decimal(Double(report.episodes.count) / report.length), "findings a day"))
        }
        if let score = report.judgement?.score {
            let farms = score.farms
            facts += [
                (Words.part(farms.found, farms.found + farms.missed), "farms found"),
                (Words.share(score.accounts.precision.value, nil), "precision, accounts"),
                (Words.share(score.accounts.recall.value, nil), "recall, accounts"),
                (Words.span(score.farmDetection.time(detecting: 0.5)), "to detect half the farms"),
            ]
        }
        let boxes = facts.map { "<div><b>\(markup($0.0))</b><span>\(markup($0.1))</span></div>" }
        text += "<div class=\"facts\">\(boxes.joined())</div>\n"
        let silent = report.rules.filter { !$0.missing.isEmpty }.map {
            "<li><b>No data</b> for \(markup($0.id)): no event has "
                + "\(markup($0.missing.joined(separator: ", ")))</li>"
        }
        let short = report.notices.map { "<li>\(markup($0))</li>" }
        let notices = (silent + short).joined()
        return text + (notices.isEmpty ? "" : "<ul class=\"warn\">\(notices)</ul>\n")
    }

    private static func expectations(_ report: BacktestReport) -> String {
        guard !report.expectations.isEmpty else { return "" }
        let rows = report.expectations.map { outcome in
            [outcome.isMet ? "met" : "failed", outcome.expectation.text, grouped(outcome.actual)]
        }
        return table(
            ReportTable(
                title: "Expectations", head: ["", "expected", "found"], rows: rows, texts: [0, 1]))
    }

    private static func rules(_ report: BacktestReport) -> String {
        var text = table(report.ruleTable)
        text += section("Findings a day", Charts.days(report))
        text += section("Before and after", Charts.beforeAfter(report))
        if let diff = report.ruleDiff, !diff.entries.isEmpty {
            let items = diff.entries.map { entry in
                let details = entry.details.map {
                    "<li>\(markup($0.replacing(" -> ", with: " → ")))</li>"
                }
                .joined()
                return "<li>\(entry.change) <b>\(markup(entry.rule))</b><ul>\(details)</ul></li>"
            }
            text += section("What changed in the rules", "<ul>\(items.joined())</ul>\n")
        }
        text += report.costTable.map { table($0) } ?? ""
        return text + (report.openTable.map { table($0) } ?? "")
    }

    private static func labels(_ report: BacktestReport) -> String {
        guard let judgement = report.judgement else { return "" }
        var text = report.scoreTable.map { table($0) } ?? ""
        text += report.judgementSentences.map { "<p>\(markup($0))</p>\n" }.joined()
        text += section("Time to detect", Charts.detection(judgement))
        text += report.farmTable.map { table($0) } ?? ""
        return text + section("Farms and their first findings", Charts.farms(report, judgement))
    }

    private static func sweeps(_ report: BacktestReport) -> String {
        report.sweeps.map { sweep in
            let pictures = [Charts.sweep(sweep), Charts.precisionRecall(sweep)].compactMap(\.self)
            return table(report.sweepTable(sweep))
                + pictures.map { "<figure>\($0)</figure>\n" }.joined()
        }.joined()
    }

    private static func timelines(_ report: BacktestReport) -> String {
        let figures = report.timelines.map { timeline in
            "<figure><figcaption><b>\(markup(Words.shortened(timeline.entity)))</b>, "
                + "\(markup(timeline.rule)): \(markup(timeline.threshold.evidence))</figcaption>"
                + "\(Charts.timeline(timeline))</figure>\n"
        }
        guard !figures.isEmpty else { return "" }
        return "<h2>Evidence over time</h2>\n<div class=\"grid2\">\(figures.joined())</div>\n"
            + "<p class=\"note\">What the most severe findings show, from the first on; the dashed line is what the "
            + "rule compares with.</p>\n"
    }

    private static func input(_ report: BacktestReport) -> String {
        var text = section("Fields the events have", Charts.coverage(report))
        if !report.gaps.isEmpty {
            let rows = report.gaps.prefix(100).map { gap in
                [
                    Words.time(gap.lowerBound), Words.time(gap.upperBound),
                    Words.span(gap.upperBound.ms - gap.lowerBound.ms),
                ]
            }
            text += table(
                ReportTable(
                    title: "Hours without events", head: ["from", "to", "length"], rows: rows,
                    texts: [0, 1],
                    note: "Windows that reach into one see less traffic than there may have been."))
        }
        return text + (report.missingTable.map(table) ?? "")
    }

    private static func run(_ report: BacktestReport) -> String {
        let run = report.run
        let rate = Double(report.replay.ingest.consumed) / max(run.seconds, 1e-9)
        var rows = [
            ["stillwatch", run.version],
            ["rules", "\(run.rules), digest \(hexadecimal(run.rulesDigest))"],
        ]
        if let compared = run.comparedRules { rows.append(["compared with", compared]) }
        rows += run.inputs.map { ["input", $0] }
        if let labels = run.labels { rows.append(["labels", labels]) }
        rows += [
            ["threads", "\(run.shards)"],
            ["took", "\(decimal(run.seconds)) s, \(grouped(Int(rate))) records/s"],
            ["state", "\(grouped(report.replay.entities.stateBytes >> 20)) MiB"],
        ]
        return table(ReportTable(title: "Run", head: [], rows: rows, texts: [0, 1]))
    }

    private static func section(_ title: String, _ content: String?) -> String {
        guard let content else { return "" }
        return "<h2>\(markup(title))</h2>\n<figure>\(content)</figure>\n"
    }

    private static func table(_ table: ReportTable) -> String {
        func row(_ cells: [String], _ tag: String) -> String {
            let texts = cells.enumerated().map { index, cell in
                let isTime = cell.wholeMatch(of: /\d{4}-\d\d-\d\d \d\d:\d\d/) != nil
                let isNumber = !table.texts.contains(index)
                let kind = isNumber ? " class=\"n\"" : isTime ? " class=\"t\"" : ""
                return "<\(tag)\(kind)>\(markup(cell))</\(tag)>"
            }
            return "<tr>\(texts.joined())</tr>\n"
        }
        let head = table.head.isEmpty ? "" : "<thead>\(row(table.head, "th"))</thead>"
        return "<h2>\(markup(table.title))</h2>\n<div class=\"scroll\"><table>\(head)<tbody>"
            + table.rows.map { row($0, "td") }.joined() + "</tbody></table></div>\n"
            + (table.note.isEmpty ? "" : "<p class=\"note\">\(markup(table.note))</p>\n")
    }

    /// Colours are those of Okabe and Ito, which people who see colours differently can tell apart.
    private static let style = """
        :root { --ink: #1d2329; --soft: #5c6670; --paper: #fff; --line: #dde2e7; --fill: #f3f5f7;
          --0: #0072b2; --1: #d55e00; --2: #009e73; --3: #cc79a7; --4: #e69f00; --5: #56b4e9;
          --6: #8a6d00; --7: #7a7f85; --old: #9aa4ae; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e4e8ec; --soft: #9ba6b0; --paper: #14181c; --line: #2f363d; --fill: #1d2329;
            --0: #4aa8e0; --1: #f08040; --2: #2fc49a; --3: #e09bc4; --4: #f0b429; --5: #8accf2;
            --6: #c9a93a; --7: #9ba1a8; --old: #66707a; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 15px/1.45 system-ui, sans-serif; }
        main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 60px; }
        h1 { font-size: 26px; margin: 0 0 4px; }
        h2 { font-size: 18px; margin: 34px 0 10px; break-after: avoid; }
        .facts { display: flex; flex-wrap: wrap; gap: 10px; margin: 16px 0; }
        .facts div { background: var(--fill); border: 1px solid var(--line); border-radius: 6px;
          padding: 8px 14px; }
        .facts b { display: block; font-size: 20px; }
        .facts span, .note, .legend { color: var(--soft); font-size: 13px; }
        .warn { border-left: 4px solid var(--1); padding: 6px 6px 6px 26px; background: var(--fill); }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: 13px; }
        th, td { text-align: left; padding: 5px 8px 5px 0; border-bottom: 1px solid var(--line);
          vertical-align: top; }
        th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
        .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        th.n { white-space: normal; }
        .t { white-space: nowrap; }
        .n + :not(.n) { padding-left: 14px; }
        tr { break-inside: avoid; }
        figure { margin: 0; break-inside: avoid; }
        figcaption { font-size: 13px; margin: 8px 0 2px; overflow-wrap: anywhere; }
        .grid2 { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 8px 28px; }
        figure > svg { width: 100%; height: auto; display: block; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 6px 0 0; }
        .legend svg { width: 18px; height: 12px; margin-right: 6px; vertical-align: -1px; }
        text { fill: var(--soft); font-size: 12px; font-family: inherit; }
        line, polyline { fill: none; stroke-width: 2; }
        .grid { stroke: var(--line); stroke-width: 1; }
        .track, .span { fill: var(--line); }
        .old { fill: var(--old); }
        .ring { fill: none; stroke: var(--old); stroke-width: 2.5; }
        .ban { stroke: var(--1); stroke-width: 2.5; }
        .dashed { stroke-dasharray: 5 4; }
        .c0 { fill: var(--0); } .c1 { fill: var(--1); } .c2 { fill: var(--2); }
        .c3 { fill: var(--3); } .c4 { fill: var(--4); } .c5 { fill: var(--5); }
        .c6 { fill: var(--6); } .c7 { fill: var(--7); }
        .l0 { stroke: var(--0); } .l1 { stroke: var(--1); } .l2 { stroke: var(--2); }
        .l3 { stroke: var(--3); }
        @media print { body { font-size: 11px; } main { max-width: none; padding: 0; }
          .scroll { overflow: visible; } table { font-size: 10px; }
          .facts div, rect, .warn { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
        """
}
