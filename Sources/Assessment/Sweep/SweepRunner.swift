import Detection
import Primitives

/// Runs sweeps in the pass of a backtest: each value is a variant of its rule, compiled beside the others.
///
/// Exact, because what a rule finds does not depend on other rules.
public struct SweepRunner: Sendable {
    /// Where a threshold is chosen, and where its score is reported.
    public struct Split: Sendable {
        /// Chosen here.
        public let choose: Range<EventTime>
        /// Reported here.
        public let report: Range<EventTime>

        /// Two stretches of time.
        public init(choose: Range<EventTime>, report: Range<EventTime>) {
            self.choose = choose
            self.report = report
        }

        /// Milliseconds between the stretches; negative where they overlap or stand the other way round.
        public var embargoMs: Int64 { report.lowerBound.ms - choose.upperBound.ms }
    }

    /// The sweeps.
    public let sweeps: [Sweep]
    /// The variants of all sweeps, one rule set each.
    public let variants: [[Rule]]

    /// Runs `sweeps` of `rules`.
    ///
    /// - Throws: `Malformed` where a sweep does not fit the rules.
    public init(_ sweeps: [Sweep], of rules: [Rule]) throws(Sweep.Malformed) {
        self.sweeps = sweeps
        var variants: [[Rule]] = []
        for sweep in sweeps {
            for variant in try sweep.variants(of: rules) { variants.append([variant]) }
        }
        self.variants = variants
    }

    /// What came of the sweeps.
    ///
    /// - Parameters:
    ///   - findings: by variant.
    ///   - range: where findings are wanted.
    ///   - days: the length of the history in it.
    public func results(
        _ findings: [[Finding]], in range: JudgedRange, days: Double, scorer: Scorer?, split: Split?
    ) -> [Sweep.Result] {
        var rest = findings[...]
        return sweeps.map { sweep in
            let found = rest.prefix(sweep.values.count).map { range.episodes($0) }
            rest = rest.dropFirst(sweep.values.count)
            let rows = zip(sweep.values, found).map { value, episodes in
                Sweep.Row(
                    value: value, findings: episodes.opened.count,
                    perDay: Double(episodes.opened.count) / max(days, 1e-9),
                    score: scorer.map { $0.score(episodes.all) })
            }
            let choice = scorer.flatMap { scorer in
                split.flatMap { choose(sweep.values, found.map(\.all), scorer, $0) }
            }
            return Sweep.Result(text: sweep.text, rows: rows, choice: choice)
        }
    }

    /// The value with the highest F1 over accounts; of several the one with the fewest findings, then the first.
    private func choose(
        _ values: [Double], _ episodes: [[Episode]], _ scorer: Scorer, _ split: Split
    ) -> Sweep.Choice? {
        let scores = episodes.map { scorer.score($0, in: split.choose).accounts }
        let counts = episodes.map { $0.count { split.choose.contains($0.opened) } }
        let best = values.indices.min { a, b in
            let (first, second) = (scores[a].f1 ?? -1, scores[b].f1 ?? -1)
            return first != second ? first > second : (counts[a], a) < (counts[b], b)
        }
        return best.map { best in
            Sweep.Choice(
                value: values[best], chosenOn: scores[best],
                reportedOn: scorer.score(episodes[best], in: split.report).accounts)
        }
    }
}
