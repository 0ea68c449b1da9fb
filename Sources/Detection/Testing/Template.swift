/// Text with whole-number expressions over `i` between double braces: `a{{i % 20}}`.
struct Template: Sendable {
    /// A part of the text.
    enum Part: Sendable {
        case literal(String)
        case expression(TemplateExpression)
    }

    var parts: [Part]

    /// The text for event `i`.
    func text(_ i: Int64) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .expression(let expression): text += String(expression.value(i))
            }
        }
        return text
    }

    /// The expression where it is all there is.
    var loneExpression: TemplateExpression? {
        guard parts.count == 1, case .expression(let expression) = parts[0] else { return nil }
        return expression
    }

    /// The template `text` says.
    static func parse(_ text: String) throws(ExpressionError) -> Template {
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var place = 0
        func slice(_ lower: Int, _ upper: Int) -> String {
            String(decoding: bytes[lower..<upper], as: UTF8.self)
        }
        while let open = find(UInt8(ascii: "{"), in: bytes, from: place) {
            if open > place { parts.append(.literal(slice(place, open))) }
            guard let close = find(UInt8(ascii: "}"), in: bytes, from: open + 2) else {
                let range = TextRange(lower: open, upper: bytes.count)
                throw ExpressionError(message: "{{ without }}", range: range)
            }
            let inner = slice(open + 2, close)
            parts.append(.expression(try TemplateExpression.parse(inner, offset: open + 2)))
            place = close + 2
        }
        if place < bytes.count { parts.append(.literal(slice(place, bytes.count))) }
        return Template(parts: parts)
    }

    /// Where two braces stand.
    private static func find(_ brace: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
        var i = start
        while i + 1 < bytes.count {
            if bytes[i] == brace, bytes[i + 1] == brace { return i }
            i += 1
        }
        return nil
    }
}

/// A whole-number expression over `i`, with + - * / % and parentheses.
///
/// Arithmetic wraps around; division and remainder by zero give 0, so no test can crash the program.
indirect enum TemplateExpression: Sendable {
    case constant(Int64)
    case index
    case binary(String, TemplateExpression, TemplateExpression)

    /// The value for event `i`.
    func value(_ i: Int64) -> Int64 {
        switch self {
        case .constant(let value): value
        case .index: i
        case .binary(let op, let a, let b): Self.apply(op, a.value(i), b.value(i))
        }
    }

    private static func apply(_ op: String, _ a: Int64, _ b: Int64) -> Int64 {
        switch op {
        case "+": a &+ b
        case "-": a &- b
        case "*": a &* b
        case "/": b == 0 ? 0 : a.dividedReportingOverflow(by: b).partialValue
        default: b == 0 ? 0 : a.remainderReportingOverflow(dividingBy: b).partialValue
        }
    }

    /// The expression `text` says, which stands `offset` bytes into the template.
    static func parse(_ text: String, offset: Int) throws(ExpressionError) -> TemplateExpression {
        do throws(ExpressionError) {
            return try reduced(try ExpressionParser.parse(text))
        } catch {
            var moved = error
            moved.range.lower += offset
            moved.range.upper += offset
            throw moved
        }
    }

    private static func reduced(
        _ expression: Expression
    ) throws(ExpressionError) -> TemplateExpression {
        switch expression.kind {
        case .number(let number):
            if let whole = Int64(exactly: number) { return .constant(whole) }
        case .name("i"): return .index
        case .prefix("-", let operand):
            return .binary("-", .constant(0), try reduced(operand))
        case .infix(let op, _, let a, let b) where ["+", "-", "*", "/", "%"].contains(op):
            return .binary(op, try reduced(a), try reduced(b))
        default: break
        }
        let message = "a template computes whole numbers from i with + - * / %"
        throw ExpressionError(message: message, range: expression.range)
    }
}
