/// What two values give.
enum BinaryOperator: UInt8, Sendable {
    case and, or
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case add, subtract, multiply, divide, remainder, minimum

    /// The value over two defined or undefined (NaN) operands; flags are 0 and 1.
    ///
    /// A comparison with an undefined operand is false, `!=` too; arithmetic with one is undefined, and so
    /// is division by zero.
    @inline(__always)
    func apply(_ a: Double, _ b: Double) -> Double {
        switch self {
        case .and: a != 0 && b != 0 ? 1 : 0
        case .or: a != 0 || b != 0 ? 1 : 0
        case .equal: a == b ? 1 : 0
        case .notEqual: a < b || a > b ? 1 : 0
        case .less: a < b ? 1 : 0
        case .lessOrEqual: a <= b ? 1 : 0
        case .greater: a > b ? 1 : 0
        case .greaterOrEqual: a >= b ? 1 : 0
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: b == 0 ? .nan : a / b
        case .remainder: b == 0 ? .nan : a.truncatingRemainder(dividingBy: b)
        case .minimum: a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
        }
    }
}

/// A checked expression: features are primitive, types are gone, constants are folded.
///
/// Durations are milliseconds, flags 0 and 1, an undefined number is NaN.
indirect enum Term: Hashable, Sendable {
    case constant(Double)
    case feature(Feature)
    /// 1 on a fingerprint of this kind, else 0.
    case isKind(String)
    case not(Term)
    case negate(Term)
    case binary(BinaryOperator, Term, Term)
    case conditional(Term, Term, Term)

    /// `a op b`, computed where both are constant.
    static func folded(_ op: BinaryOperator, _ a: Term, _ b: Term) -> Term {
        if case .constant(let a) = a, case .constant(let b) = b { return .constant(op.apply(a, b)) }
        return .binary(op, a, b)
    }

    /// Calls `body` with every feature, depth first, left to right; repeats included.
    func forEachFeature(_ body: (Feature) -> Void) {
        switch self {
        case .constant, .isKind: break
        case .feature(let feature): body(feature)
        case .not(let term), .negate(let term): term.forEachFeature(body)
        case .binary(_, let a, let b):
            a.forEachFeature(body)
            b.forEachFeature(body)
        case .conditional(let condition, let yes, let no):
            condition.forEachFeature(body)
            yes.forEachFeature(body)
            no.forEachFeature(body)
        }
    }

    /// A text equal for equal terms and different for different ones: part of digests, so it never changes.
    var canonical: String {
        switch self {
        case .constant(let value): value.description
        case .feature(let feature): feature.canonical
        case .isKind(let kind): "(kind \(kind))"
        case .not(let term): "(not \(term.canonical))"
        case .negate(let term): "(negate \(term.canonical))"
        case .binary(let op, let a, let b): "(\(op.rawValue) \(a.canonical) \(b.canonical))"
        case .conditional(let condition, let yes, let no):
            "(if \(condition.canonical) \(yes.canonical) \(no.canonical))"
        }
    }
}
