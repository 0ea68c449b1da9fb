/// A share with what is known of its true value.
public struct Proportion: Sendable, Equatable {
    /// Cases that count.
    public let hits: Int
    /// All cases.
    public let total: Int

    /// `hits` of `total`.
    public init(_ hits: Int, of total: Int) {
        self.hits = hits
        self.total = total
    }

    /// The share; nil where there is no case.
    public var value: Double? { total > 0 ? Double(hits) / Double(total) : nil }

    /// The 95 % quantile of the normal distribution, two-sided.
    private static let z = 1.959963984540054

    /// The interval that covers the true share in 95 of 100 cases (E. B. Wilson, "Probable inference", 1927); nil
    /// where there is no case.
    public var interval: ClosedRange<Double>? {
        guard let p = value else { return nil }
        let n = Double(total)
        let square = Self.z * Self.z
        let center = (p + square / (2 * n)) / (1 + square / n)
        let spread = p * (1 - p) / n + square / (4 * n * n)
        let half = Self.z / (1 + square / n) * spread.squareRoot()
        // At 0 and 1 the bound is exact; rounding would put it a little beyond.
        return (hits == 0 ? 0 : max(0, center - half))...(hits == total ? 1 : min(1, center + half))
    }
}

/// What was found, what was found wrongly, and what was missed.
public struct Confusion: Sendable, Equatable {
    /// Confirmed subjects found.
    public var found = 0
    /// Benign subjects found.
    public var wrong = 0
    /// Confirmed subjects not found.
    public var missed = 0
    /// Subjects found that have no label: they count neither way.
    public var unlabelled = 0

    /// Nothing.
    public init() {}

    /// Counts with all parts.
    public init(found: Int, wrong: Int, missed: Int, unlabelled: Int = 0) {
        self.found = found
        self.wrong = wrong
        self.missed = missed
        self.unlabelled = unlabelled
    }

    /// Of what was found and has a label, how much is confirmed.
    public var precision: Proportion { Proportion(found, of: found + wrong) }
    /// Of what is confirmed, how much was found.
    public var recall: Proportion { Proportion(found, of: found + missed) }

    /// The harmonic mean of precision and recall; nil without a case.
    public var f1: Double? { jaccard.value.map { 2 * $0 / (1 + $0) } }

    /// The interval of `f1`: it grows with the share found / (found + wrong + missed), so that share's Wilson
    /// interval carries over.
    public var f1Interval: ClosedRange<Double>? {
        jaccard.interval.map {
            (2 * $0.lowerBound / (1 + $0.lowerBound))...(2 * $0.upperBound / (1 + $0.upperBound))
        }
    }

    private var jaccard: Proportion { Proportion(found, of: found + wrong + missed) }
}
