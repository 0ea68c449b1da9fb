import YAML

extension TypeChecker {
    /// Whether the expression is `kind`, text or a list: what only kind comparisons take.
    static func isKindOperand(_ expression: Expression) -> Bool {
        switch expression.kind {
        case .name("kind"), .text, .list: true
        default: false
        }
    }

    /// `kind == "payment"`, `"payment" != kind` or `kind in ["ip", "subnet"]`.
    mutating func kindComparison(
        _ op: String, at range: TextRange, _ left: Expression, _ right: Expression
    ) -> Typed? {
        let isSwapped = if case .name("kind") = right.kind { true } else { false }
        let (subject, other) = isSwapped && op != "in" ? (right, left) : (left, right)
        guard case .name("kind") = subject.kind else {
            if op == "in" {
                report("only kind can be looked up with in", at: left.range)
            } else {
                let culprit = Self.isKindOperand(left) ? left : right
                report("text can only be compared with kind", at: culprit.range)
            }
            return nil
        }
        guard context.entity == .fingerprint else {
            report("accounts have no kind", at: subject.range)
            return nil
        }
        return names(op, at: range, other).map { Typed(term: $0, type: .flag) }
    }

    private mutating func names(_ op: String, at range: TextRange, _ other: Expression) -> Term? {
        switch (op, other.kind) {
        case ("==", .text(let name)): return oneKind(name, at: other.range)
        case ("!=", .text(let name)): return oneKind(name, at: other.range).map { .not($0) }
        case ("in", .list(let items)):
            guard !items.isEmpty else {
                report("the list is empty", at: other.range)
                return nil
            }
            let terms = items.map { listed($0) }
            return terms.dropFirst().reduce(terms[0]) { sum, term in
                guard let sum, let term else { return nil }
                return .folded(.or, sum, term)
            }
        case ("in", _): report("in needs a list: kind in [\"ip\", \"subnet\"]", at: other.range)
        case ("==", _), ("!=", _): report("kind can only be compared with text", at: other.range)
        default: report("kinds have no order: only ==, != and in compare them", at: range)
        }
        return nil
    }

    private mutating func listed(_ item: Expression) -> Term? {
        if case .text(let name) = item.kind { return oneKind(name, at: item.range) }
        report("a list of kinds holds text only", at: item.range)
        return nil
    }

    private mutating func oneKind(_ name: String, at range: TextRange) -> Term? {
        if let kind = context.vocabulary.kind(name), context.kinds.contains(kind) {
            return .isKind(kind)
        }
        let notes = suggestionNotes(for: name, among: context.kinds)
        report("this rule does not apply to the kind '\(name)'", at: range, notes: notes)
        return nil
    }
}
