/// Where the bytes of a scalar's text stand in the source: for errors inside a scalar.
///
/// The text is aligned with the source it was read from: white space (which folding changes) is skipped on
/// both sides, everything else must be equal but for quotes doubled or escaped. Where that fails (an escape
/// such as `\x41`), the rest of the text maps to the place reached.
public struct ScalarPlaces {
    private let source: SourceText
    private var offsets: [Int] = []

    /// The places of the text of `node`, a scalar.
    public init(_ node: Node) {
        source = node.source
        guard let scalar = node.scalar else { return }
        var cursor = Cursor(
            bytes: source.bytes, style: scalar.style,
            place: Self.start(of: scalar, at: source.byteOffset(of: node.range.start), in: source),
            limit: source.byteOffset(of: node.range.end))
        for byte in scalar.text.utf8 { offsets.append(cursor.consume(byte)) }
    }

    /// The places of a text that stands in the source as it is, from `start` on.
    public init(source: SourceText, start: Int, count: Int) {
        self.source = source
        offsets = Array(start..<start + count)
    }

    /// The run of the source behind the text's bytes `lower ..< upper`; behind its end, where it ends.
    public func range(_ lower: Int, _ upper: Int) -> SourceRange {
        let behind = (offsets.last ?? -1) + 1
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
        if isLost || ScalarPlaces.isSpace(expected) { return place }
        while let next = byte(0), ScalarPlaces.isSpace(next) { place += 1 }
        let isEscaped = style == .doubleQuoted && byte(0) == 0x5C
        let isDoubled = style == .singleQuoted && byte(0) == 0x27
        if isEscaped || isDoubled { place += 1 }
        guard byte(0) == expected else {
            isLost = true
            return place
        }
        defer { place += 1 }
        return place
    }
}
