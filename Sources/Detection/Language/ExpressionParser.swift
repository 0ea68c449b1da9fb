/// Reads an expression by precedence: `?:`, `||`, `&&`, comparisons and `in`, `+ -`, `* / %`, `! -`.
struct ExpressionParser {
    /// Brackets and prefixes inside each other at most.
    static let depthLimit = 64
    /// Operators at most: chains nest to the left, and every later pass recurses.
    static let operatorLimit = 500

    private let tokens: [Token]
    private var place = 0
    private var depth = 0
    private var operators = 0

    /// The expression `text` says.
    static func parse(_ text: String) throws(ExpressionError) -> Expression {
        var parser = ExpressionParser(tokens: try Lexer.tokens(of: text))
        let expression = try parser.conditional()
        if parser.token.kind != .end { throw parser.unexpected() }
        return expression
    }

    private init(tokens: [Token]) { self.tokens = tokens }

    private var token: Token { tokens[min(place, tokens.count - 1)] }

    /// The operator or bracket at hand; `in` counts as an operator.
    private var symbol: String? {
        switch token.kind {
        case .symbol(let symbol): symbol
        case .name("in"): "in"
        default: nil
        }
    }

    private mutating func take(_ wanted: String) -> Bool {
        guard symbol == wanted else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ wanted: String) throws(ExpressionError) {
        if !take(wanted) { throw unexpected(wanted: "'\(wanted)'") }
    }

    private func unexpected(wanted: String = "an operator") -> ExpressionError {
        var notes: [String] = []
        let found: String
        switch token.kind {
        case .end: found = "the end"
        case .symbol(let symbol): found = "'\(symbol)'"
        case .name(let name):
            found = "'\(name)'"
            let meant = ["and": "&&", "or": "||", "not": "!"][name.lowercased()]
            notes = meant.map { ["did you mean '\($0)'?"] } ?? []
        case .number, .duration, .text: found = "another value"
        }
        return ExpressionError(
            message: "expected \(wanted), found \(found)", range: token.range, notes: notes)
    }

    private mutating func conditional() throws(ExpressionError) -> Expression {
        try deeper()
        defer { depth -= 1 }
        let condition = try infix(level: 0)
        guard take("?") else { return condition }
        let yes = try conditional()
        try expect(":")
        let no = try conditional()
        return Expression(
            kind: .conditional(condition, yes, no), range: condition.range.through(no.range))
    }

    private mutating func deeper() throws(ExpressionError) {
        depth += 1
        if depth > Self.depthLimit {
            let message = "nested deeper than \(Self.depthLimit) levels"
            throw ExpressionError(message: message, range: token.range)
        }
    }

    private static let levels: [Set<String>] = [
        ["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">=", "in"], ["+", "-"], ["*", "/", "%"],
    ]

    private mutating func infix(level: Int) throws(ExpressionError) -> Expression {
        guard level < Self.levels.count else { return try prefix() }
        var left = try infix(level: level + 1)
        while let symbol, Self.levels[level].contains(symbol) {
            let place = token.range
            operators += 1
            if operators > Self.operatorLimit {
                let message = "more than \(Self.operatorLimit) operators"
                throw ExpressionError(message: message, range: place)
            }
            self.place += 1
            let right = try infix(level: level + 1)
            left = Expression(
                kind: .infix(symbol, operator: place, left, right),
                range: left.range.through(right.range))
        }
        return left
    }

    private mutating func prefix() throws(ExpressionError) -> Expression {
        let start = token.range
        for symbol in ["!", "-"] where take(symbol) {
            try deeper()
            defer { depth -= 1 }
            let operand = try prefix()
            return Expression(
                kind: .prefix(symbol, operand), range: start.through(operand.range))
        }
        return try primary()
    }

    private mutating func primary() throws(ExpressionError) -> Expression {
        let token = token
        switch token.kind {
        case .number(let value): return leaf(.number(value))
        case .duration(let ms): return leaf(.duration(ms: ms))
        case .text(let text): return leaf(.text(text))
        case .name("true"): return leaf(.flag(true))
        case .name("false"): return leaf(.flag(false))
        case .name(let name) where name != "in": return try named(name)
        case .symbol("("):
            place += 1
            var inner = try conditional()
            inner.range = token.range.through(self.token.range)
            try expect(")")
            return inner
        case .symbol("["):
            place += 1
            let (items, end) = try list(until: "]")
            return Expression(kind: .list(items), range: token.range.through(end))
        default: throw unexpected(wanted: "a value")
        }
    }

    private mutating func leaf(_ kind: Expression.Kind) -> Expression {
        defer { place += 1 }
        return Expression(kind: kind, range: token.range)
    }

    private mutating func named(_ name: String) throws(ExpressionError) -> Expression {
        let start = token.range
        place += 1
        guard take("(") else { return Expression(kind: .name(name), range: start) }
        let (arguments, end) = try list(until: ")")
        return Expression(
            kind: .call(name, name: start, arguments), range: start.through(end))
    }

    /// Items up to the closing bracket, and the bracket's place.
    private mutating func list(
        until close: String
    ) throws(ExpressionError) -> ([Expression], TextRange) {
        var items: [Expression] = []
        var end = token.range
        if take(close) { return (items, end) }
        repeat { items.append(try conditional()) } while take(",")
        end = token.range
        try expect(close)
        return (items, end)
    }
}
