import Primitives
import Topology

/// What one ENTITY task tells the tally: how far its event time has come since its last block, and what it found.
struct TallyBlock {
    /// A finding's record.
    struct Item: Hashable, Comparable {
        var high: UInt64
        var low: UInt64
        var sequence: UInt32
        var timeMs: Int64

        static func < (a: Item, b: Item) -> Bool {
            (a.timeMs, a.high, a.low, a.sequence) < (b.timeMs, b.high, b.low, b.sequence)
        }

        func encode(into buffer: inout ByteBuffer) {
            buffer.append(integer: high)
            buffer.append(integer: low)
            buffer.append(integer: sequence)
            buffer.append(integer: timeMs)
        }
    }

    /// The ENTITY partition, and how many there are.
    var source: Int
    var sources: Int
    /// Event time up to which the block before told, and up to which this one does; `Int64.min` for none.
    var fromMs: Int64
    var toMs: Int64
    /// Whether nothing will come any more.
    var hasEnded: Bool
    var items: [Item] = []

    private static let magic: UInt32 = 0x594C_4154

    var bytes: ByteBuffer {
        var buffer = ByteBuffer(capacity: 64)
        buffer.append(integer: Self.magic)
        buffer.append(integer: UInt32(source))
        buffer.append(integer: UInt32(sources))
        buffer.append(integer: fromMs)
        buffer.append(integer: toMs)
        buffer.append(hasEnded ? 1 : 0)
        Self.encode(items, into: &buffer)
        return buffer
    }

    static func encode(_ items: [Item], into buffer: inout ByteBuffer) {
        buffer.append(integer: UInt32(items.count))
        for item in items { item.encode(into: &buffer) }
    }

    static func items(_ reader: inout ByteReader) -> [Item]? {
        guard let count = reader.integer(UInt32.self) else { return nil }
        var items: [Item] = []
        for _ in 0..<count {
            guard let high = reader.integer(UInt64.self), let low = reader.integer(UInt64.self),
                let sequence = reader.integer(UInt32.self),
                let timeMs = reader.integer(Int64.self)
            else { return nil }
            items.append(Item(high: high, low: low, sequence: sequence, timeMs: timeMs))
        }
        return items
    }
}

extension TallyBlock {
    init(_ bytes: ByteSlice) throws(BlockError) {
        var reader = ByteReader(bytes)
        guard reader.integer(UInt32.self) == Self.magic else { throw .unknownFormat }
        guard let source = reader.integer(UInt32.self), let sources = reader.integer(UInt32.self),
            let fromMs = reader.integer(Int64.self), let toMs = reader.integer(Int64.self),
            let ended = reader.integer(UInt8.self), let items = Self.items(&reader),
            source < sources, fromMs <= toMs,
            items.allSatisfy({ fromMs < $0.timeMs && $0.timeMs <= toMs })
        else { throw .corrupt }
        self.init(
            source: Int(source), sources: Int(sources), fromMs: fromMs, toMs: toMs,
            hasEnded: ended == 1, items: items)
    }
}
