import Delivery
import Kafka
import Topology

/// The committed records of a shard's partitions of one topic.
///
/// Each batch of the shard's queue is written out as `Entry` values into a buffer that stays; that costs a few
/// nanoseconds a record and no allocation. Passing conditions of a partition come as failures too: the engine
/// tells by their move that it may go on.
///
/// Unchecked Sendable: handed to a shard once; its calls are for the shard alone, one at a time, but for `wake`.
public final class KafkaLog: LogPort, @unchecked Sendable {
    private let queue: ShardQueue
    private let topic: Int
    private let buffer: EntryBuffer

    init(queue: ShardQueue, topic: Topic, topics: TopicMap) {
        self.queue = queue
        self.topic = topics.index(of: topic)
        buffer = EntryBuffer(capacity: queue.capacity)
    }

    private func partition(_ id: PartitionID) -> TopicPartition {
        TopicPartition(topic: topic, partition: id.number)
    }

    /// Takes an assigned partition on, from `offset`; its entries carry `slot`.
    public func attach(_ partition: PartitionID, slot: Int, epoch: UInt32, from offset: Int64) {
        queue.attach(self.partition(partition), slot: slot, epoch: epoch, from: offset)
    }

    /// Gives a partition up; none of its entries is delivered any more.
    public func detach(_ partition: PartitionID) { queue.detach(self.partition(partition)) }

    /// Delivers no entry of a partition until `release`; nothing is lost.
    public func hold(_ partition: PartitionID) { queue.hold(self.partition(partition)) }

    /// Lets a held partition go on where it stopped.
    public func release(_ partition: PartitionID) { queue.release(self.partition(partition)) }

    /// Lends at most `max` entries, waiting up to `waitMs` for the first; the batch may be empty.
    ///
    /// The entries are consumed even when `body` throws.
    public func withBatch(
        max: Int, waitMs: Int32, _ body: (Batch) throws(EngineFailure) -> Void
    ) throws(EngineFailure) {
        try queue.withBatch(max: max, timeoutMs: waitMs) {
            (batch: borrowing RecordBatch) throws(EngineFailure) in
            try body(buffer.fill(batch))
        }
    }

    /// Why entry `index` of the batch being lent is a failure.
    public func failure(at index: Int) -> ClusterError { buffer.failure(at: index) }

    /// The headers of the record at `index` of the batch being lent.
    public func headers(at index: Int) -> [RecordOrigin.Header] { buffer.headers(at: index) }

    /// Makes a `withBatch` that waits return, or else the next one not wait. From any thread.
    public func wake() { queue.wake() }

    /// The next offset to read of an attached partition; past the gap before its end where that was seen.
    public func position(of partition: PartitionID) -> Int64? {
        queue.position(self.partition(partition))
    }

    /// Entries fetched and not yet lent, of partitions that are not held.
    public var backlog: Int { queue.backlog }
    /// What was lent and what was left out.
    public var counters: ShardQueue.Counters { queue.counters }
}

/// Entries written out of librdkafka's messages, and why some of them are failures.
final class EntryBuffer {
    private let entries: UnsafeMutablePointer<Entry>
    private var failures: [(index: Int, error: ClusterError)] = []
    /// The batch the entries were written out of.
    private var lookup: RecordLookup?

    init(capacity: Int) { entries = .allocate(capacity: capacity) }

    // Entries are plain values: there is nothing to deinitialise.
    deinit { entries.deallocate() }

    /// Writes a batch's entries; valid until the next call and no longer than the batch.
    func fill(_ batch: borrowing RecordBatch) -> Batch {
        if !failures.isEmpty { failures.removeAll(keepingCapacity: true) }
        lookup = batch.lookup
        var count = 0
        for index in 0..<batch.count {
            let record = batch[index]
            if record.isData {
                (entries + count).initialize(
                    to: Entry(
                        kind: .record, slot: Int32(truncatingIfNeeded: record.slot),
                        offset: record.offset, timestampMs: record.timestampMs, key: record.key,
                        value: record.value))
                count += 1
            } else if let kind = kind(record, at: count) {
                (entries + count).initialize(
                    to: Entry(kind: kind, slot: Int32(record.slot), offset: record.offset))
                count += 1
            }
        }
        return Batch(start: entries, count: count)
    }

    /// What an entry without a record is; nil where it says nothing.
    private func kind(_ record: Record, at index: Int) -> Entry.Kind? {
        if record.isEndOfPartition { return .end }
        guard let error = record.error, error.move != .benign else { return nil }
        failures.append((index, ClusterError(error)))
        return .failure
    }

    /// Why the entry at `index` is a failure.
    func failure(at index: Int) -> ClusterError {
        failures.first { $0.index == index }?.error
            ?? ClusterError(
                .fatal, name: "_INVALID_ARG", description: "entry \(index) is no failure")
    }

    /// The headers of the record at `index`, copied, while the batch is lent. Entries that say nothing were left
    /// out: the record is at `index` in the batch or behind it.
    func headers(at index: Int) -> [RecordOrigin.Header] {
        let entry = entries[index]
        let record = lookup?.record(slot: Int(entry.slot), offset: entry.offset, from: index)
        guard let record else { return [] }
        return (0..<record.headerCount).compactMap { i in
            record.header(at: i).map { header in
                RecordOrigin.Header(header.name, header.value.map { Array($0) })
            }
        }
    }

    /// A batch of one failure, for a reader that never came to reading.
    func fill(_ error: ClusterError) -> Batch {
        failures = [(0, error)]
        entries.initialize(to: Entry(kind: .failure, slot: 0, offset: -1))
        return Batch(start: entries, count: 1)
    }
}
