import Primitives
import Topology

/// How far a source has come, once everything read of it is settled.
struct SourceState {
    /// What the source says of itself.
    var bookmark: [UInt8]
    /// Records settled.
    var records: Int64
    /// Whether more may come.
    var isOpen: Bool
    /// The clock behind them.
    var clock: PartitionClock
    /// What was counted.
    var counters: Counters

    func encode(into buffer: inout ByteBuffer) {
        buffer.append(sized: bookmark)
        buffer.append(integer: records)
        buffer.append(isOpen ? 1 : 0)
        buffer.append(field: clock.highest)
        buffer.append(integer: clock.firstOpenPane)
        buffer.append(integer: clock.lowestPane ?? .max)
        counters.encode(into: &buffer)
    }

    /// Reads what `encode` has written; nil where it is something else.
    init?(_ bytes: ByteSlice, _ timing: TopologyPlan.Timing) {
        var reader = ByteReader(bytes)
        guard let bookmark = reader.field(), let records = reader.integer(Int64.self),
            let isOpen = reader.integer(UInt8.self), let highest = reader.time(),
            let firstOpenPane = reader.integer(UInt32.self),
            let lowestPane = reader.integer(UInt32.self), let counters = Counters(&reader)
        else { return nil }
        self.init(
            bookmark: Array(bookmark), records: records, isOpen: isOpen != 0,
            clock: PartitionClock(
                timing, highest: highest, firstOpenPane: firstOpenPane,
                lowestPane: lowestPane == .max ? nil : lowestPane),
            counters: counters)
    }

    init(
        bookmark: [UInt8], records: Int64, isOpen: Bool, clock: PartitionClock,
        counters: Counters
    ) {
        self.bookmark = bookmark
        self.records = records
        self.isOpen = isOpen
        self.clock = clock
        self.counters = counters
    }

    /// The bookmark alone.
    static func bookmark(_ bytes: ByteSlice) -> [UInt8]? {
        var reader = ByteReader(bytes)
        return reader.field().map { Array($0) }
    }
}
