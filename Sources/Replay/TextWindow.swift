import Glibc
import Primitives

/// The part of a file that is in memory: what is read and not yet used up, in one piece.
struct TextWindow: ~Copyable {
    /// The file read.
    var file: InputFile
    /// Whether the file has ended.
    private(set) var isAtEnd = false
    private var space: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0
    private let limit: Int

    private static let initial = 1 << 20

    /// A window that grows to hold `bytes` bytes in one piece.
    init(_ file: consuming InputFile, holding bytes: Int) {
        self.file = file
        limit = max(Self.initial, bytes)
        capacity = Self.initial
        space = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { space.deallocate() }

    /// What is in memory; valid until the next call that reads.
    var bytes: ByteSlice { ByteSlice(start: space + start, count: end - start) }

    /// Bytes in memory.
    var count: Int { end - start }

    /// Passes over the first bytes.
    mutating func drop(_ count: Int) { start += count }

    /// The byte so far ahead; nil behind the end of the file, and of the window.
    mutating func peek(_ offset: Int) throws(InputError) -> UInt8? {
        while offset >= count {
            guard try fill() else { return nil }
        }
        return space.load(fromByteOffset: start + offset, as: UInt8.self)
    }

    /// Reads more; false at the end of the file, and where the window is full.
    mutating func fill() throws(InputError) -> Bool {
        guard !isAtEnd, count < limit else { return false }
        if start > 0 {
            memmove(space, space + start, end - start)
            end -= start
            start = 0
        }
        if end > capacity / 2 { grow() }
        let n = try file.read(into: space + end, capacity: capacity - end)
        if n == 0 { isAtEnd = true }
        end += n
        return n > 0
    }

    private mutating func grow() {
        let larger = min(limit, capacity * 2)
        guard larger > capacity else { return }
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 64)
        moved.copyMemory(from: space, byteCount: end)
        space.deallocate()
        space = moved
        capacity = larger
    }
}
