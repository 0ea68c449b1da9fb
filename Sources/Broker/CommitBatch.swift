import Primitives

/// The outputs of a shard between two commits, and the positions that go with them.
///
/// Filled by the shard, then handed to the producer and left alone until the outcome is known, so that the
/// same bytes can be produced again. Reused: its memory stays.
public final class CommitBatch {
    /// One record to produce; its bytes lie in the commit batch.
    public struct Record: Sendable {
        /// Where it goes.
        public var partition: TopicPartition
        /// Whose output it is: an index into `owners`.
        public var owner: Int32
        /// Where its key lies; nil for a null key.
        public var key: Range<Int>?
        /// Where its value lies; nil for a tombstone.
        public var value: Range<Int>?
        /// Epoch milliseconds; nil for the time of producing.
        public var timestampMs: Int64?
        /// Its headers.
        public var headers: [RecordHeader]
    }

    /// Names the commit batch in the metadata of every position it commits: tells afterwards whether it was committed.
    public private(set) var name = ""
    /// The records in the order they are to be produced.
    public private(set) var records: [Record] = []
    /// What is committed with them.
    public private(set) var positions: [PartitionOffset] = []
    /// The partitions whose tasks contributed.
    public private(set) var owners: [TopicPartition] = []
    /// Owners whose partition went elsewhere: their records are not produced again.
    public private(set) var lost: Set<Int32> = []
    private var bytes = ByteBuffer(capacity: 1 << 16)

    /// An empty commit batch.
    public init() {}

    /// Bytes of all records.
    public var byteCount: Int { bytes.count }
    /// Whether there is nothing to produce and nothing to commit.
    public var isEmpty: Bool { records.isEmpty && positions.isEmpty }

    /// The bytes of a range, lent until the commit batch changes.
    public func slice(_ range: Range<Int>) -> ByteSlice {
        ByteSlice(rebasing: bytes.bytes[range])
    }

    /// Whether a record is still wanted.
    public func isWanted(_ record: Record) -> Bool { !lost.contains(record.owner) }

    /// Whether a task has put something out.
    public func hasOutput(of partition: TopicPartition) -> Bool { owners.contains(partition) }

    // MARK: Filling, while nobody is producing it

    /// Forgets everything and keeps the memory.
    public func reset() {
        name = ""
        records.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        owners.removeAll(keepingCapacity: true)
        lost.removeAll(keepingCapacity: true)
        bytes.removeAll()
    }

    /// Names the commit batch, once it is full.
    public func close(as name: String) { self.name = name }

    /// Adds a record of the task that reads `owner`; its bytes are copied.
    public func append(
        to partition: TopicPartition, of owner: TopicPartition, key: ByteSlice? = nil,
        value: ByteSlice?,
        timestampMs: Int64? = nil, headers: [RecordHeader] = []
    ) {
        let keyRange = key.map { copy($0) }
        let valueRange = value.map { copy($0) }
        records.append(
            Record(
                partition: partition, owner: number(of: owner), key: keyRange, value: valueRange,
                timestampMs: timestampMs, headers: headers))
    }

    /// Adds what is committed with the records.
    public func append(_ position: PartitionOffset) { positions.append(position) }

    private func number(of owner: TopicPartition) -> Int32 {
        if let last = owners.last, last == owner { return Int32(owners.count - 1) }
        if let known = owners.firstIndex(of: owner) { return Int32(known) }
        owners.append(owner)
        return Int32(owners.count - 1)
    }

    private func copy(_ slice: ByteSlice) -> Range<Int> {
        let start = bytes.count
        bytes.append(slice)
        return start..<bytes.count
    }

    /// Leaves out what belongs to a partition that went elsewhere.
    public func drop(_ partition: TopicPartition) {
        positions.removeAll { $0.partition == partition }
        if let index = owners.firstIndex(of: partition) { lost.insert(Int32(index)) }
    }
}
