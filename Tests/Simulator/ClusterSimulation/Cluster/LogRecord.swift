import Primitives

/// A record of a partition's log, or, before it has an offset, of a batch; its bytes lie in the world's arena.
struct LogRecord {
    /// What is special about it.
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// Part of a transaction.
        static let transactional = Flags(rawValue: 1)
        /// A marker that ends a transaction; clients never see it.
        static let control = Flags(rawValue: 2)
        /// A marker that commits.
        static let commit = Flags(rawValue: 4)
        /// Its transaction was aborted.
        static let aborted = Flags(rawValue: 8)
        /// A tombstone that compaction has seen; it stays until `seenAtMs` is long ago.
        static let seenTombstone = Flags(rawValue: 16)
    }

    var offset: Int64 = -1
    /// Epoch milliseconds.
    var timestampMs: Int64
    /// -1 where the producer has none.
    var producerID: Int64 = -1
    var key: UnsafeRawPointer?
    var value: UnsafeRawPointer?
    var keyCount: Int32 = 0
    var valueCount: Int32 = 0
    /// Counts a producer's records of the partition; -1 for markers.
    var sequence: Int32 = -1
    /// Index of its headers in the cluster's table; -1 for none.
    var headers: Int32 = -1
    /// When compaction saw the tombstone, in virtual milliseconds.
    var seenAtMs: Int32 = 0
    var epoch: Int16 = -1
    var flags: Flags = []

    var keyBytes: ByteSlice? { key.map { ByteSlice(start: $0, count: Int(keyCount)) } }
    var valueBytes: ByteSlice? { value.map { ByteSlice(start: $0, count: Int(valueCount)) } }
    /// What it weighs in a fetch.
    var weight: Int { 64 + Int(keyCount) + Int(valueCount) }
    var isControl: Bool { flags.contains(.control) }
    /// Whether a reader of committed records sees it, once its transaction is decided.
    var isVisible: Bool { flags.isDisjoint(with: [.control, .aborted]) }
}
