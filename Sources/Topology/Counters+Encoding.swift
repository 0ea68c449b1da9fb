import Primitives

/// Counters as bytes: for a replay that is to be gone on with by the same version.
extension Counters {
    /// Appends what was done, and nothing of what is held.
    public func encode(into buffer: inout ByteBuffer) {
        for counter in Self.table where counter.kind == .counter {
            buffer.append(zigzag: Int64(self[keyPath: counter.value]))
        }
        for count in rejected { buffer.append(varint: UInt64(count)) }
        coverage.encode(into: &buffer)
    }

    /// Reads what `encode` has written; nil where it is something else.
    public init?(_ reader: inout ByteReader) {
        self.init()
        for counter in Self.table where counter.kind == .counter {
            guard let count = reader.zigzag() else { return nil }
            self[keyPath: counter.value] = Int(count)
        }
        for i in rejected.indices {
            guard let count = reader.varint() else { return nil }
            rejected[i] = Int(truncatingIfNeeded: count)
        }
        guard let coverage = FieldCoverage(&reader) else { return nil }
        self.coverage = coverage
    }
}
