import Primitives

/// The outputs of a shard between two commits, and the positions that go with them.
///
/// Filled by the shard, then handed to the producer and left alone until the outcome is known, so that the
/// same bytes can be produced again. Reused: its memory stays.
public final class Cut {
    /// One record to produce; its bytes lie in the cut.
    public struct Record: Sendable {
        /// Where it goes.
        public var partition: PartitionID
        /// Whose output it is: an index into `owners`.
        public var owner: Int32
        /// Where its key lies; nil for a null key.
        public var key: Range<Int>?
        /// Where its value lies; nil for a tombstone.
        public var value: Range<Int>?
        /// Epoch milliseconds; nil for the time of producing.
        public var timestampMs: Int64?
        /// Headers by name.
        public var headers: [(name: String, value: String)]
    }

    /// Names the cut in the metadata of every position it commits: tells afterwards whether it was committed.
    public internal(set) var name = ""
    /// The records in the order they are to be produced.
    public private(set) var records: [Record] = []
    /// What is committed with them.
    public internal(set) var positions: [Position] = []
    /// The partitions whose tasks contributed.
    public private(set) var owners: [PartitionID] = []
    /// Owners whose partition went elsewhere: their records are not produced again.
    private var lost: Set<Int32> = []
    private var bytes = ByteBuffer(capacity: 1 << 16)

    /// An empty cut.
    public init() {}

    /// Bytes of all records.
    public var byteCount: Int { bytes.count }
    /// Whether there is nothing to produce and nothing to commit.
    public var isEmpty: Bool { records.isEmpty && positions.isEmpty }

    /// Copies bytes in and returns where they lie.
    func appendBytes(_ slice: ByteSlice) -> Range<Int> {
        let start = bytes.count
        bytes.append(slice)
        return start..<bytes.count
    }

    /// Forgets the bytes and keeps their memory.
    func removeBytes() { bytes.removeAll() }

    /// The bytes of a range, lent until the cut changes.
    public func slice(_ range: Range<Int>) -> ByteSlice {
        ByteSlice(rebasing: bytes.bytes[range])
    }

    /// Whether a record is still wanted.
    public func isWanted(_ record: Record) -> Bool { !lost.contains(record.owner) }

    // MARK: Filling

    /// The number of an owner in this cut.
    func owner(_ partition: PartitionID) -> Int32 {
        if let known = owners.firstIndex(of: partition) { return Int32(known) }
        owners.append(partition)
        return Int32(owners.count - 1)
    }

    /// Whether a task has put something out.
    func hasOutput(of partition: PartitionID) -> Bool { owners.contains(partition) }

    /// Adds a record; its bytes are copied.
    func append(
        to partition: PartitionID, of owner: PartitionID, key: ByteSlice? = nil, value: ByteSlice?,
        timestampMs: Int64? = nil, headers: [(name: String, value: String)] = []
    ) {
        let keyRange = key.map { copy($0) }
        let valueRange = value.map { copy($0) }
        records.append(
            Record(
                partition: partition, owner: self.owner(owner), key: keyRange, value: valueRange,
                timestampMs: timestampMs, headers: headers))
    }

    private func copy(_ slice: ByteSlice) -> Range<Int> {
        let start = bytes.count
        bytes.append(slice)
        return start..<bytes.count
    }

    /// Leaves out what belongs to a partition that went elsewhere.
    func drop(_ partition: PartitionID) {
        positions.removeAll { $0.partition == partition }
        if let index = owners.firstIndex(of: partition) { lost.insert(Int32(index)) }
    }

    /// Forgets everything and keeps the memory.
    func reset() {
        name = ""
        records.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        owners.removeAll(keepingCapacity: true)
        lost.removeAll(keepingCapacity: true)
        bytes.removeAll()
    }
}
