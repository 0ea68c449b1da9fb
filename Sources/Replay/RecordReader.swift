import Glibc
import Primitives

/// Cuts a file into records without copying them: lines, or the objects of one JSON array or of a file in
/// which objects span lines or share them. Which of the two a file holds is told by its beginning.
///
/// A record is lent until the next call. Records longer than `maxRecord` are lent cut to that length plus one
/// byte, so that the decoder refuses them as oversized, and the rest is skipped. Passed over are blank lines,
/// byte-order marks, and NUL bytes in front of a line, which a log has that was cut while it was written to.
///
/// Memory: 1 MiB, and as much as the largest record.
public struct RecordReader: ~Copyable {
    /// The line, from 1, that the record lent last begins in.
    public private(set) var line: Int64 = 0
    private var window: TextWindow
    private let maxRecord: Int
    private var layout = Layout.unknown
    /// The line that the window begins in.
    private var currentLine: Int64 = 1
    /// Bytes at the window's start that hold no line feed.
    private var scanned = 0
    private var isSkippingLine = false
    /// Inside of an object whose beginning was lent.
    private var skipping: ValueScanner?
    /// Bytes lent, which the next call passes over.
    private var lent = 0

    enum Layout {
        case unknown
        case lines
        case objects
    }

    /// A reader over `file`.
    public init(_ file: consuming InputFile, maxRecord: Int = 1 << 20) {
        self.maxRecord = maxRecord
        window = TextWindow(file, holding: maxRecord + 16)
    }

    /// How much of the file was read, in its own bytes, and its size; nil where that is not known.
    public var progress: (done: Int, total: Int)? {
        window.file.size.map { (window.file.bytesRead, $0) }
    }

    /// The next record; nil at the end.
    ///
    /// - Throws: `InputError`.
    public mutating func next() throws(InputError) -> ByteSlice? {
        if layout == .unknown { layout = try detect() }
        window.drop(lent)
        lent = 0
        return layout == .objects ? try nextObject() : try nextLine()
    }
}

extension RecordReader {
    // MARK: Lines

    private mutating func nextLine() throws(InputError) -> ByteSlice? {
        while true {
            if let record = try cutLine() { return record }
            if try !window.fill(), window.isAtEnd { return lastLine() }
        }
    }

    /// The next whole line in the window that is not blank, or the front of one that is too long.
    private mutating func cutLine() throws(InputError) -> ByteSlice? {
        while window.count > 0 {
            if scanned == 0, !isSkippingLine { try passMarks() }
            let bytes = window.bytes
            guard let end = Self.lineFeed(in: bytes, from: scanned) else { return openLine(bytes) }
            scanned = 0
            line = currentLine
            currentLine += 1
            let isRest = isSkippingLine
            isSkippingLine = false
            let record = isRest ? ByteSlice(rebasing: bytes[..<0]) : trimmed(bytes[..<end])
            if !Self.isBlank(record) {
                lent = end + 1
                return record
            }
            window.drop(end + 1)
        }
        return nil
    }

    @inline(__always)
    private static func lineFeed(in bytes: ByteSlice, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, 0x0A, bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// What is to be done with a line whose end is not in the window.
    private mutating func openLine(_ bytes: ByteSlice) -> ByteSlice? {
        scanned = bytes.count
        if isSkippingLine {
            window.drop(bytes.count)
            scanned = 0
        } else if bytes.count > maxRecord + 1 {
            // One byte more may be the carriage return of a line that just fits.
            line = currentLine
            lent = bytes.count
            scanned = 0
            isSkippingLine = true
            return ByteSlice(rebasing: bytes.prefix(maxRecord + 1))
        }
        return nil
    }

    /// What is left behind the last line feed.
    private mutating func lastLine() -> ByteSlice? {
        guard window.count > 0, !isSkippingLine else { return nil }
        line = currentLine
        lent = window.count
        let record = trimmed(window.bytes[...])
        return Self.isBlank(record) ? nil : record
    }

    /// Without its carriage return, cut where it is too long.
    private func trimmed(_ line: Slice<ByteSlice>) -> ByteSlice {
        let count = line.last == 0x0D ? line.count - 1 : line.count
        return ByteSlice(rebasing: line.prefix(min(count, maxRecord + 1)))
    }

    @inline(__always)
    private static func isBlank(_ line: ByteSlice) -> Bool {
        guard let first = line.first, first > 0x20 else { return line.allSatisfy(isSpace) }
        return false
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }

    /// Passes over NUL bytes, byte-order marks, and what begins a record of RFC 7464.
    @inline(__always)
    private mutating func passMarks() throws(InputError) {
        while let first = window.bytes.first, first == 0 || first == 0xEF || first == 0x1E {
            if first != 0xEF {
                window.drop(window.bytes.prefix { $0 == first }.count)
            } else if try isMark() {
                window.drop(3)
            } else {
                return
            }
        }
    }

    private mutating func isMark() throws(InputError) -> Bool {
        guard try window.peek(0) == 0xEF, try window.peek(1) == 0xBB else { return false }
        return try window.peek(2) == 0xBF
    }
}

extension RecordReader {
    // MARK: Objects

    private mutating func nextObject() throws(InputError) -> ByteSlice? {
        if let scanner = skipping { try skipRest(scanner) }
        guard try passBetween() else { return nil }
        line = currentLine
        var scanner = ValueScanner()
        var length = 0
        while true {
            let (count, isEnd) = scanner.scan(ByteSlice(rebasing: window.bytes[length...]))
            length += count
            // A bracket that closes nothing is a record of its own, which is refused.
            if isEnd, length == 0 { length = 1 }
            if isEnd || length > maxRecord { return lend(length, scanner, isEnd: isEnd) }
            if try !window.fill() { return lend(length, scanner, isEnd: true) }
        }
    }

    private mutating func lend(_ length: Int, _ scanner: ValueScanner, isEnd: Bool) -> ByteSlice {
        lent = length
        if isEnd { currentLine += scanner.lineFeeds } else { skipping = scanner }
        return ByteSlice(rebasing: window.bytes.prefix(min(length, maxRecord + 1)))
    }

    private mutating func skipRest(_ open: ValueScanner) throws(InputError) {
        var scanner = open
        skipping = nil
        while true {
            let (count, isEnd) = scanner.scan(window.bytes)
            window.drop(count)
            if isEnd { break }
            if try !window.fill() { break }
        }
        currentLine += scanner.lineFeeds
    }

    /// Passes over what stands between objects; false at the end of the file.
    private mutating func passBetween() throws(InputError) -> Bool {
        while let byte = try window.peek(0) {
            switch byte {
            case 0x0A: currentLine += 1
            // Spaces, NULs, what separates records of RFC 7464, and the array's own bytes.
            case 0x20, 0x09, 0x0D, 0, 0x1E, UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"):
                break
            case 0xEF:
                guard try isMark() else { return true }
                window.drop(2)
            default: return true
            }
            window.drop(1)
        }
        return false
    }
}

extension RecordReader {
    // MARK: Which of the two

    /// Tells the layout by the beginning, and passes over blank lines in front of it.
    private mutating func detect() throws(InputError) -> Layout {
        try refuseUTF16()
        try passMarks()
        var spaces = 0
        while let byte = try window.peek(spaces) {
            switch byte {
            case UInt8(ascii: "["): return try beginsArray(behind: spaces) ? .objects : .lines
            case UInt8(ascii: "{"): return try firstObjectIsLine() ? .lines : .objects
            case 0x20, 0x09, 0x0D: spaces += 1
            case 0x0A:
                currentLine += 1
                window.drop(spaces + 1)
                spaces = 0
                try passMarks()
            default: return .lines
            }
        }
        return .lines
    }

    /// UTF-16 inside of a packed file; in a plain one the first bytes have told.
    private mutating func refuseUTF16() throws(InputError) {
        let first = [try window.peek(0), try window.peek(1)].compactMap { $0 }
        guard first == [0xFF, 0xFE] || first == [0xFE, 0xFF] else { return }
        let remedy = "iconv -f UTF-16 -t UTF-8"
        throw .foreign(path: window.file.path, format: "UTF-16 text", remedy: remedy)
    }

    /// Whether the bracket behind so many spaces opens an array of objects, and not a word of a log.
    private mutating func beginsArray(behind spaces: Int) throws(InputError) -> Bool {
        var offset = spaces + 1
        while let byte = try window.peek(offset) {
            if !Self.isSpace(byte) { return [UInt8]("{[]".utf8).contains(byte) }
            offset += 1
        }
        return true
    }

    /// Whether the object at the window's start ends with its line. Where it does not end there it may be
    /// damaged: then the line behind it is an object of its own.
    private mutating func firstObjectIsLine() throws(InputError) -> Bool {
        let first = try lineEnd(from: 0)
        let rest = Self.behindObject(ByteSlice(rebasing: window.bytes[..<first]))
        if let rest { return rest != UInt8(ascii: "{") && rest != UInt8(ascii: ",") }
        var second = first
        while let byte = try window.peek(second), Self.isSpace(byte) { second += 1 }
        guard second < window.count else { return true }
        let end = try lineEnd(from: second)
        let line = ByteSlice(rebasing: window.bytes[second..<end])
        return line.first == UInt8(ascii: "{") && Self.behindObject(line) == 0
    }

    /// Where the line ends that begins at `start`: at its line feed, or with the window.
    private mutating func lineEnd(from start: Int) throws(InputError) -> Int {
        var from = start
        while true {
            if let end = Self.lineFeed(in: window.bytes, from: from) { return end }
            from = window.count
            if try !window.fill() { return window.count }
        }
    }

    /// What stands behind the object that a line begins with, 0 for nothing; nil where it does not end there.
    private static func behindObject(_ line: ByteSlice) -> UInt8? {
        var scanner = ValueScanner()
        let (count, isEnd) = scanner.scan(line)
        return isEnd ? line[count...].first { !isSpace($0) } ?? 0 : nil
    }
}
