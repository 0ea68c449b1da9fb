import Primitives
import Topology

/// Consecutive records of one source, copied, and the blocks that come of them.
///
/// Unchecked Sendable: a round's steps are apart in time, and in each step one thread has the chunk.
final class Chunk: @unchecked Sendable {
    /// The source the records are of.
    private(set) var source = 0
    /// The offset of the first record.
    private(set) var first: Int64 = 0
    /// How many records there are.
    private(set) var count = 0
    /// Where the source stood in front of them.
    private(set) var bookmark: [UInt8] = []
    /// Whether the source ends behind them.
    private(set) var isLast = false
    /// Whether the blocks are written already.
    var isFlushed = false
    /// The blocks, by shard of the ENTITY side.
    let batches: [BlockBatch]
    private var bytes = ByteBuffer(capacity: 1 << 16)
    private var entries: [Entry] = []

    /// Where a record is, and its timestamp.
    private struct Entry {
        var end: Int
        var timestampMs: Int64?
    }

    /// Bytes of records after which a chunk is full, whatever their number.
    static let mostBytes = 1 << 20
    /// Records asked of a source at once.
    private static let step = 64

    init(shards: Int) { batches = (0..<shards).map { _ in BlockBatch() } }

    /// Reads at most `most` records of a source, those behind `offset` records.
    func fill(
        _ source: Int, from reader: any RecordSource, behind offset: Int64, most: Int
    ) throws(InputError) {
        self.source = source
        first = offset
        bookmark = reader.bookmark
        isLast = false
        bytes.removeAll()
        entries.removeAll(keepingCapacity: true)
        while entries.count < most, bytes.count < Self.mostBytes, !isLast {
            let hasMore = try reader.read(min(Self.step, most - entries.count)) {
                record, timestampMs in
                bytes.append(record)
                entries.append(Entry(end: bytes.count, timestampMs: timestampMs))
            }
            isLast = !hasMore
        }
        count = entries.count
    }

    /// The offset of the last record; of none, that in front of it.
    var last: Int64 { first + Int64(count) - 1 }

    /// Forgets the blocks.
    func removeBlocks() {
        for batch in batches { batch.removeAll() }
        isFlushed = false
    }

    /// Calls `body` with each record, its offset and its timestamp.
    @inline(__always)
    func forEach(_ body: (_ record: ByteSlice, _ offset: Int64, _ timestampMs: Int64?) -> Void) {
        var start = 0
        var offset = first
        for entry in entries {
            body(ByteSlice(rebasing: bytes.bytes[start..<entry.end]), offset, entry.timestampMs)
            start = entry.end
            offset += 1
        }
    }
}
