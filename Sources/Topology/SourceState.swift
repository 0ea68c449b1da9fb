import Primitives

/// How far one source partition has come.
struct SourceState: Sendable, Equatable {
    /// Whether a whole block has come.
    private(set) var hasReported = false
    /// Idle, ended, or 0.
    private(set) var flags: UInt8 = 0
    /// Whether it has read what there was, and holds no other source's reading back.
    private(set) var isCaughtUp = false
    /// The first pane it has not closed.
    private(set) var firstOpenPane: UInt32 = 0
    /// The pane of its highest event time.
    private(set) var lastPane: UInt32?
    /// The lowest pane it has put an event in.
    private(set) var lowestPane: UInt32 = .max
    /// The last offset its blocks have wholly covered; nil before the first block.
    private(set) var through: Int64?
    /// Parts that have come of the range `(partsFrom, partsTo]`; 0 where none is open.
    private(set) var parts = 0
    private(set) var partsFrom: Int64 = 0
    private(set) var partsTo: Int64 = 0

    /// Nothing was heard of it.
    init() {}

    /// What a block is: every range begins where the one before ended, and parts come in order.
    func judge(_ header: BlockHeader) -> SourceProgress.Continuity {
        if header.beginsAnew { return .next }
        let through = through ?? header.from
        let size = header.to - header.from
        if parts > 0, header.from == partsFrom, header.to == partsTo {
            if header.part < parts { return .duplicate }
            return header.part == parts ? .next : .gap(missing: size)
        }
        if header.to < through || header.to == through && header.from < through {
            return .duplicate
        }
        if header.from > through { return .gap(missing: header.from - through) }
        if header.from < through { return .overlap(repeated: through - header.from) }
        if header.part > 0 { return .gap(missing: size) }
        // The source was restarted between two parts and has cut its range anew.
        return parts > 0 && size > 0 ? .overlap(repeated: min(partsTo, header.to) - through) : .next
    }

    /// Takes in a block that is no duplicate.
    mutating func take(_ header: BlockHeader, paneOf: (Int64) -> UInt32) {
        if header.beginsAnew { (through, parts) = (nil, 0) }
        through = through.map { max($0, header.from) } ?? header.from
        if header.hasMore {
            (parts, partsFrom, partsTo) = (header.part + 1, header.from, header.to)
            return
        }
        if header.to > header.from { (parts, partsFrom, partsTo) = (0, 0, 0) }
        through = header.to
        hasReported = true
        flags = header.flags & BlockFormat.Flags.state
        isCaughtUp = header.flags & BlockFormat.Flags.caughtUp != 0
        firstOpenPane = max(firstOpenPane, header.firstOpenPane)
        lowestPane = min(lowestPane, header.lowestPane)
        if header.highestMs != .min { lastPane = paneOf(header.highestMs) }
    }

    /// Appends the state to `buffer`.
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(
            flags | (isCaughtUp ? 4 : 0) | (hasReported ? 16 : 0) | (lastPane == nil ? 0 : 32)
                | (through == nil ? 0 : 64) | (parts > 0 ? 128 : 0))
        buffer.append(varint: UInt64(firstOpenPane))
        buffer.append(varint: UInt64(lowestPane))
        if let lastPane { buffer.append(varint: UInt64(lastPane)) }
        if let through { buffer.append(varint: UInt64(through + 1)) }
        if parts > 0 {
            buffer.append(varint: UInt64(parts))
            buffer.append(varint: UInt64(partsFrom + 1))
            buffer.append(varint: UInt64(partsTo))
        }
    }

    /// Reads a state; nil where the bytes are none.
    init?(_ reader: inout ByteReader) {
        func pane(_ reader: inout ByteReader) -> UInt32? {
            reader.varint().flatMap { UInt32(exactly: $0) }
        }
        func offset(_ reader: inout ByteReader) -> Int64? {
            reader.varint().flatMap { $0 <= UInt64(BlockHeader.maxOffset) ? Int64($0) : nil }
        }
        guard let bits = reader.integer(UInt8.self), bits & 8 == 0, let open = pane(&reader),
            let lowest = pane(&reader)
        else { return nil }
        flags = bits & BlockFormat.Flags.state
        isCaughtUp = bits & 4 != 0
        hasReported = bits & 16 != 0
        firstOpenPane = open
        lowestPane = lowest
        if bits & 32 != 0 {
            guard let last = pane(&reader) else { return nil }
            lastPane = last
        }
        if bits & 64 != 0 {
            guard let next = offset(&reader) else { return nil }
            through = next - 1
        }
        if bits & 128 != 0 {
            guard let count = reader.varint(), count >= 1, count <= 256,
                let next = offset(&reader), let to = offset(&reader), to >= next, through != nil
            else { return nil }
            (parts, partsFrom, partsTo) = (Int(count), next - 1, to)
        }
    }
}
