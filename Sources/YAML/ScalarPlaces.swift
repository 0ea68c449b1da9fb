/// Where the bytes of a scalar's text stand in the source: for errors inside a scalar.
///
/// The text is aligned with the source it was read from: white space (which folding changes) is skipped on
/// both sides, everything else must be equal but for quotes doubled and escapes; all bytes an escape stands
/// for are at its start. Where that fails the rest of the text maps to the place reached.
public struct ScalarPlaces {
    private let source: SourceText
    private var offsets: [Int] = []
    /// Where the text begins, or would if there were one.
    private var origin = 0

    /// The places of the text of `node`, a scalar.
    public init(_ node: Node) {
        source = node.source
        guard let scalar = node.scalar else { return }
        origin = Self.start(of: scalar, at: source.byteOffset(of: node.range.start), in: source)
        var cursor = Cursor(
            bytes: source.bytes, style: scalar.style, place: origin,
            limit: source.byteOffset(of: node.range.end))
        for byte in scalar.text.utf8 { offsets.append(cursor.consume(byte)) }
    }

    /// The places of a text that stands in the source as it is, from `start` on.
    public init(source: SourceText, start: Int, count: Int) {
        self.source = source
        origin = start
        offsets = Array(start..<start + count)
    }

    /// The run of the source behind the text's bytes `lower ..< upper`; behind its end, where it ends.
    public func range(_ lower: Int, _ upper: Int) -> SourceRange {
        let behind = offsets.last.map { $0 + 1 } ?? origin
        let start = lower < offsets.count ? offsets[max(0, lower)] : behind
        // The end lies behind the last byte, not before the next: white space may be between them.
        let end = upper > lower && upper <= offsets.count ? offsets[upper - 1] + 1 : start
        return SourceRange(
            start: source.position(ofByte: start), end: source.position(ofByte: max(start, end)))
    }

    /// The first byte of the content: behind a tag, a quote, or a block's header line.
    private static func start(
        of scalar: Node.Scalar, at offset: Int, in source: SourceText
    ) -> Int {
        let bytes = source.bytes
        var i = offset
        if scalar.tag != nil {
            while i < bytes.count, !isSpace(bytes[i]) { i += 1 }
            while i < bytes.count, isSpace(bytes[i]) { i += 1 }
        }
        switch scalar.style {
        case .plain: return i
        case .singleQuoted, .doubleQuoted: return i + 1
        case .literal, .folded:
            while i < bytes.count, bytes[i] != 0x0A, bytes[i] != 0x0D { i += 1 }
            return i
        }
    }

    fileprivate static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

/// Walks the source along a scalar's text.
private struct Cursor {
    let bytes: [UInt8]
    let style: Node.Scalar.Style
    var place: Int
    let limit: Int
    private var isLost = false
    /// What is left of the bytes an escape stands for, and where it begins and ends.
    private var escape: (rest: ArraySlice<UInt8>, start: Int)?

    init(bytes: [UInt8], style: Node.Scalar.Style, place: Int, limit: Int) {
        self.bytes = bytes
        self.style = style
        self.place = min(place, limit)
        self.limit = min(limit, bytes.count)
    }

    private func byte(_ offset: Int) -> UInt8? {
        place + offset < limit ? bytes[place + offset] : nil
    }

    /// The place of the text's next byte, which is `expected`.
    mutating func consume(_ expected: UInt8) -> Int {
        if isLost { return place }
        if let start = consumeEscaped(expected) { return start }
        if ScalarPlaces.isSpace(expected) { return consumeSpace(expected) }
        skipSpace()
        if style == .doubleQuoted, byte(0) == 0x5C { return beginEscape(expected) }
        if style == .singleQuoted, byte(0) == 0x27 { place += 1 }
        guard byte(0) == expected else {
            isLost = true
            return place
        }
        defer { place += 1 }
        return place
    }

    /// White space, and line breaks that are escaped: both stand for nothing.
    private mutating func skipSpace() {
        while let next = byte(0) {
            if ScalarPlaces.isSpace(next) {
                place += 1
            } else if style == .doubleQuoted, next == 0x5C, byte(1) == 0x0A || byte(1) == 0x0D {
                place += 2
            } else {
                return
            }
        }
    }

    /// A space of the text may be one of the source, or an escape.
    private mutating func consumeSpace(_ expected: UInt8) -> Int {
        guard style == .doubleQuoted, byte(0) == 0x5C, let found = escapeAtPlace(),
            found.bytes.first == expected
        else { return place }
        return beginEscape(expected)
    }

    /// The next byte of the escape begun before; nil where none is open.
    private mutating func consumeEscaped(_ expected: UInt8) -> Int? {
        guard let open = escape, let next = open.rest.first else { return nil }
        escape = (open.rest.dropFirst(), open.start)
        isLost = next != expected
        return open.start
    }

    private mutating func beginEscape(_ expected: UInt8) -> Int {
        let start = place
        guard let found = escapeAtPlace(), found.bytes.first == expected else {
            isLost = true
            return start
        }
        escape = (found.bytes.dropFirst(), start)
        place += found.length
        return start
    }

    /// What the escape at hand stands for, and its length in the source.
    private func escapeAtPlace() -> (bytes: ArraySlice<UInt8>, length: Int)? {
        guard let letter = byte(1) else { return nil }
        let digits = [UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8][letter]
        guard let digits else {
            return Self.escapes[letter].map { (Array(String($0).utf8)[...], 2) }
        }
        var code: UInt32 = 0
        for i in 0..<digits {
            guard let digit = byte(2 + i).flatMap({ Character(UnicodeScalar($0)).hexDigitValue })
            else { return nil }
            code = code << 4 | UInt32(digit)
        }
        guard let scalar = UnicodeScalar(code) else { return nil }
        return (Array(String(Character(scalar)).utf8)[...], 2 + digits)
    }

    /// What single letters behind a backslash stand for.
    private static let escapes: [UInt8: Character] = [
        UInt8(ascii: "0"): "\0", UInt8(ascii: "a"): "\u{7}", UInt8(ascii: "b"): "\u{8}",
        UInt8(ascii: "t"): "\t", 0x09: "\t", UInt8(ascii: "n"): "\n", UInt8(ascii: "v"): "\u{B}",
        UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "r"): "\r", UInt8(ascii: "e"): "\u{1B}",
        0x20: " ", UInt8(ascii: "\""): "\"", UInt8(ascii: "'"): "'", UInt8(ascii: "/"): "/",
        UInt8(ascii: "\\"): "\\", UInt8(ascii: "N"): "\u{85}", UInt8(ascii: "_"): "\u{A0}",
        UInt8(ascii: "L"): "\u{2028}", UInt8(ascii: "P"): "\u{2029}",
    ]
}
