import Broker

/// Entries written out of librdkafka's messages, and why some of them are failures.
///
/// Costs a few nanoseconds a record and no allocation.
final class EntryBuffer {
    private let entries: UnsafeMutablePointer<Entry>
    private var failures: [(index: Int, error: BrokerError)] = []
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
        failures.append((index, error))
        return .failure
    }

    /// Why the entry at `index` is a failure.
    func failure(at index: Int) -> BrokerError {
        failures.first { $0.index == index }?.error
            ?? BrokerError(.fatal, action: "read", text: "entry \(index) is no failure")
    }

    /// The headers of the record at `index`, copied, while the batch is lent. Entries that say nothing were left
    /// out: the record is at `index` in the batch or behind it.
    func headers(at index: Int) -> [RecordHeader] {
        let entry = entries[index]
        let record = lookup?.record(slot: Int(entry.slot), offset: entry.offset, from: index)
        guard let record else { return [] }
        return (0..<record.headerCount).compactMap { i in
            record.header(at: i).map { header in
                RecordHeader(header.name, header.value.map { Array($0) })
            }
        }
    }
}
