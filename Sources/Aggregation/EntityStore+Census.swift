/// Counting what is kept; nothing that runs per event.
extension EntityStore {
    /// Entities of a kind, and what they take.
    public struct Census: Sendable, Equatable {
        /// Entities kept.
        public var entities = 0
        /// Bytes of their records.
        public var bytes = 0

        /// Nothing.
        public init() {}
    }

    /// Entities kept and their bytes, by the code of their kind. O(entities).
    public func census() -> [UInt8: Census] {
        var census: [UInt8: Census] = [:]
        for i in 0..<index.capacity {
            guard let record = index.record(at: i), !record.isRemnant else { continue }
            census[record.kind.code, default: Census()].entities += 1
            census[record.kind.code, default: Census()].bytes += record.size
        }
        return census
    }
}
