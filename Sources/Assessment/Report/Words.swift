import Primitives
import Replay

/// Numbers as people read them, the same in every file of a report.
enum Words {
    /// `93.1 %`, with the interval where there is one; a dash without a case.
    static func share(_ proportion: Proportion) -> String {
        share(proportion.value, proportion.interval)
    }

    static func share(_ value: Double?, _ interval: ClosedRange<Double>?) -> String {
        guard let value else { return "–" }
        guard let interval else { return percent(value) }
        return "\(percent(value)) (\(percent(interval.lowerBound))–\(percent(interval.upperBound)))"
    }

    static func percent(_ value: Double) -> String { decimal(100 * value) + " %" }

    /// `12m`, `3h 20m`, `2d 4h`; a dash for none.
    static func span(_ ms: Int64?) -> String { ms.map(TimeText.span) ?? "–" }

    /// The end of a list of which so many are shown: `, and 3 more`; empty where all are.
    static func more(_ count: Int, shown: Int) -> String {
        count > shown ? ", and \(grouped(count - shown)) more" : ""
    }

    /// `2026-06-01 12:30`.
    static func time(_ time: EventTime) -> String {
        let text = Timestamp.rfc3339(ms: time.ms)
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
    }

    /// A threshold: whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15
            ? grouped(Int(value)) : decimal(value, places: 3)
    }

    /// `12 of 14`.
    static func part(_ part: Int, _ whole: Int) -> String {
        "\(grouped(part)) of \(grouped(whole))"
    }

    /// At most so much of a name.
    static func shortened(_ text: String, to limit: Int = 48) -> String {
        text.count <= limit ? text : text.prefix(limit - 1) + "…"
    }
}
