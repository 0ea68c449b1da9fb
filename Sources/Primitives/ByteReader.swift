/// Reads a run of bytes front to back; every read is bounds-checked and returns nil past the end.
public struct ByteReader {
    private let bytes: ByteSlice
    /// Bytes consumed so far.
    public private(set) var offset = 0

    /// A reader over `bytes`, which must outlive it.
    public init(_ bytes: ByteSlice) { self.bytes = bytes }

    /// Bytes not yet read.
    public var remaining: Int { bytes.count - offset }

    /// Reads a little-endian integer.
    public mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> T? {
        guard remaining >= MemoryLayout<T>.size else { return nil }
        defer { offset += MemoryLayout<T>.size }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// Reads `count` bytes, lent from the input.
    public mutating func bytes(_ count: Int) -> ByteSlice? {
        guard count >= 0, remaining >= count else { return nil }
        defer { offset += count }
        return ByteSlice(rebasing: bytes[offset..<offset + count])
    }

    /// Reads a LEB128 integer; nil as well when it does not fit 64 bits.
    public mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count, shift < 64 {
            let byte = bytes[offset]
            offset += 1
            let bits = UInt64(byte & 0x7F)
            if shift == 63, bits > 1 { return nil }
            value |= bits << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    /// Reads a ZigZag LEB128 integer.
    public mutating func zigzag() -> Int64? {
        varint().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
    }
}
