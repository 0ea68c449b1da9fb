import YAML

extension Rule {
    /// This rule with another number on the right of `feature comparison number`; nil where its condition compares
    /// no such feature with a number. The text of the condition stays, the condition and the digest do not.
    ///
    /// - Parameters:
    ///   - feature: an expression of the rule language: `accounts(24h)`.
    ///   - comparison: `>=`, `>`, `<=`, `<`.
    public func replacingThreshold(
        of feature: String, _ comparison: String, with value: Double
    ) -> Rule? {
        let context = CheckingContext(
            entity: entity, kinds: kinds, vocabulary: Vocabulary(extraKinds: kinds), paneMs: 1000)
        var checker = TypeChecker(context: context)
        guard let parsed = try? ExpressionParser.parse(feature),
            let typed = checker.check(parsed), checker.errors.isEmpty
        else { return nil }
        var isFound = false
        var changed = self
        changed.condition = condition.mapComparisons { left, op, number in
            guard left == typed.term, op.sign == comparison else { return number }
            isFound = true
            return value
        }
        return isFound ? changed : nil
    }
}

extension Rule {
    /// A piece of evidence that the condition compares with a number.
    public struct Threshold: Sendable, Equatable {
        /// The evidence's name.
        public var evidence: String
        /// `>=`, `>`, `<=` or `<`.
        public var comparison: String
        /// The number.
        public var number: Double
    }

    /// The numbers that evidence is compared with, in the order of the evidence.
    public var thresholds: [Threshold] {
        evidence.flatMap { item -> [Threshold] in
            guard case .number(let term) = item.value else { return [] }
            var found: [Threshold] = []
            _ = condition.mapComparisons { left, op, number in
                if left == term {
                    found.append(
                        Threshold(evidence: item.name, comparison: op.sign, number: number))
                }
                return number
            }
            return found
        }
    }
}

extension BinaryOperator {
    /// How a comparison is written; `?` for what is none.
    fileprivate var sign: String {
        switch self {
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        default: "?"
        }
    }
}

extension Term {
    /// This term with other numbers in its comparisons.
    fileprivate func mapComparisons(
        _ body: (Term, BinaryOperator, Double) -> Double
    ) -> Term {
        switch self {
        case .constant, .feature, .isKind: return self
        case .not(let term): return .not(term.mapComparisons(body))
        case .negate(let term): return .negate(term.mapComparisons(body))
        case .binary(let op, let left, .constant(let number)) where op.sign != "?":
            return .binary(op, left, .constant(body(left, op, number)))
        case .binary(let op, let left, let right):
            return .binary(op, left.mapComparisons(body), right.mapComparisons(body))
        case .conditional(let condition, let yes, let no):
            return .conditional(
                condition.mapComparisons(body), yes.mapComparisons(body), no.mapComparisons(body))
        }
    }
}
