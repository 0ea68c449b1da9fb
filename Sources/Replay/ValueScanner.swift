import Primitives

/// Finds the end of one JSON value: of an object by its braces, of anything else at the next comma, bracket or
/// line end. It respects texts and their escapes and checks nothing else; the decoder does.
///
/// A text ends with its line, as JSON has it. An object that begins at the start of a line where no value may
/// stand ends the one before it: so a cut-off object takes none of its followers with it.
struct ValueScanner {
    /// Line feeds passed.
    private(set) var lineFeeds: Int64 = 0
    private var depth = 0
    private var isInText = false
    private var isEscaped = false
    private var isLineStart = false
    /// The last byte outside of texts that is no space.
    private var last: UInt8 = 0

    private enum Verdict {
        case inside
        case endsBefore
        case endsBehind
    }

    /// Scans on: how many of the bytes belong to the value, and whether it ends behind them.
    mutating func scan(_ bytes: ByteSlice) -> (count: Int, isEnd: Bool) {
        var i = 0
        while i < bytes.count {
            let byte = bytes[i]
            switch isInText ? text(byte) : structure(byte) {
            case .inside: i += 1
            case .endsBefore: return (i, true)
            case .endsBehind: return (i + 1, true)
            }
        }
        return (i, false)
    }

    @inline(__always)
    private mutating func text(_ byte: UInt8) -> Verdict {
        if byte == 0x0A { return lineFeed() }
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInText = false
        }
        return .inside
    }

    @inline(__always)
    private mutating func structure(_ byte: UInt8) -> Verdict {
        if byte == 0x0A { return lineFeed() }
        defer { isLineStart = false }
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): return .inside
        case UInt8(ascii: "\""): isInText = true
        case UInt8(ascii: "{"):
            if isLineStart, depth > 0, !mayBeginValue { return .endsBefore }
            depth += 1
        case UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            if depth == 0 { return .endsBefore }
            depth -= 1
            if depth == 0 { return .endsBehind }
        case UInt8(ascii: ","): if depth == 0 { return .endsBefore }
        default: break
        }
        last = byte
        return .inside
    }

    private var mayBeginValue: Bool {
        last == UInt8(ascii: ",") || last == UInt8(ascii: "[") || last == UInt8(ascii: ":")
    }

    private mutating func lineFeed() -> Verdict {
        isInText = false
        isEscaped = false
        if depth == 0 { return .endsBefore }
        lineFeeds += 1
        isLineStart = true
        return .inside
    }
}
