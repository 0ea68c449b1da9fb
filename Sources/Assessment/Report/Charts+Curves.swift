import Primitives
import Replay

/// Pictures of one curve.
extension Charts {
    /// Evidence over time, with the line it is compared with.
    static func timeline(_ timeline: Timeline) -> String {
        let values = timeline.points.map(\.value)
        let threshold = timeline.threshold.number
        let times = timeline.points.map { Double($0.time.ms) }
        var drawing = Drawing("\(timeline.threshold.evidence) over time", width: 460, height: 180)
        let high = max(values.max() ?? 0, threshold)
        let x = Axis(low: times[0], high: times[times.count - 1], from: 54, to: 446)
        let y = Axis(
            low: min(0, values.min() ?? 0), high: high > 0 ? high * 1.05 : 1, from: 145, to: 10)
        for tick in y.ticks(4) {
            drawing.line(54, y.place(tick), 446, y.place(tick), "grid")
            drawing.label(Words.number(tick), 48, y.place(tick) + 4, anchor: "end")
        }
        for tick in x.timeTicks(4) {
            let text = Words.time(EventTime(ms: Int64(tick))).dropFirst(5)
            drawing.label(String(text), x.place(tick), 165, anchor: "middle")
        }
        let line = y.place(threshold)
        drawing.path([(54, line), (446, line)], "l1 dashed")
        drawing.path(zip(times, values).map { (x.place($0), y.place($1)) }, "l0")
        return drawing.text
    }

    /// Precision against recall of accounts, a point a threshold; nil for fewer than two points.
    static func precisionRecall(_ sweep: Sweep.Result) -> String? {
        let points = sweep.rows.compactMap {
            row -> (value: Double, recall: Double, precision: Double)? in
            guard let score = row.score, let recall = score.accounts.recall.value,
                let precision = score.accounts.precision.value
            else { return nil }
            return (row.value, recall, precision)
        }
        guard points.count > 1 else { return nil }
        var drawing = Drawing("Precision and recall by threshold", height: 300)
        let x = Axis(low: 0, high: 1, from: 60, to: 860)
        let y = Axis(low: 0, high: 1, from: 250, to: 40)
        for tick in [0, 0.25, 0.5, 0.75, 1] {
            drawing.line(60, y.place(tick), 860, y.place(tick), "grid")
            drawing.label("\(Int(tick * 100)) %", 52, y.place(tick) + 4, anchor: "end")
            drawing.label("\(Int(tick * 100)) %", x.place(tick), 270, anchor: "middle")
        }
        drawing.label("precision, accounts", 60, 12)
        drawing.label("recall, accounts", 860, 290, anchor: "end")
        drawing.path(points.map { (x.place($0.recall), y.place($0.precision)) }, "l0")
        var named: [(x: Double, y: Double)] = []
        for point in points {
            let place = (x: x.place(point.recall), y: y.place(point.precision))
            drawing.circle(
                place.x, place.y, 4, "c0",
                hint: "\(Words.number(point.value)): precision \(Words.percent(point.precision)), "
                    + "recall \(Words.percent(point.recall))")
            // A name that would stand on another one is left to the hint.
            if named.contains(where: { abs($0.x - place.x) < 34 && abs($0.y - place.y) < 14 }) {
                continue
            }
            named.append(place)
            let isRight = place.x > 820
            drawing.label(
                Words.number(point.value), place.x + (isRight ? -8 : 8), place.y - 6,
                anchor: isRight ? "end" : "start")
        }
        return drawing.text
    }
}
