import Detection
import YAML

/// What a person expects of a backtest: so many findings by rule and label.
///
/// A YAML list: `- { rule: farm.shared_frame, label: s1, at_least: 1 }`. `label` is a campaign, `confirmed`, `benign` or
/// `unlabelled`; without it all findings of the rule count, without `rule` those of all rules.
public struct Expectation: Sendable, Equatable {
    /// What came of one.
    public struct Outcome: Sendable, Equatable {
        /// The expectation.
        public var expectation: Expectation
        /// Findings counted.
        public var actual: Int

        /// Whether it holds.
        public var isMet: Bool { expectation.range.contains(actual) }
    }

    /// The rule; nil for all.
    public var rule: String?
    /// The label; nil for all.
    public var label: String?
    /// How many findings are right.
    public var range: ClosedRange<Int>

    /// In words: `farm.shared_frame on s1: at least 1`.
    public var text: String {
        let subject = (rule ?? "all rules") + (label.map { " on \($0)" } ?? "")
        if range.lowerBound == range.upperBound { return "\(subject): exactly \(range.lowerBound)" }
        var parts: [String] = []
        if range.lowerBound > 0 { parts.append("at least \(range.lowerBound)") }
        if range.upperBound < .max { parts.append("at most \(range.upperBound)") }
        return "\(subject): \(parts.joined(separator: ", "))"
    }

    /// The expectations of one file; what is wrong goes to `diagnostics`.
    public static func read(_ source: SourceText, _ diagnostics: Diagnostics) -> [Expectation] {
        parseYAML(source, diagnostics: diagnostics).flatMap { document in
            (document.list("expectations", limit: 10_000, diagnostics) ?? []).compactMap { node in
                read(node, diagnostics)
            }
        }
    }

    private static func read(_ node: Node, _ diagnostics: Diagnostics) -> Expectation? {
        guard var map = MappingReader(node, "an expectation", diagnostics) else { return nil }
        let rule = map.text("rule")
        let label = map.text("label")
        let most: ClosedRange<Int64> = 0...1_000_000_000
        let exactly = map.integer("exactly", in: most).map { Int($0) }
        let least = map.integer("at_least", in: most).map { Int($0) }
        let upper = map.integer("at_most", in: most).map { Int($0) }
        map.finish()
        guard (exactly != nil) != (least != nil || upper != nil) else {
            diagnostics.error(
                "an expectation has either 'exactly', or 'at_least' and 'at_most'", at: node)
            return nil
        }
        let low = exactly ?? least ?? 0
        let high = exactly ?? upper ?? .max
        guard low <= high else {
            diagnostics.error("'at_least' is more than 'at_most'", at: node)
            return nil
        }
        return Expectation(rule: rule, label: label, range: low...high)
    }
}
