import Aggregation
import Detection
import Primitives

/// An expression as a tree with its own text and its own meaning: what the compiled form is checked against.
indirect enum NaiveExpression {
    case number(Double)
    case duration(String, ms: Double)
    case flag(Bool)
    case feature(String, (FakeEntity, StateSchema) -> Double?)
    case kindIn([String])
    case prefix(String, NaiveExpression)
    case infix(String, NaiveExpression, NaiveExpression)
    case conditional(NaiveExpression, NaiveExpression, NaiveExpression)

    var text: String {
        switch self {
        case .number(let value): value.description
        case .duration(let text, _): text
        case .flag(let flag): flag.description
        case .feature(let text, _): text
        case .kindIn(let kinds): "kind in [\(kinds.map { "\"\($0)\"" }.joined(separator: ", "))]"
        case .prefix(let op, let operand): "\(op)(\(operand.text))"
        case .infix(let op, let a, let b): "(\(a.text)) \(op) (\(b.text))"
        case .conditional(let c, let a, let b): "(\(c.text)) ? (\(a.text)) : (\(b.text))"
        }
    }

    /// The value; nil is undefined, flags are 0 and 1.
    func value(_ entity: FakeEntity, _ schema: StateSchema, kinds: [String]) -> Double? {
        func of(_ e: NaiveExpression) -> Double? { e.value(entity, schema, kinds: kinds) }
        switch self {
        case .number(let value): return value
        case .duration(_, let ms): return ms
        case .flag(let flag): return flag ? 1 : 0
        case .feature(_, let value): return value(entity, schema)
        case .kindIn(let names): return names.contains(kinds[entity.kind.index ?? 0]) ? 1 : 0
        case .prefix("!", let operand): return of(operand) == 0 ? 1 : 0
        case .prefix(_, let operand): return of(operand).map { -$0 }
        case .conditional(let c, let a, let b): return of(c) != 0 ? of(a) : of(b)
        case .infix(let op, let a, let b): return Self.combine(op, of(a), of(b))
        }
    }

    private static func combine(_ op: String, _ a: Double?, _ b: Double?) -> Double? {
        func flag(_ isTrue: Bool) -> Double { isTrue ? 1 : 0 }
        switch op {
        case "&&": return flag(a != 0 && b != 0)
        case "||": return flag(a != 0 || b != 0)
        default: break
        }
        let isComparison = ["==", "!=", "<", "<=", ">", ">="].contains(op)
        guard let a, let b, !a.isNaN, !b.isNaN else { return isComparison ? 0 : nil }
        switch op {
        case "==": return flag(a == b)
        case "!=": return flag(a != b)
        case "<": return flag(a < b)
        case "<=": return flag(a <= b)
        case ">": return flag(a > b)
        case ">=": return flag(a >= b)
        case "+": return a + b
        case "-": return a - b
        case "*": return a * b
        case "/": return b == 0 ? nil : a / b
        default: return b == 0 ? nil : a.truncatingRemainder(dividingBy: b)
        }
    }
}

/// Makes random well-typed expressions.
struct ExpressionMaker {
    var state: UInt64

    mutating func pick(_ bound: Int) -> Int {
        state &+= 1
        return Int(mix(state) % UInt64(bound))
    }

    mutating func pick<T>(_ items: [T]) -> T { items[pick(items.count)] }

    mutating func flag(depth: Int) -> NaiveExpression {
        if depth == 0 { return comparison(depth: 0) }
        switch pick(8) {
        case 0: return .prefix("!", flag(depth: depth - 1))
        case 1:
            return .conditional(
                flag(depth: depth - 1), flag(depth: depth - 1), flag(depth: depth - 1))
        case 2: return .kindIn(pick(2) == 0 ? ["ip"] : ["device", "payment"])
        case 3, 4: return .infix("&&", flag(depth: depth - 1), flag(depth: depth - 1))
        case 5: return .infix("||", flag(depth: depth - 1), flag(depth: depth - 1))
        default: return comparison(depth: depth - 1)
        }
    }

    private mutating func comparison(depth: Int) -> NaiveExpression {
        let op = pick(["==", "!=", "<", "<=", ">", ">="])
        if pick(5) == 0 { return .infix(op, age(), .duration("\(10 + pick(40))d", ms: 0)).fixed }
        return .infix(op, number(depth: depth), number(depth: depth))
    }

    private func age() -> NaiveExpression {
        .feature("age()") { entity, _ in Double(entity.agePanes) * 10_000 }
    }

    mutating func number(depth: Int) -> NaiveExpression {
        if depth <= 0 { return pick(2) == 0 ? .number(Double(pick(40)) / 4) : feature() }
        switch pick(6) {
        case 0: return .prefix("-", number(depth: depth - 1))
        case 1:
            return .conditional(
                flag(depth: depth - 1), number(depth: depth - 1), number(depth: depth - 1))
        case 2, 3:
            let op = pick(["+", "-", "*", "/", "%"])
            return .infix(op, number(depth: depth - 1), number(depth: depth - 1))
        default: return feature()
        }
    }

    private mutating func feature() -> NaiveExpression {
        let (text, panes) = pick([("1m", UInt32(6)), ("1h", 360), ("24h", 8640)])
        switch pick(13) {
        case 0:
            return .feature("requests(\(text))") { e, _ in Double(e.sum(measure: 0, window: panes))
            }
        case 1:
            return .feature("ratio(errors, \(text))") { e, s in
                let n = Double(e.sum(measure: 0, window: panes))
                let m = s.measures.firstIndex(of: "errors") ?? -1
                return n == 0 ? nil : Double(e.sum(measure: m, window: panes)) / n
            }
        case 2: return .feature("accounts(\(text))") { e, s in s.distinct("account", panes, e) }
        case 3:
            return .feature("distinct(model, \(text))") { e, s in s.distinct("model", panes, e) }
        case 4, 5: return .feature("evenness(\(text))") { e, s in s.evenness("account", panes, e) }
        case 6:
            return .feature("top_share(ip, \(text))") { e, s in
                let l = s.loads("ip", panes, e)
                return l.sampled == 0
                    ? nil : Double(l.largest) / (Double(l.sum) * l.values / Double(l.sampled))
            }
        case 7:
            return .feature("new_share(\(text))") { e, s in
                let d = s.distinct("account", panes, e)
                let index = s.first("account")
                let young = e.newborn(dimension: index, window: panes, youngerThan: 14 * 8640)
                return d == 0 ? nil : young / d
            }
        case 8: return .feature("payers(\(text))") { e, s in s.distinct("payment", panes, e) }
        case 9:
            return .feature("spread(\(text))") { e, s in
                let (d, p) = (s.distinct("account", panes, e), s.distinct("payment", panes, e))
                if Double(e.agePanes) * 10_000 > 30 * 86_400_000 { return 0 }
                return d == 0 ? 0 : d * min(1, p / d)
            }
        case 10:
            return .feature("focus(ip, \(text))") { e, s in
                let l = s.loads("ip", panes, e)
                let three = Double(l.largest + l.runnersUp)
                return l.sampled == 0 ? nil : three / (Double(l.sum) * l.values / Double(l.sampled))
            }
        case 11:
            return .feature("dispersion(\(text))") { e, _ in
                let s = e.stretches(measure: 0, window: panes)
                guard s.count >= 8, s.sum >= s.count else { return nil }
                let (n, mean) = (Double(s.count), Double(s.sum) / Double(s.count))
                return (s.sumOfSquares - Double(s.sum) * mean) / (n - 1) / mean
            }
        default:
            return .feature("hours_active(24h)") { e, _ in
                Double(e.activeHours(hours: 24)) / 24
            }
        }
    }
}

extension NaiveExpression {
    /// Fills in the milliseconds of a duration written in days.
    fileprivate var fixed: NaiveExpression {
        guard case .infix(let op, let a, .duration(let text, _)) = self else { return self }
        return .infix(op, a, .duration(text, ms: (Double(text.dropLast()) ?? 0) * 86_400_000))
    }
}

extension StateSchema {
    fileprivate func first(_ name: String) -> Int {
        dimensions.firstIndex { $0.name == name } ?? -1
    }

    fileprivate func distinct(_ name: String, _ panes: UInt32, _ entity: FakeEntity) -> Double {
        entity.distinct(dimension: first(name), window: panes)
    }

    fileprivate func loads(_ name: String, _ panes: UInt32, _ entity: FakeEntity) -> Loads {
        let index = dimensions.firstIndex { $0.name == name && $0.loadWindow == panes } ?? -1
        return entity.loads(dimension: index, window: panes)
    }

    fileprivate func evenness(_ name: String, _ panes: UInt32, _ entity: FakeEntity) -> Double? {
        let l = loads(name, panes, entity)
        let (n, d) = (Double(l.sum), Double(l.sampled))
        guard d > 0, n / d >= 3 else { return nil }
        return l.sumOfSquares > n ? min(1, n * n / (d * (l.sumOfSquares - n))) : nil
    }
}
