import Broker
import Delivery
import Primitives
import Snapshots

/// What happens to stored records: retention, compaction, damage.
extension Cluster {
    /// Removes a partition's records below an offset: retention, or DeleteRecords.
    public func removeRecords(of partition: TopicPartition, below offset: Int64) {
        timeline.note("\(partition) loses records below \(offset)")
        log(partition)?.removeRecords(below: offset)
    }

    /// Compacts a partition of a compacted topic.
    public func compact(_ partition: TopicPartition) {
        guard let log = log(partition), log.isCompacted else { return }
        timeline.note("\(partition) is compacted")
        log.compact(
            activeTail: settings.activeTail, tombstoneMs: settings.tombstoneMs, nowMs: wallMs)
    }

    /// The keys stored in a partition of the state topic, with their offsets: what `damage` may name.
    public func stateKeys(of partition: TopicPartition) -> [(offset: Int64, key: StateKey)] {
        guard let log = log(partition) else { return [] }
        return log.records.compactMap { record in
            guard record.isVisible, record.value != nil, let bytes = record.keyBytes,
                let key = StateKey(bytes)
            else { return nil }
            return (record.offset, key)
        }
    }

    /// Damages a stored record, as a bug or a bad disk would; false where there is none at that offset.
    @discardableResult
    public func damage(_ partition: TopicPartition, at offset: Int64, _ damage: StateDamage) -> Bool
    {
        guard let log = log(partition) else { return false }
        let index = log.index(of: offset)
        guard index < log.records.count, log.records[index].offset == offset,
            let value = log.records[index].valueBytes
        else { return false }
        timeline.note("\(partition) damaged at \(offset): \(damage)")
        switch damage {
        case .missing: log.records.remove(at: index)
        case .torn: log.records[index].valueCount /= 2
        case .flipped:
            var bytes = Array(value)
            guard !bytes.isEmpty else { return false }
            bytes[bytes.count / 2] ^= 0x10
            replace(log, index, bytes)
        case .replaced(let bytes): replace(log, index, bytes)
        }
        return true
    }

    private func replace(_ log: PartitionLog, _ index: Int, _ bytes: [UInt8]) {
        log.records[index].value = bytes.withUnsafeBytes { arena.copy($0) }
        log.records[index].valueCount = Int32(bytes.count)
    }

    /// Appends records as a producer outside the simulation would: the input of a test.
    public func append(
        to partition: TopicPartition, key: ByteSlice? = nil, value: ByteSlice?,
        timestampMs: Int64? = nil
    ) {
        guard let log = log(partition) else { return }
        var record = LogRecord(timestampMs: timestampMs ?? wallMs)
        if let key {
            record.key = arena.copy(key)
            record.keyCount = Int32(key.count)
        }
        if let value {
            record.value = arena.copy(value)
            record.valueCount = Int32(value.count)
        }
        log.append(plain: [record], nowMs: wallMs)
    }
}
