import Primitives

/// Reads one entity in `RecordFormat`; nothing it reads is trusted.
struct RecordDecoder {
    /// The fixed part of a sample.
    struct SampleHead {
        var count = 0
        var capacity = 0
        var nameCapacity = 0
        var exponent: UInt8 = 0
        var olderExponent: UInt8 = 0
        var raisedAt: UInt32 = 0
    }

    private(set) var key: UInt64 = 0
    private(set) var kind = EntityKind.account
    private(set) var firstSeen: UInt32 = 0
    private(set) var lastSeen: UInt32 = 0
    private(set) var valueLength = 0
    private(set) var paneCount = 0
    private(set) var paneCapacity = 0
    private(set) var samples = InlineArray<16, SampleHead>(repeating: SampleHead())
    private var reader: ByteReader

    /// Pane lists never grow to this: merging keeps them far below.
    private static let maxPanes: UInt64 = 8192

    /// A decoder that has read the key of the entity that is all of `item`.
    init(_ item: ByteSlice) throws(StateError) {
        reader = ByteReader(item)
        key = try word()
    }

    private mutating func word() throws(StateError) -> UInt64 {
        guard let word = reader.integer(UInt64.self) else { throw .corrupted }
        return word
    }

    private mutating func byte() throws(StateError) -> UInt8 {
        guard let byte = reader.integer(UInt8.self) else { throw .corrupted }
        return byte
    }

    /// A number of at most `limit`.
    @inline(__always)
    private mutating func number(_ limit: UInt64) throws(StateError) -> UInt64 {
        guard let number = reader.varint(), number <= limit else { throw .corrupted }
        return number
    }

    private mutating func bytes(_ count: Int) throws(StateError) -> ByteSlice {
        guard let bytes = reader.bytes(count) else { throw .corrupted }
        return bytes
    }

    /// Whether it is a remnant: the head says all there is.
    var isRemnant: Bool { valueLength == 0 }

    /// Whether the entity is all read.
    var isAtEnd: Bool { reader.remaining == 0 }

    /// Reads what decides how large the record is.
    ///
    /// - Parameter pane: the first pane that was open when the entity was written.
    mutating func readHead(_ mapping: StateMapping, before pane: UInt32) throws(StateError) {
        kind = EntityKind(code: try byte())
        guard kind.code < mapping.kinds.count, pane > 0 else { throw .corrupted }
        lastSeen = UInt32(try number(UInt64(pane) - 1))
        firstSeen = lastSeen - UInt32(try number(UInt64(lastSeen)))
        valueLength = Int(try number(UInt64(UInt16.max)))
        if isRemnant {
            guard isAtEnd else { throw .corrupted }
            return
        }
        paneCount = Int(try number(Self.maxPanes))
        paneCapacity = Int(try number(Self.maxPanes))
        guard paneCount > 0, paneCount <= paneCapacity else { throw .corrupted }
        let shape = mapping.class(of: kind)
        for d in shape.dimensions.indices {
            samples[d] = try sampleHead(shape.dimensions[d], mapping.sampleSize)
        }
    }

    private mutating func sampleHead(
        _ dimension: StateMapping.WrittenDimension, _ sampleSize: Int
    ) throws(StateError) -> SampleHead {
        var head = SampleHead()
        head.count = Int(try number(UInt64(sampleSize)))
        head.capacity = Int(try number(UInt64(sampleSize)))
        guard head.count <= head.capacity else { throw .corrupted }
        guard head.capacity > 0 else { return head }
        if dimension.isNamed {
            let most = (sampleSize * RecordFormat.maxName * 3 / 2 + 8) / 8
            head.nameCapacity = Int(try number(UInt64(most))) * 8
        }
        head.exponent = try byte()
        head.olderExponent = try byte()
        guard head.exponent <= 64, head.olderExponent <= 64 else { throw .corrupted }
        head.raisedAt = UInt32(try number(UInt64(lastSeen)))
        return head
    }

    /// Fills a zeroed record that has the head's capacities, as far as its layout has a place for them.
    mutating func readBody(
        into record: EntityRecord, _ mapping: StateMapping, _ layout: borrowing RecordLayout
    ) throws(StateError) {
        let shape = mapping.class(of: kind)
        let value = try bytes(valueLength)
        if let start = value.baseAddress {
            (record.base + layout.keyOffset).copyMemory(from: start, byteCount: value.count)
        }
        try readPanes(into: record, shape.measures, layout)
        for d in shape.dimensions.indices {
            try readEntries(of: d, shape.dimensions[d], into: record, layout)
        }
        if shape.tracksHours {
            let last = UInt32(try number(UInt64(UInt32.max)))
            let bits = try bytes(RecordFormat.hourBytes)
            if layout.tracksHours { record.restoreHours(last: last, bits, layout) }
        }
        guard isAtEnd else { throw .corrupted }
    }

    private mutating func readPanes(
        into record: EntityRecord, _ measures: [Int], _ layout: borrowing RecordLayout
    ) throws(StateError) {
        var end: UInt64 = 0
        for _ in 0..<paneCount {
            let number = try number(1 << 40)
            let level = UInt8(number & (1 << RecordFormat.levelBits - 1))
            let start = end + number >> RecordFormat.levelBits
            end = start + 1 << UInt64(level)
            guard level <= RecordLayout.maxLevel, start <= UInt64(lastSeen),
                start & (1 << UInt64(level) - 1) == 0
            else { throw .corrupted }
            let values = record.restoreBlock(start: UInt32(start), level: level, layout)
            for own in measures {
                let value = Int64(bitPattern: try self.number(.max))
                if own >= 0 { values[own] &+= value }
            }
        }
        guard end > UInt64(lastSeen) else { throw .corrupted }
        record.countRequests(layout)
    }

    private mutating func readEntries(
        of old: Int, _ dimension: StateMapping.WrittenDimension, into record: EntityRecord,
        _ layout: borrowing RecordLayout
    ) throws(StateError) {
        let head = samples[old]
        var filler = SampleFiller(record, dimension: dimension.own, layout)
        filler.begin(head)
        var before: UInt64?
        for _ in 0..<head.count {
            let hash = try word()
            guard before.map({ hash > $0 }) ?? true,
                EntityRecord.isSampled(hash, exponent: head.exponent)
            else { throw .corrupted }
            before = hash
            let last = lastSeen - UInt32(try number(UInt64(lastSeen)))
            let age = try number(UInt64(last) << 1 | 1)
            filler.add(
                hash: hash, first: last - UInt32(age >> 1), isBornKnown: age & 1 != 0, last: last)
            if dimension.isNamed {
                let name = try bytes(Int(try number(UInt64(RecordFormat.maxName))))
                guard filler.add(name: name) else { throw .corrupted }
            }
            if dimension.hasLoads { try readLoads(&filler) }
        }
        filler.finish()
    }

    private mutating func readLoads(_ filler: inout SampleFiller) throws(StateError) {
        let used = try number(1 << UInt64(DimensionLayout.buckets) - 1)
        for bucket in 0..<DimensionLayout.buckets where used & 1 << UInt64(bucket) != 0 {
            filler.add(load: UInt32(try number(UInt64(UInt32.max))), bucket: bucket)
        }
    }
}
