/// One entry of a batch: a record, the end of a partition, or a failure to read it.
///
/// The bytes it points at are lent for the duration of the batch.
public struct Entry: BitwiseCopyable, Sendable {
    /// What the entry is.
    public enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// A record.
        case record
        /// Everything before `offset` was delivered and nothing more is there yet.
        case end
        /// The partition cannot be read; `LogPort.failure(at:)` says why.
        case failure
    }

    /// The record's offset; of an end, the next offset there will be.
    public var offset: Int64
    /// The record's timestamp in epoch milliseconds; -1 where it has none.
    public var timestampMs: Int64
    /// The value's first byte; nil for a tombstone.
    nonisolated(unsafe) public var value: UnsafeRawPointer?
    /// The key's first byte; nil for a null key.
    nonisolated(unsafe) public var key: UnsafeRawPointer?
    /// Bytes of the value.
    public var valueCount: Int32
    /// Bytes of the key.
    public var keyCount: Int32
    /// The number the owner gave the partition when attaching it.
    public var slot: Int32
    /// What the entry is.
    public var kind: Kind

    /// An entry.
    public init(
        kind: Kind, slot: Int32, offset: Int64, timestampMs: Int64 = -1,
        key: UnsafeRawBufferPointer? = nil, value: UnsafeRawBufferPointer? = nil
    ) {
        self.kind = kind
        self.slot = slot
        self.offset = offset
        self.timestampMs = timestampMs
        self.key = key?.baseAddress
        self.keyCount = Int32(key?.count ?? 0)
        self.value = value?.baseAddress
        self.valueCount = Int32(value?.count ?? 0)
    }

    /// The value; nil for a tombstone.
    @inlinable
    public var valueBytes: UnsafeRawBufferPointer? {
        value.map { UnsafeRawBufferPointer(start: $0, count: Int(valueCount)) }
    }

    /// The key; nil for a null key.
    @inlinable
    public var keyBytes: UnsafeRawBufferPointer? {
        key.map { UnsafeRawBufferPointer(start: $0, count: Int(keyCount)) }
    }
}

/// Entries lent for the duration of a call, the entries of one slot in runs.
public typealias Batch = UnsafeBufferPointer<Entry>

/// The committed records of a shard's partitions of one topic.
///
/// Within a partition offsets rise; what is missing between two are control records, aborted records and
/// what compaction removed. Entries of detached partitions and repeated ones are never delivered.
public protocol LogPort: AnyObject {
    /// Takes an assigned partition on, from `offset`; its entries carry `slot`.
    func attach(_ partition: TopicPartition, slot: Int, from offset: Int64)
    /// Gives a partition up; none of its entries is delivered any more.
    func detach(_ partition: TopicPartition)
    /// Delivers no entry of a partition until `release`; nothing is lost.
    func hold(_ partition: TopicPartition)
    /// Lets a held partition go on where it stopped.
    func release(_ partition: TopicPartition)
    /// Lends at most `max` entries, waiting up to `waitMs` for the first; the batch may be empty.
    func withBatch<E: Error>(
        max: Int, waitMs: Int32, _ body: (Batch) throws(E) -> Void
    ) throws(E)
    /// Why entry `index` of the batch being lent is a failure.
    func failure(at index: Int) -> BrokerError
    /// The headers of the record at `index` of the batch being lent, copied: asked of few records.
    func headers(at index: Int) -> [RecordHeader]
}

extension LogPort {
    /// A log whose records have none.
    public func headers(at index: Int) -> [RecordHeader] { [] }
}

/// A header of a record.
public struct RecordHeader: Equatable, Sendable {
    /// Its name, without NUL.
    public var name: String
    /// Its value; nil for a null value.
    public var value: [UInt8]?

    /// A header with bytes.
    public init(_ name: String, _ value: [UInt8]?) {
        self.name = name
        self.value = value
    }

    /// A header with text.
    public init(_ name: String, _ value: String) { self.init(name, Array(value.utf8)) }

    /// The value as text; nil for a null value.
    public var text: String? { value.map { String(decoding: $0, as: UTF8.self) } }
}
