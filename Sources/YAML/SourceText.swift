/// A place in a source text: line and column count from 1, columns in Unicode scalars.
public struct Position: Hashable, Comparable, Sendable {
    /// The line, from 1.
    public var line: Int
    /// The column, from 1, in Unicode scalars.
    public var column: Int

    /// The place at `line` and `column`, both from 1.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Orders by line, then column.
    public static func < (a: Position, b: Position) -> Bool {
        (a.line, a.column) < (b.line, b.column)
    }
}

/// A run of a source text: from `start` up to, but not including, `end`.
public struct SourceRange: Hashable, Sendable {
    /// The first place.
    public var start: Position
    /// The place behind the last.
    public var end: Position

    /// The run from `start` to `end`.
    public init(start: Position, end: Position) {
        self.start = start
        self.end = end
    }
}

/// The text of one file, with the name diagnostics print and an index of its lines.
///
/// A byte order mark is dropped. Lines end where YAML says: LF, CR, CR LF, NEL, LS or PS.
public struct SourceText: Sendable {
    /// What diagnostics call the file; usually its path.
    public let name: String
    /// The content without a byte order mark.
    public let bytes: [UInt8]
    /// The offset of each line's first byte.
    private let lineStarts: [Int]

    /// The text `bytes` called `name`; O(n).
    public init(name: String, bytes: [UInt8]) {
        let marked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        self.name = name
        self.bytes = marked ? Array(bytes.dropFirst(3)) : bytes
        self.lineStarts = Self.lineStarts(of: self.bytes)
    }

    /// The text `text` called `name`.
    public init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }

    /// The number of lines, at least 1.
    public var lineCount: Int { lineStarts.count }

    private static func lineStarts(of bytes: [UInt8]) -> [Int] {
        var starts = [0]
        var i = 0
        while i < bytes.count {
            let length = breakLength(in: bytes, at: i)
            i += max(1, length)
            if length > 0 { starts.append(i) }
        }
        return starts
    }

    /// The bytes of the line break at `i`; 0 where there is none.
    static func breakLength(in bytes: [UInt8], at i: Int) -> Int {
        func byte(_ offset: Int) -> UInt8 { i + offset < bytes.count ? bytes[i + offset] : 0 }
        switch bytes[i] {
        case 0x0A: return 1
        case 0x0D: return byte(1) == 0x0A ? 2 : 1
        case 0xC2: return byte(1) == 0x85 ? 2 : 0
        case 0xE2: return byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9) ? 3 : 0
        default: return 0
        }
    }

    /// The bytes of line `number` (from 1) without its break; empty outside the text.
    func line(_ number: Int) -> ArraySlice<UInt8> {
        guard number >= 1, number <= lineStarts.count else { return [] }
        let start = lineStarts[number - 1]
        var end = start
        while end < bytes.count, Self.breakLength(in: bytes, at: end) == 0 { end += 1 }
        return bytes[start..<end]
    }

    /// The place of the byte at `offset`; clamped to the text.
    public func position(ofByte offset: Int) -> Position {
        let offset = min(max(0, offset), bytes.count)
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        let scalars = bytes[lineStarts[low]..<offset].count { $0 & 0xC0 != 0x80 }
        return Position(line: low + 1, column: scalars + 1)
    }

    /// The offset of the byte at `position`; clamped to the text.
    public func byteOffset(of position: Position) -> Int {
        guard position.line >= 1 else { return 0 }
        guard position.line <= lineStarts.count else { return bytes.count }
        var offset = lineStarts[position.line - 1]
        var column = 1
        while column < position.column, offset < bytes.count {
            offset += 1
            while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
            column += 1
        }
        return offset
    }

    /// The offset of the first byte that is not UTF-8; nil where all is well.
    func firstInvalidByte() -> Int? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var low = 0
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            low += UTF8.width(scalar)
        }
        return low
    }
}
