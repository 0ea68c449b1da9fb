import YAML

/// Cuts an expression's text into tokens.
struct Lexer {
    /// Bytes of an expression at most.
    static let limit = 16_384

    private let bytes: [UInt8]
    private var place = 0

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// The tokens of `text`, with `.end` last.
    static func tokens(of text: String) throws(ExpressionError) -> [Token] {
        var lexer = Lexer(text)
        guard lexer.bytes.count <= limit else {
            let range = TextRange(lower: 0, upper: 1)
            throw ExpressionError(message: "longer than \(limit) bytes", range: range)
        }
        var tokens: [Token] = []
        repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
        return tokens
    }

    private func byte(_ offset: Int = 0) -> UInt8 {
        place + offset < bytes.count ? bytes[place + offset] : 0
    }

    private func error(
        _ message: String, from start: Int, notes: [String] = []
    ) -> ExpressionError {
        let range = TextRange(lower: start, upper: max(place, start + 1))
        return ExpressionError(message: message, range: range, notes: notes)
    }

    private func token(_ kind: Token.Kind, from start: Int) -> Token {
        Token(kind: kind, range: TextRange(lower: start, upper: place))
    }

    private mutating func next() throws(ExpressionError) -> Token {
        while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
        let start = place
        guard place < bytes.count else { return token(.end, from: start) }
        switch byte() {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return try quoted()
        case let byte where Self.startsName(byte):
            skip { Self.continuesName($0) }
            return token(.name(slice(from: start)), from: start)
        default: return try symbol()
        }
    }

    private mutating func skip(while isPart: (UInt8) -> Bool) {
        while place < bytes.count, isPart(bytes[place]) { place += 1 }
    }

    private func slice(from start: Int) -> String {
        String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func number() throws(ExpressionError) -> Token {
        let start = place
        skip(while: Self.isDigit)
        if byte() == UInt8(ascii: "."), Self.isDigit(byte(1)) {
            place += 1
            skip(while: Self.isDigit)
        }
        let sign = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-")
        if byte() | 0x20 == UInt8(ascii: "e"), Self.isDigit(byte(sign ? 2 : 1)) {
            place += sign ? 2 : 1
            skip(while: Self.isDigit)
        }
        let digits = place
        skip(while: Self.continuesName)
        let text = slice(from: start)
        if place == digits, let value = Double(text), value.isFinite {
            return token(.number(value), from: start)
        }
        if let ms = durationMs(text) { return token(.duration(ms: ms), from: start) }
        let notes = ["durations are whole numbers with ms, s, m, h or d: 30s, 10m, 24h, 7d"]
        throw error("'\(text)' is neither a number nor a duration", from: start, notes: notes)
    }

    private mutating func quoted() throws(ExpressionError) -> Token {
        let start = place
        let quote = byte()
        place += 1
        skip { $0 != quote && $0 != 0x0A }
        guard byte() == quote else { throw error("this text has no closing quote", from: start) }
        let text = String(decoding: bytes[start + 1..<place], as: UTF8.self)
        place += 1
        if text.contains("\\") { throw error("escapes are not supported", from: start) }
        return token(.text(text), from: start)
    }

    private mutating func symbol() throws(ExpressionError) -> Token {
        let start = place
        let pair = String(decoding: [byte(), byte(1)], as: UTF8.self)
        if ["&&", "||", "==", "!=", "<=", ">="].contains(pair) {
            place += 2
            return token(.symbol(pair), from: start)
        }
        place += 1
        skip { $0 & 0xC0 == 0x80 }
        let one = slice(from: start)
        if one.utf8.count == 1, "+-*/%<>!()[],?:".contains(one) {
            return token(.symbol(one), from: start)
        }
        let meant = ["=": "==", "&": "&&", "|": "||"][one]
        let notes = meant.map { ["did you mean '\($0)'?"] } ?? []
        throw error("'\(one)' is not part of the condition language", from: start, notes: notes)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func startsName(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private static func continuesName(_ byte: UInt8) -> Bool {
        startsName(byte) || isDigit(byte) || byte == UInt8(ascii: ".")
    }
}
