import Primitives

extension EntityStore {
    /// A digest of what the store holds: equal for stores that will answer and evolve alike, however their
    /// tables have grown and in whatever order a pane's partials came. O(everything): for tests.
    public func stateDigest() -> UInt64 {
        var buffer = ByteBuffer(capacity: 4096)
        var digest = mix(UInt64(index.count))
        var walk = index.walk(0 ... .max)
        while let record = index.next(&walk) {
            buffer.removeAll()
            record.encode(into: &buffer, layout(of: record.kind), isCanonical: true)
            digest &+= mix(xxh3(buffer.bytes))
        }
        return digest
    }
}
