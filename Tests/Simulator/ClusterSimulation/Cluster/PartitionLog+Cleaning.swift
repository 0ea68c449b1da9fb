import Primitives

/// Retention and compaction (Kafka: `UnifiedLog.deleteOldSegments`, `LogCleaner`).
extension PartitionLog {
    /// Removes everything below an offset: retention, or DeleteRecords.
    func removeRecords(below offset: Int64) {
        let start = min(max(offset, startOffset), endOffset)
        guard start > startOffset else { return }
        startOffset = start
        records.removeFirst(index(of: start))
        abortedTransactions.removeAll { $0.lastOffset < start }
        timeline.mix(UInt64(bitPattern: start))
        changed()
    }

    /// Keeps the newest committed value of each key, and leaves holes.
    ///
    /// Neither the newest `activeTail` records nor anything from the first undecided transaction on is touched, nor
    /// do they count as newer values. Aborted records go, and so do tombstones some time after they were
    /// first seen, and markers whose transaction has nothing left.
    func compact(activeTail: Int, tombstoneMs: Int64, nowMs: Int64) {
        let limit = min(lastStableOffset, endOffset - Int64(activeTail))
        let end = index(of: limit)
        guard end > 0 else { return }
        let newest = newestByKey(before: end)
        var kept: ContiguousArray<LogRecord> = []
        var hasRecords: [Int64: Bool] = [:]
        for index in 0..<end {
            var record = records[index]
            guard survives(&record, index, newest, hasRecords, tombstoneMs, nowMs) else { continue }
            hasRecords[record.producerID] = !record.isControl
            kept.append(record)
        }
        kept.append(contentsOf: records[end...])
        records = kept
        timeline.mix(UInt64(records.count))
    }

    private func newestByKey(before end: Int) -> [RecordKey: Int] {
        var newest: [RecordKey: Int] = [:]
        for index in 0..<end where records[index].isVisible {
            if let key = RecordKey(records[index]) { newest[key] = index }
        }
        return newest
    }

    private func survives(
        _ record: inout LogRecord, _ index: Int, _ newest: [RecordKey: Int],
        _ hasRecords: [Int64: Bool], _ tombstoneMs: Int64, _ nowMs: Int64
    ) -> Bool {
        if record.isControl {
            return hasRecords[record.producerID] == true
                || nowMs - record.timestampMs < tombstoneMs
        }
        guard record.isVisible, let key = RecordKey(record), newest[key] == index else {
            return false
        }
        guard record.value == nil else { return true }
        guard record.flags.contains(.seenTombstone) else {
            record.flags.insert(.seenTombstone)
            record.seenAtMs = Int32(truncatingIfNeeded: nowMs)
            return true
        }
        return nowMs - Int64(record.seenAtMs) < tombstoneMs
    }
}

/// A record's key, by its bytes.
struct RecordKey: Hashable {
    private let start: UnsafeRawPointer
    private let count: Int

    /// nil for a null key.
    init?(_ record: LogRecord) {
        guard let key = record.key else { return nil }
        start = key
        count = Int(record.keyCount)
    }

    static func == (a: RecordKey, b: RecordKey) -> Bool {
        guard a.count == b.count else { return false }
        let left = ByteSlice(start: a.start, count: a.count)
        return left.elementsEqual(ByteSlice(start: b.start, count: b.count))
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(bytes: ByteSlice(start: start, count: count))
    }
}
