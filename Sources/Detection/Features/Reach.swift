/// What a term may come to: the numbers between two bounds, and whether it may be undefined.
///
/// Interval arithmetic; wider than the truth at times, never narrower.
struct Reach: Equatable, Sendable {
    var low: Double
    var high: Double
    var mayBeUndefined: Bool

    static let undefined = Reach(low: .infinity, high: -.infinity, mayBeUndefined: true)
    static let anyNumber = Reach(low: -.infinity, high: .infinity, mayBeUndefined: true)
    static let count = Reach(low: 0, high: .infinity, mayBeUndefined: false)
    static let zero = Reach(low: 0, high: 0, mayBeUndefined: false)

    static func flag(canBeTrue: Bool, canBeFalse: Bool) -> Reach {
        Reach(low: canBeFalse ? 0 : 1, high: canBeTrue ? 1 : 0, mayBeUndefined: false)
    }

    /// Whether it may be a number at all.
    var mayBeDefined: Bool { low <= high }
    /// Whether it may be other than 0.
    var canBeTrue: Bool { mayBeDefined && !(low == 0 && high == 0) }
    /// Whether it may be 0.
    var canBeFalse: Bool { low <= 0 && high >= 0 }

    /// What either may come to.
    func either(_ other: Reach) -> Reach {
        Reach(
            low: min(low, other.low), high: max(high, other.high),
            mayBeUndefined: mayBeUndefined || other.mayBeUndefined)
    }

    var negated: Reach { Reach(low: -high, high: -low, mayBeUndefined: mayBeUndefined) }

    /// What `op` may make of the two.
    func combined(_ op: BinaryOperator, _ other: Reach) -> Reach {
        switch op {
        case .and:
            return .flag(
                canBeTrue: canBeTrue && other.canBeTrue,
                canBeFalse: canBeFalse || other.canBeFalse)
        case .or:
            return .flag(
                canBeTrue: canBeTrue || other.canBeTrue,
                canBeFalse: canBeFalse && other.canBeFalse)
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            return compared(op, other)
        default: return computed(op, other)
        }
    }

    /// A comparison with something undefined is false.
    private func compared(_ op: BinaryOperator, _ other: Reach) -> Reach {
        guard mayBeDefined, other.mayBeDefined else { return .zero }
        let canBeTrue =
            switch op {
            case .less: low < other.high
            case .lessOrEqual: low <= other.high
            case .greater: high > other.low
            case .greaterOrEqual: high >= other.low
            case .equal: low <= other.high && high >= other.low
            default: low != high || other.low != other.high || low != other.low
            }
        return .flag(canBeTrue: canBeTrue, canBeFalse: true)
    }

    private func computed(_ op: BinaryOperator, _ other: Reach) -> Reach {
        guard mayBeDefined, other.mayBeDefined else { return .undefined }
        let mayBeUndefined = mayBeUndefined || other.mayBeUndefined
        let areCounts = low >= 0 && other.low >= 0
        switch op {
        case .add:
            return Reach(
                low: low + other.low, high: high + other.high, mayBeUndefined: mayBeUndefined)
        case .subtract: return computed(.add, other.negated)
        case .minimum:
            return Reach(
                low: min(low, other.low), high: min(high, other.high),
                mayBeUndefined: mayBeUndefined)
        case .multiply where areCounts:
            let isZero = high == 0 || other.high == 0
            return Reach(
                low: low * other.low, high: isZero ? 0 : high * other.high,
                mayBeUndefined: mayBeUndefined)
        case .divide where areCounts:
            if other.high == 0 { return .undefined }
            return Reach(low: 0, high: high == 0 ? 0 : .infinity, mayBeUndefined: true)
        default: return .anyNumber
        }
    }
}

extension Term {
    /// What the term may come to where `isAbsent` says of measures, dimensions and kinds that no event has them.
    func reach(_ isAbsent: (EventInput) -> Bool) -> Reach {
        switch self {
        case .constant(let value):
            return value.isNaN
                ? .undefined : Reach(low: value, high: value, mayBeUndefined: false)
        case .feature(let feature): return feature.reach(isAbsent)
        case .isKind(let kind):
            return .flag(canBeTrue: !isAbsent(.kind(kind)), canBeFalse: true)
        case .not(let term):
            let reach = term.reach(isAbsent)
            return .flag(
                canBeTrue: reach.canBeFalse, canBeFalse: reach.canBeTrue || reach.mayBeUndefined)
        case .negate(let term): return term.reach(isAbsent).negated
        case .binary(let op, let a, let b):
            return a.reach(isAbsent).combined(op, b.reach(isAbsent))
        case .conditional(let condition, let yes, let no):
            let condition = condition.reach(isAbsent)
            if !condition.canBeTrue, !condition.mayBeUndefined { return no.reach(isAbsent) }
            return yes.reach(isAbsent).either(no.reach(isAbsent))
        }
    }
}
