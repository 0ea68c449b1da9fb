import Detection
import Primitives

/// A rule that looks further back than there is history: what it finds first may be late, or less than it would be.
public struct ShortHistory: Sendable, Equatable {
    /// The rule's id.
    public var rule: String
    /// Milliseconds that it looks back.
    public var reachMs: Int64
    /// Milliseconds of history there are.
    public var historyMs: Int64

    /// Milliseconds that each rule looks back, its longest window or its `min_history`; the longest of all rules is the
    /// usual warm-up.
    public static func reachMs(of rule: CompiledRule, _ width: PaneWidth) -> Int64 {
        Int64(max(rule.subjectPanes, rule.minHistoryPanes)) * width.ms
    }

    /// The rules for which the history is too short: what lies in front of the range, or all of it where the range
    /// begins with the history. Longest first.
    ///
    /// - Parameters:
    ///   - rules: ids, with what they look back.
    ///   - span: from the first event to the last.
    static func all(
        _ rules: [(id: String, reachMs: Int64)], _ range: JudgedRange,
        span: ClosedRange<EventTime>?
    ) -> [ShortHistory] {
        guard let span else { return [] }
        let end = range.from ?? span.upperBound
        let history = max(0, end.ms - span.lowerBound.ms)
        return rules.filter { $0.reachMs > history }
            .map { ShortHistory(rule: $0.id, reachMs: $0.reachMs, historyMs: history) }
            .sorted { ($1.reachMs, $0.rule) < ($0.reachMs, $1.rule) }
    }
}
