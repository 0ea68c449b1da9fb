import Detection
import Primitives

/// Many values of one threshold of a rule: `farm.shared_payment:accounts(24h)>=5..50:5`.
public struct Sweep: Sendable {
    /// One value, and what its rule found.
    public struct Row: Sendable {
        /// The threshold.
        public var value: Double
        /// Findings.
        public var findings: Int
        /// Findings a day.
        public var perDay: Double
        /// What labels say; nil without labels.
        public var score: Score?
    }

    /// The best value of one stretch of time, and how it does in a later one.
    public struct Choice: Sendable {
        /// The value.
        public var value: Double
        /// Accounts where it was chosen.
        public var chosenOn: Confusion
        /// Accounts where it is reported.
        public var reportedOn: Confusion
    }

    /// What came of one.
    public struct Result: Sendable {
        /// As written.
        public var text: String
        /// By value.
        public var rows: [Row]
        /// The choice on one stretch and its score on another; nil where none was asked for.
        public var choice: Choice?
    }

    /// As written.
    public let text: String
    /// The rule's id.
    public let rule: String
    /// The left side of the comparison.
    public let feature: String
    /// The comparison.
    public let comparison: String
    /// The values, ascending.
    public let values: [Double]

    /// Values a sweep has at most.
    public static let limit = 1000

    /// What is wrong with a text that should be a sweep.
    public struct Malformed: Error, Equatable {
        /// In words.
        public let message: String

        /// What is wrong, in words.
        public init(message: String) { self.message = message }
    }

    /// The sweep that `text` says.
    ///
    /// - Throws: `Malformed`; the user has to correct the text.
    public init(_ text: String) throws(Malformed) {
        self.text = text
        guard let colon = text.firstIndex(of: ":") else { throw Self.malformed(text) }
        rule = String(text[..<colon])
        let rest = text[text.index(after: colon)...]
        guard let sign = rest.lastIndex(where: { "<>=".contains($0) }) else {
            throw Self.malformed(text)
        }
        var start = sign
        while start > rest.startIndex, "<>=".contains(rest[rest.index(before: start)]) {
            start = rest.index(before: start)
        }
        feature = rest[..<start].filter { $0 != " " }
        comparison = String(rest[start...sign])
        guard let values = Self.values(rest[rest.index(after: sign)...]), !feature.isEmpty else {
            throw Self.malformed(text)
        }
        guard values.count <= Self.limit else {
            throw Malformed(message: "'\(text)' has over \(Self.limit) values: take larger steps")
        }
        self.values = values
    }

    private static func malformed(_ text: String) -> Malformed {
        Malformed(message: "'\(text)' is no sweep: write RULE:accounts(24h)>=5..50:5")
    }

    /// `5..50:5`, from, through and step; one step where there is none.
    private static func values(_ text: Substring) -> [Double]? {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let dots = halves[0].firstRange(of: ".."), halves.count <= 2,
            let low = Double(halves[0][..<dots.lowerBound].filter { $0 != " " }),
            let high = Double(halves[0][dots.upperBound...].filter { $0 != " " }), low <= high
        else { return nil }
        let step = halves.count == 2 ? Double(halves[1].filter { $0 != " " }) : 1
        guard let step, step > 0, (high - low) / step < 1e6 else { return nil }
        // Products rather than sums: 0.1 ten times is not 1.
        let count = Int((high - low) / step + 1e-9)
        return (0...count).map { low + Double($0) * step }
    }

    /// The rule with each value in place of its threshold, in the order of `values`.
    ///
    /// - Throws: `Malformed` where the rule is not there or compares no such feature.
    public func variants(of rules: [Rule]) throws(Malformed) -> [Rule] {
        guard let own = rules.first(where: { $0.info.id == rule }) else {
            throw Malformed(message: "'\(text)': there is no rule '\(rule)'")
        }
        var variants: [Rule] = []
        for value in values {
            guard
                let variant = own.replacingThreshold(of: feature, comparison, with: value)
            else {
                throw Malformed(
                    message:
                        "'\(text)': the rule does not compare \(feature) by \(comparison) with a "
                        + "number; it asks for \(own.conditionText)")
            }
            variants.append(variant)
        }
        return variants
    }
}
