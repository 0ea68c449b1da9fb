import Broker
import Delivery

/// What a fetch of a partition brings.
struct FetchedRecords {
    /// Records, without those the reader does not see.
    var entries: ContiguousArray<Entry> = []
    /// Where the next fetch starts: past control and aborted records too.
    var nextOffset: Int64 = 0
    /// The end as it was when the fetch was answered.
    var endOffset: Int64 = 0
    var error: ErrorCode?
}

/// Fetching, on the leader and in the client: `read_committed` is the last stable offset on the one side and the
/// filter by aborted transactions on the other.
extension PartitionLog {
    /// What readers see of the end.
    func end(uncommitted: Bool) -> Int64 { uncommitted ? endOffset : lastStableOffset }

    /// Reads from an offset up to about `maxBytes` of records.
    func fetch(from offset: Int64, maxBytes: Int, uncommitted: Bool) -> FetchedRecords {
        var result = FetchedRecords()
        let limit = end(uncommitted: uncommitted)
        result.nextOffset = offset
        result.endOffset = limit
        guard offset >= startOffset, offset <= endOffset else {
            result.error = .offsetOutOfRange
            return result
        }
        var index = index(of: offset)
        var bytes = 0
        while index < records.count, records[index].offset < limit, bytes < maxBytes {
            let record = records[index]
            if uncommitted ? !record.isControl : record.isVisible {
                result.entries.append(Self.entry(record))
                bytes += record.weight
            }
            result.nextOffset = record.offset + 1
            index += 1
        }
        // Holes that compaction left before the end are part of the batches around them.
        let rest = index < records.count ? records[index].offset : limit
        if rest >= limit { result.nextOffset = max(result.nextOffset, limit) }
        return result
    }

    private static func entry(_ record: LogRecord) -> Entry {
        Entry(
            kind: .record, slot: 0, offset: record.offset, timestampMs: record.timestampMs,
            key: record.keyBytes, value: record.valueBytes)
    }
}
