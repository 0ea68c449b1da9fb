/// A growable run of bytes with one owner: blocks, records and output lines are written here.
///
/// Appending is amortised O(1) and allocates only when the capacity is exceeded; `removeAll()` keeps the
/// memory. Integers are little-endian.
public struct ByteBuffer: ~Copyable, @unchecked Sendable {
    /// The first byte; moves when the buffer grows.
    public private(set) var base: UnsafeMutableRawPointer
    /// Bytes written.
    public private(set) var count: Int
    /// Bytes that fit before the next growth.
    public private(set) var capacity: Int

    /// An empty buffer with room for `capacity` bytes.
    public init(capacity: Int = 256) {
        self.capacity = max(16, capacity)
        self.base = .allocate(byteCount: self.capacity, alignment: 16)
        self.count = 0
    }

    deinit { base.deallocate() }

    /// True when nothing is written.
    public var isEmpty: Bool { count == 0 }

    /// The bytes written, lent to `body`.
    public func withBytes<R: ~Copyable, E: Error>(
        _ body: (ByteSlice) throws(E) -> R
    ) throws(E) -> R {
        try body(ByteSlice(start: base, count: count))
    }

    /// The bytes written; valid until the next mutation or the end of the buffer.
    public var bytes: ByteSlice { ByteSlice(start: base, count: count) }

    /// The bytes written, copied.
    public func array() -> [UInt8] { Array(bytes) }

    /// The bytes written, as text; invalid UTF-8 is repaired.
    public func string() -> String { String(decoding: bytes, as: UTF8.self) }

    /// Forgets the content and keeps the memory.
    public mutating func removeAll() { count = 0 }

    /// Shortens the content to `count` bytes.
    public mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "truncate(to:) can only shorten")
        self.count = count
    }

    /// Makes room for `more` bytes behind the content.
    public mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(to: count + more) }
    }

    private mutating func grow(to needed: Int) {
        let larger = max(needed, capacity * 2)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = larger
    }

    /// Appends one byte.
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Appends an integer, little-endian.
    public mutating func append<T: FixedWidthInteger & BitwiseCopyable>(integer: T) {
        reserve(MemoryLayout<T>.size)
        base.storeBytes(of: integer.littleEndian, toByteOffset: count, as: T.self)
        count += MemoryLayout<T>.size
    }

    /// Appends bytes.
    public mutating func append(_ bytes: ByteSlice) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Appends a string's UTF-8 bytes.
    public mutating func append(_ text: StaticString) {
        append(ByteSlice(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a string's UTF-8 bytes.
    public mutating func append(text: String) {
        var text = text
        text.withUTF8 { append(ByteSlice($0)) }
    }

    /// Appends `count` bytes of unspecified content and returns their offset.
    public mutating func appendUninitialized(_ count: Int) -> Int {
        reserve(count)
        defer { self.count += count }
        return self.count
    }

    /// Overwrites the integer at `offset`, little-endian.
    public mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        precondition(
            offset >= 0 && offset + MemoryLayout<T>.size <= count, "store outside the buffer")
        base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }

    /// Appends an integer as LEB128: seven bits a byte, least significant first.
    public mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// Appends an integer as ZigZag LEB128: small numbers of either sign take few bytes.
    public mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// Appends bytes behind their number as LEB128.
    public mutating func append(sized bytes: [UInt8]) {
        append(varint: UInt64(bytes.count))
        bytes.withUnsafeBytes { append($0) }
    }

    /// Appends a string's UTF-8 bytes behind their number as LEB128.
    public mutating func append(sized text: String) {
        append(varint: UInt64(text.utf8.count))
        append(text: text)
    }
}
