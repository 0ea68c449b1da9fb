import YAML

/// The condition of a campaign rule, checked: names are looked up, constants folded.
///
/// Durations do not occur, flags are 0 and 1, an undefined number is NaN.
indirect enum CampaignCondition: Hashable, Sendable {
    case constant(Double)
    case feature(CampaignFeature)
    case not(CampaignCondition)
    case negate(CampaignCondition)
    case binary(BinaryOperator, CampaignCondition, CampaignCondition)
    case conditional(CampaignCondition, CampaignCondition, CampaignCondition)

    /// The value for a campaign; recursion is bounded by the size of an expression.
    func value(_ view: CampaignView) -> Double {
        switch self {
        case .constant(let value): return value
        case .feature(let feature): return feature.value(view)
        case .not(let operand): return operand.value(view) == 0 ? 1 : 0
        case .negate(let operand): return -operand.value(view)
        case .conditional(let condition, let yes, let no):
            return condition.value(view) != 0 ? yes.value(view) : no.value(view)
        case .binary(let op, let a, let b):
            let left = a.value(view)
            if op == .and, left == 0 { return 0 }
            if op == .or, left != 0 { return 1 }
            return op.apply(left, b.value(view))
        }
    }

    /// A text equal for equal conditions: part of digests.
    var canonical: String {
        switch self {
        case .constant(let value): value.description
        case .feature(let feature): "\(feature)"
        case .not(let operand): "(not \(operand.canonical))"
        case .negate(let operand): "(negate \(operand.canonical))"
        case .binary(let op, let a, let b): "(\(op.rawValue) \(a.canonical) \(b.canonical))"
        case .conditional(let condition, let yes, let no):
            "(if \(condition.canonical) \(yes.canonical) \(no.canonical))"
        }
    }
}

/// Looks up the names of a campaign rule's condition and checks its types.
struct CampaignChecker {
    /// A checked expression.
    struct TypedCondition {
        var condition: CampaignCondition
        var type: ValueType
    }

    private let vocabulary: Vocabulary
    private(set) var errors: [ExpressionError] = []

    init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

    private mutating func report(_ message: String, at range: TextRange, notes: [String] = []) {
        errors.append(ExpressionError(message: message, range: range, notes: notes))
    }

    /// The checked form of `expression`; nil after reporting why not.
    mutating func check(_ expression: Expression) -> TypedCondition? {
        switch expression.kind {
        case .number(let value): return TypedCondition(condition: .constant(value), type: .number)
        case .flag(let flag): return TypedCondition(condition: .constant(flag ? 1 : 0), type: .flag)
        case .duration:
            report("functions of campaigns take no window", at: expression.range)
        case .text, .list:
            report("nothing in a campaign's condition is text", at: expression.range)
        case .name(let name):
            let usage = CampaignFunction.all.first { $0.name == name }?.usage
            report(
                usage == nil ? "unknown name '\(name)'" : "'\(name)' needs its brackets",
                at: expression.range,
                notes: usage.map { ["write \($0)"] }
                    ?? suggestionNotes(for: name, among: CampaignFunction.names))
        case .call(let name, let range, let arguments):
            return call(name, at: range, whole: expression.range, arguments)
        case .prefix(let op, let operand): return prefix(op, operand)
        case .infix(let op, let range, let left, let right):
            return infix(op, at: range, left, right)
        case .conditional(let condition, let yes, let no):
            return conditional(condition, yes, no, at: expression.range)
        }
        return nil
    }

    private mutating func call(
        _ name: String, at nameRange: TextRange, whole: TextRange, _ arguments: [Expression]
    ) -> TypedCondition? {
        guard let function = CampaignFunction.all.first(where: { $0.name == name }) else {
            let notes = suggestionNotes(for: name, among: CampaignFunction.names)
            report("unknown function '\(name)' of campaigns", at: nameRange, notes: notes)
            return nil
        }
        let takes = function.parameter == .none ? 0 : 1
        let isOptional = function.parameter == .kindOrNone
        guard arguments.count == takes || isOptional && arguments.isEmpty else {
            report("wrong number of arguments", at: whole, notes: ["write \(function.usage)"])
            return nil
        }
        var group: EvidenceGroup?
        var kind: String?
        if let argument = arguments.first {
            guard read(argument, of: function, &group, &kind) else { return nil }
        }
        return TypedCondition(
            condition: .feature(function.feature(group, kind)), type: function.type)
    }

    private mutating func read(
        _ argument: Expression, of function: CampaignFunction, _ group: inout EvidenceGroup?,
        _ kind: inout String?
    ) -> Bool {
        guard case .name(let name) = argument.kind else {
            report("this is not a name", at: argument.range, notes: ["write \(function.usage)"])
            return false
        }
        switch function.parameter {
        case .none: return false
        case .new:
            if name == "new" { return true }
            report("only share(new) is known", at: argument.range)
        case .group:
            group = EvidenceGroup(rawValue: name)
            if group != nil { return true }
            let names = EvidenceGroup.allCases.map(\.rawValue)
            let close = suggestionNotes(for: name, among: names)
            report(
                "unknown group '\(name)'", at: argument.range,
                notes: close.isEmpty ? ["groups: \(names.joined(separator: ", "))"] : close)
        case .kindOrNone:
            kind = vocabulary.kind(name)
            if kind != nil { return true }
            report(
                "unknown fingerprint kind '\(name)'", at: argument.range,
                notes: vocabulary.kindNotes(name))
        }
        return false
    }

    private mutating func prefix(_ op: String, _ operand: Expression) -> TypedCondition? {
        guard let value = check(operand) else { return nil }
        let wanted = op == "!" ? ValueType.flag : .number
        guard value.type == wanted else {
            report(
                "\(op) needs \(wanted.rawValue), not \(value.type.rawValue)", at: operand.range)
            return nil
        }
        if op == "!" { return TypedCondition(condition: .not(value.condition), type: .flag) }
        if case .constant(let number) = value.condition {
            return TypedCondition(condition: .constant(-number), type: .number)
        }
        return TypedCondition(condition: .negate(value.condition), type: .number)
    }

    private mutating func infix(
        _ op: String, at range: TextRange, _ left: Expression, _ right: Expression
    ) -> TypedCondition? {
        let checked = (check(left), check(right))
        guard let a = checked.0, let b = checked.1 else { return nil }
        guard let type = TypeChecker.resultType(op, a.type, b.type),
            let code = TypeChecker.operators[op]
        else {
            report("\(op) cannot combine \(a.type.rawValue) and \(b.type.rawValue)", at: range)
            return nil
        }
        if case .constant(let x) = a.condition, case .constant(let y) = b.condition {
            return TypedCondition(condition: .constant(code.apply(x, y)), type: type)
        }
        return TypedCondition(condition: .binary(code, a.condition, b.condition), type: type)
    }

    private mutating func conditional(
        _ condition: Expression, _ yes: Expression, _ no: Expression, at range: TextRange
    ) -> TypedCondition? {
        let checked = (check(condition), check(yes), check(no))
        guard let test = checked.0, let first = checked.1, let second = checked.2 else {
            return nil
        }
        guard test.type == .flag, first.type == second.type else {
            report("? needs true or false before it, and one type on both sides of :", at: range)
            return nil
        }
        return TypedCondition(
            condition: .conditional(test.condition, first.condition, second.condition),
            type: first.type)
    }
}
