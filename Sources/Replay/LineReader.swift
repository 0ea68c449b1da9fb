import Glibc
import Primitives

/// Cuts a file into lines without copying them.
///
/// A line is lent until the next call. Lines longer than `maxLine` are lent cut to that length plus one
/// byte, so that the decoder refuses them as oversized, and the rest is skipped.
public struct LineReader: ~Copyable {
    /// The file read.
    public var file: InputFile
    private let space: UnsafeMutableRawPointer
    private let capacity: Int
    private let maxLine: Int
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    private var isSkipping = false

    /// A reader over `file`.
    public init(_ file: consuming InputFile, maxLine: Int = 1 << 20) {
        self.file = file
        self.maxLine = maxLine
        capacity = max(4 << 20, 2 * maxLine + 2)
        space = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { space.deallocate() }

    /// The next line without its line feed (and carriage return); nil at the end. Empty lines are lent as such.
    public mutating func next() throws(InputError) -> ByteSlice? {
        while true {
            if let line = cut() { return line }
            if isAtEnd { return rest() }
            try fill()
        }
    }

    /// The next whole line in the buffer.
    private mutating func cut() -> ByteSlice? {
        while start < end {
            let found = memchr(space + start, 0x0A, end - start)
            if let found {
                let length = UnsafeRawPointer(found) - UnsafeRawPointer(space + start)
                let line = lent(from: start, length)
                start += length + 1
                if isSkipping {
                    isSkipping = false
                    continue
                }
                return line
            }
            if isSkipping {
                start = end
            } else if end - start > maxLine + 1 {
                // One byte more may be the carriage return of a line that just fits.
                let line = ByteSlice(start: space + start, count: maxLine + 1)
                start = end
                isSkipping = true
                return line
            }
            return nil
        }
        return nil
    }

    /// A line without its carriage return, cut where it is too long.
    private func lent(from start: Int, _ length: Int) -> ByteSlice {
        let line = ByteSlice(start: space + start, count: length)
        let count = line.last == 0x0D ? length - 1 : length
        return ByteSlice(rebasing: line.prefix(min(count, maxLine + 1)))
    }

    /// What is left behind the last line feed.
    private mutating func rest() -> ByteSlice? {
        guard start < end, !isSkipping else { return nil }
        defer { start = end }
        return lent(from: start, end - start)
    }

    private mutating func fill() throws(InputError) {
        if start > 0 {
            memmove(space, space + start, end - start)
            end -= start
            start = 0
        }
        let n = try file.read(into: space + end, capacity: capacity - end)
        if n == 0 { isAtEnd = true }
        end += n
    }
}
