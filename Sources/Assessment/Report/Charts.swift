import Detection
import Primitives
import Replay

/// The pictures of a report's page.
enum Charts {
    /// Colours the style sheet has; rules beyond share the last one.
    static let colours = 8
    private static let left = 60.0
    private static let right = 880.0

    /// Findings by day, stacked by rule; nil without findings.
    static func days(_ report: BacktestReport) -> String? {
        let days = report.days
        let highest = days.map { $0.byRule.values.reduce(0, +) }.max() ?? 0
        guard highest > 0 else { return nil }
        var drawing = Drawing("Findings a day by rule", height: 260)
        let y = Axis(low: 0, high: Double(highest), from: 220, to: 15)
        grid(&drawing, y, y.ticks(5).filter { $0 == $0.rounded() }) { grouped(Int($0)) }
        let slot = (right - left) / Double(days.count)
        let order = rulesByFindings(report)
        let every = max(1, days.count / 12)
        for (index, day) in days.enumerated() {
            let x = left + slot * Double(index)
            var sum = 0
            for (colour, rule) in order.enumerated() {
                guard let count = day.byRule[rule] else { continue }
                let top = y.place(Double(sum + count))
                drawing.rectangle(
                    x: x + slot * 0.1, y: top, width: slot * 0.8,
                    height: y.place(Double(sum)) - top, "c\(min(colour, colours - 1))",
                    hint: "\(Words.time(day.start).prefix(10)), \(rule): \(grouped(count))")
                sum += count
            }
            if index % every == 0 {
                let date = Words.time(day.start).prefix(10).dropFirst(5)
                drawing.label(String(date), x + slot / 2, 240, anchor: "middle")
            }
        }
        let names = order.enumerated().map { ("c\(min($0.offset, colours - 1))", $0.element) }
        return drawing.text + legend(names)
    }

    private static func rulesByFindings(_ report: BacktestReport) -> [String] {
        report.rules.filter { $0.episodes > 0 }.sorted {
            ($1.episodes, $0.id) < ($0.episodes, $1.id)
        }
        .map(\.id)
    }

    /// Findings of each rule before and after; nil without a comparison.
    static func beforeAfter(_ report: BacktestReport) -> String? {
        let rows = report.rules.compactMap { row in row.counts.map { (row.id, $0) } }
            .filter { $0.1.before + $0.1.after > 0 }
        guard let highest = rows.map({ max($0.1.before, $0.1.after) }).max() else { return nil }
        var drawing = Drawing("Findings before and after", height: Double(rows.count) * 38 + 10)
        let x = Axis(low: 0, high: Double(highest), from: 240, to: 800)
        for (index, (rule, counts)) in rows.enumerated() {
            let y = Double(index) * 38 + 8
            drawing.label(Words.shortened(rule, to: 34), 232, y + 19, anchor: "end")
            for (offset, count, kind) in [(0.0, counts.before, "old"), (14, counts.after, "c0")] {
                drawing.rectangle(
                    x: x.from, y: y + offset, width: x.place(Double(count)) - x.from, height: 12,
                    kind)
                drawing.label(grouped(count), x.place(Double(count)) + 6, y + offset + 10)
            }
        }
        return drawing.text + legend([("old", "before"), ("c0", "after")])
    }

    /// The share of farms and accounts undetected, by time since they began; nil without labels.
    static func detection(_ judgement: BacktestReport.Judgement) -> String? {
        var curves: [(name: String, kind: String, curve: SurvivalCurve)] = [
            ("farms", "l0", judgement.score.farmDetection),
            ("accounts", "l1", judgement.score.accountDetection),
        ]
        if let before = judgement.before {
            curves.append(("farms, before", "l0 dashed", before.farmDetection))
            curves.append(("accounts, before", "l1 dashed", before.accountDetection))
        }
        curves.removeAll { $0.curve.subjects == 0 }
        guard let end = curves.map(\.curve.endMs).max(), end > 0 else { return nil }
        var drawing = Drawing("Share undetected by time", height: 270)
        let x = Axis(low: 0, high: Double(end), from: left, to: right)
        let y = Axis(low: 0, high: 1, from: 220, to: 15)
        grid(&drawing, y, [0, 0.25, 0.5, 0.75, 1]) { "\(Int($0 * 100)) %" }
        for tick in x.timeTicks(8) {
            drawing.label(Words.span(Int64(tick)), x.place(tick), 240, anchor: "middle")
        }
        drawing.label("since it began", right, 260, anchor: "end")
        for (_, kind, curve) in curves {
            var points = [(x: x.place(0), y: y.place(1))]
            for step in curve.steps {
                points.append((x.place(Double(step.ms)), points[points.count - 1].y))
                points.append((x.place(Double(step.ms)), y.place(step.share)))
            }
            points.append((x.place(Double(curve.endMs)), points[points.count - 1].y))
            drawing.path(points, kind)
        }
        return drawing.text + legend(curves.map { ($0.kind, $0.name) })
    }

    /// Rows of the picture of farms.
    private static let shownFarms = 40

    /// Each farm's time with its first finding under the new rules and the old; nil without farms.
    static func farms(_ report: BacktestReport, _ judgement: BacktestReport.Judgement) -> String? {
        let farms = judgement.score.perFarm.filter { $0.verdict == .confirmed }.prefix(shownFarms)
        guard let span = report.replay.span, !farms.isEmpty else { return nil }
        let old = Dictionary(
            (judgement.before?.perFarm ?? []).map { ($0.name, $0.found) },
            uniquingKeysWith: { a, _ in a })
        let bottom = Double(farms.count) * 26 + 12
        var drawing = Drawing("Farms and their first findings", height: bottom + 24)
        let x = Axis(
            low: Double(min(span.lowerBound, farms.map(\.start).min() ?? span.lowerBound).ms),
            high: Double(span.upperBound.ms), from: 200, to: right)
        for tick in x.timeTicks(6) {
            drawing.line(x.place(tick), 6, x.place(tick), bottom, "grid")
            let time = Words.time(EventTime(ms: Int64(tick))).dropFirst(5)
            drawing.label(String(time), x.place(tick), bottom + 16, anchor: "middle")
        }
        for (index, farm) in farms.enumerated() {
            let y = Double(index) * 26 + 20
            drawing.label(Words.shortened(farm.name, to: 26), 192, y + 4, anchor: "end")
            let start = x.place(Double(farm.start.ms))
            drawing.rectangle(
                x: start, y: y - 4, width: x.place(Double(farm.last.ms)) - start, height: 8, "span")
            if let found = old[farm.name] ?? nil {
                drawing.circle(
                    x.place(Double(found.ms)), y, 7, "ring", hint: "before: \(Words.time(found))")
            }
            if let found = farm.found {
                drawing.circle(
                    x.place(Double(found.ms)), y, 4.5, "c0",
                    hint: "\(farm.rule ?? "found"): \(Words.time(found))")
            }
            if let ended = farm.ended {
                let place = x.place(Double(ended.ms))
                drawing.line(place, y - 9, place, y + 9, "ban")
            }
        }
        let more = judgement.before == nil ? [] : [("ring", "first finding before")]
        return drawing.text
            + legend(
                [("span", "active"), ("c0", "first finding")] + more + [("ban", "banned")])
    }

    /// Findings a day and recall by threshold; nil for fewer than two.
    static func sweep(_ sweep: Sweep.Result) -> String? {
        guard sweep.rows.count > 1, let most = sweep.rows.map(\.perDay).max(), most > 0 else {
            return nil
        }
        var drawing = Drawing("By threshold: \(sweep.text)", height: 260)
        let x = Axis(
            low: sweep.rows[0].value, high: sweep.rows[sweep.rows.count - 1].value, from: left,
            to: 830)
        let y = Axis(low: 0, high: most, from: 220, to: 15)
        let share = Axis(low: 0, high: 1, from: 220, to: 15)
        grid(&drawing, y, y.ticks(5)) { Words.number($0) }
        for tick in x.ticks(10) {
            drawing.label(Words.number(tick), x.place(tick), 240, anchor: "middle")
        }
        drawing.path(sweep.rows.map { (x.place($0.value), y.place($0.perDay)) }, "l0")
        var names = [("l0", "findings a day (left)")]
        if sweep.rows.contains(where: { $0.score != nil }) {
            for tick in [0, 0.5, 1] {
                drawing.label("\(Int(tick * 100)) %", 838, share.place(tick) + 4)
            }
            let lines: [(String, String, (Score) -> Double?)] = [
                ("l1", "recall, accounts", { $0.accounts.recall.value }),
                ("l2", "precision, entities", { $0.entities.precision.value }),
                (
                    "l3", "leaked requests",
                    { Proportion($0.leaked.requests, of: $0.total.requests).value }
                ),
            ]
            for (kind, name, value) in lines {
                let points = sweep.rows.compactMap { row in
                    row.score.flatMap(value).map { (x: x.place(row.value), y: share.place($0)) }
                }
                drawing.path(points, kind)
                names.append((kind, name))
            }
        }
        return drawing.text + legend(names)
    }

    /// The share of events that have each field.
    static func coverage(_ report: BacktestReport) -> String? {
        guard let coverage = report.replay.coverage, coverage.events > 0 else { return nil }
        var drawing = Drawing("Fields", height: Double(coverage.items.count) * 20 + 8)
        for (index, item) in coverage.items.enumerated() {
            let y = Double(index) * 20 + 4
            let part = Double(item.events) / Double(coverage.events)
            drawing.label(Words.shortened(item.name, to: 34), 232, y + 12, anchor: "end")
            drawing.rectangle(x: 240, y: y + 2, width: 560, height: 12, "track")
            if item.events > 0 {
                drawing.rectangle(x: 240, y: y + 2, width: 560 * part, height: 12, "c0")
            }
            let text = item.events == 0 ? "none" : Words.percent(part)
            drawing.label(text, 808, y + 12)
        }
        return drawing.text
    }

    private static func grid(
        _ drawing: inout Drawing, _ y: Axis, _ ticks: [Double], _ text: (Double) -> String
    ) {
        for tick in ticks {
            drawing.line(left, y.place(tick), right, y.place(tick), "grid")
            drawing.label(text(tick), left - 8, y.place(tick) + 4, anchor: "end")
        }
    }

    private static func legend(_ names: [(kind: String, name: String)]) -> String {
        let items = names.map { kind, name in
            var sample = Drawing(name, width: 18, height: 12)
            if kind.hasPrefix("l") || kind == "ban" {
                kind == "ban"
                    ? sample.line(9, 0, 9, 12, kind) : sample.line(0, 6, 18, 6, kind)
            } else if kind == "ring" {
                sample.circle(9, 6, 5, kind, hint: "")
            } else {
                sample.rectangle(x: 0, y: 1, width: 18, height: 10, kind)
            }
            return "<span>\(sample.text)\(markup(name))</span>"
        }
        return "<p class=\"legend\">\(items.joined(separator: " "))</p>\n"
    }
}
