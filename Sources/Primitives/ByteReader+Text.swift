/// What snapshots and evidence are read with: it copies.
extension ByteReader {
    /// Reads bytes behind their number, copied.
    public mutating func sizedBytes() -> [UInt8]? {
        guard let count = varint(), count <= UInt64(remaining) else { return nil }
        return bytes(Int(count)).map { Array($0) }
    }

    /// Reads text behind the number of its bytes; invalid UTF-8 is repaired.
    public mutating func sizedText() -> String? {
        sizedBytes().map { String(decoding: $0, as: UTF8.self) }
    }
}
