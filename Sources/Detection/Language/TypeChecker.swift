import YAML

/// What a rule's expressions are checked against.
struct CheckingContext {
    var entity: EntityClass
    /// The kinds the rule applies to; none for accounts.
    var kinds: [String]
    var vocabulary: Vocabulary
    /// The width of a pane in milliseconds: no window is shorter.
    var paneMs: Int64
}

/// Looks up the names of an expression, checks its types, and rewrites it in primitive features.
///
/// Goes on after an error where it can, so that one run reports several.
struct TypeChecker {
    /// A checked expression.
    struct Typed {
        var term: Term
        var type: ValueType
    }

    let context: CheckingContext
    private(set) var errors: [ExpressionError] = []
    /// Every feature call in the order written: its place, for evidence by default.
    private(set) var calls: [TextRange] = []
    /// The features of each good call, with its place.
    private(set) var uses: [(term: Term, range: TextRange)] = []

    init(context: CheckingContext) { self.context = context }

    mutating func report(_ message: String, at range: TextRange, notes: [String] = []) {
        errors.append(ExpressionError(message: message, range: range, notes: notes))
    }

    /// The checked form of `expression`; nil after reporting why not.
    mutating func check(_ expression: Expression) -> Typed? {
        switch expression.kind {
        case .number(let value): return Typed(term: .constant(value), type: .number)
        case .duration(let ms): return Typed(term: .constant(Double(ms)), type: .duration)
        case .flag(let flag): return Typed(term: .constant(flag ? 1 : 0), type: .flag)
        case .text, .list:
            report("text can only be compared with kind", at: expression.range)
            return nil
        case .name(let name):
            reportLoneName(name, at: expression.range)
            return nil
        case .call(let name, let nameRange, let arguments):
            calls.append(expression.range)
            let typed = call(name, at: nameRange, whole: expression.range, arguments)
            if let typed { uses.append((typed.term, expression.range)) }
            return typed
        case .prefix(let op, let operand): return prefix(op, operand)
        case .infix(let op, let range, let left, let right):
            return infix(op, at: range, left, right)
        case .conditional(let condition, let yes, let no):
            return conditional(condition, yes, no)
        }
    }

    private mutating func reportLoneName(_ name: String, at range: TextRange) {
        if let feature = FeatureDefinition.named(name) {
            let notes = ["write \(feature.usage)"]
            return report("'\(name)' needs its arguments", at: range, notes: notes)
        }
        if name == "kind" {
            return report("kind can only be compared with text, or with a list by in", at: range)
        }
        let notes = suggestionNotes(for: name, among: FeatureDefinition.names + ["kind"])
        report("unknown name '\(name)'", at: range, notes: notes)
    }

    private mutating func prefix(_ op: String, _ operand: Expression) -> Typed? {
        guard let value = check(operand) else { return nil }
        if op == "!" {
            guard value.type == .flag else {
                report("! needs true or false, not \(value.type.rawValue)", at: operand.range)
                return nil
            }
            return Typed(term: .not(value.term), type: .flag)
        }
        guard value.type == .number || value.type == .duration else {
            report("- needs a number, not \(value.type.rawValue)", at: operand.range)
            return nil
        }
        if case .constant(let number) = value.term {
            return Typed(term: .constant(-number), type: value.type)
        }
        return Typed(term: .negate(value.term), type: value.type)
    }

    private mutating func conditional(
        _ condition: Expression, _ yes: Expression, _ no: Expression
    ) -> Typed? {
        let checked = (check(condition), check(yes), check(no))
        guard let test = checked.0, let first = checked.1, let second = checked.2 else {
            return nil
        }
        guard test.type == .flag else {
            let found = test.type.rawValue
            report("? needs true or false before it, not \(found)", at: condition.range)
            return nil
        }
        guard first.type == second.type else {
            let types = "\(first.type.rawValue) and \(second.type.rawValue)"
            report("both sides of : need one type, not \(types)", at: no.range)
            return nil
        }
        return Typed(term: .conditional(test.term, first.term, second.term), type: first.type)
    }

    private mutating func infix(
        _ op: String, at range: TextRange, _ left: Expression, _ right: Expression
    ) -> Typed? {
        if op == "in" || Self.isKindOperand(left) || Self.isKindOperand(right) {
            return kindComparison(op, at: range, left, right)
        }
        let checked = (check(left), check(right))
        guard let a = checked.0, let b = checked.1 else { return nil }
        guard let type = Self.resultType(op, a.type, b.type), let code = Self.operators[op] else {
            let types = "\(a.type.rawValue) and \(b.type.rawValue)"
            let notes = Self.notes(op, a.type, b.type)
            report("\(op) cannot combine \(types)", at: range, notes: notes)
            return nil
        }
        return Typed(term: .folded(code, a.term, b.term), type: type)
    }

    static let operators: [String: BinaryOperator] = [
        "&&": .and, "||": .or, "==": .equal, "!=": .notEqual, "<": .less, "<=": .lessOrEqual,
        ">": .greater, ">=": .greaterOrEqual, "+": .add, "-": .subtract, "*": .multiply,
        "/": .divide, "%": .remainder,
    ]

    /// The type of `a op b`; nil where the operator does not take these types.
    static func resultType(_ op: String, _ a: ValueType, _ b: ValueType) -> ValueType? {
        switch (op, a, b) {
        case ("&&", .flag, .flag), ("||", .flag, .flag): .flag
        case ("==", .flag, .flag), ("!=", .flag, .flag): .flag
        case ("&&", _, _), ("||", _, _): nil
        case ("+", .number, .number), ("-", .number, .number), ("*", .number, .number): .number
        case ("/", .number, .number), ("%", .number, .number): .number
        case ("+", .duration, .duration), ("-", .duration, .duration): .duration
        case ("*", .duration, .number), ("*", .number, .duration): .duration
        case ("/", .duration, .number): .duration
        case ("/", .duration, .duration): .number
        case ("+", _, _), ("-", _, _), ("*", _, _), ("/", _, _), ("%", _, _): nil
        case (_, .number, .number), (_, .duration, .duration): .flag
        default: nil
        }
    }

    private static func notes(_ op: String, _ a: ValueType, _ b: ValueType) -> [String] {
        let comparisons = ["==", "!=", "<", "<=", ">", ">="]
        if a == .flag, b == .number || b == .duration, comparisons.contains(op) {
            return ["comparisons do not chain: write a < b && b < c"]
        }
        if a == .duration && b == .number || a == .number && b == .duration {
            return ["a duration has a unit: 30s, 10m, 24h, 7d"]
        }
        return []
    }
}
