import Primitives

/// Updates of the windowed samples.
extension EntityStore {
    /// Notes that a value was seen `count` times in `pane`.
    mutating func note(
        _ value: Partial.Value, dimension: Int, of record: inout EntityRecord, count: UInt32,
        _ pane: UInt32, _ layout: borrowing RecordLayout
    ) {
        let sample = record.sample(dimension)
        guard EntityRecord.isSampled(value.hash, exponent: sample.exponent) else { return }
        let shape = layout.dimension[dimension]
        let offset = record.entriesOffset(dimension, layout)
        let i = record.lowerBound(value.hash, count: sample.count, at: offset, shape)
        if i < sample.count, record.entry(i, at: offset, shape).hash == value.hash {
            let entry = record.entry(i, at: offset, shape)
            let silence = pane - entry.last
            if silence >= layout.retention { Self.clearLoads(of: entry, shape) }
            if silence >= min(layout.retention, layout.valueMemory) {
                entry.isBornKnown = false
                entry.first = pane
            }
            Self.add(value, count, to: entry, of: record, pane: pane, shape)
            return
        }
        insert(value, dimension: dimension, of: &record, count: count, pane, layout)
    }

    private static func add(
        _ value: Partial.Value, _ count: UInt32, to entry: EntityRecord.Entry,
        of record: EntityRecord,
        pane: UInt32, _ shape: DimensionLayout
    ) {
        if value.born > 0 {
            let born = min(value.born, pane)
            entry.first = entry.isBornKnown ? min(entry.first, born) : born
            entry.isBornKnown = true
        }
        if shape.bucketWidth > 0 { record.addLoad(count, to: entry, pane: pane, shape) }
        entry.last = pane
    }

    /// Forgets the loads of a value that no window reaches any more.
    private static func clearLoads(of entry: EntityRecord.Entry, _ shape: DimensionLayout) {
        guard shape.bucketWidth > 0 else { return }
        let loads = entry.loads(shape)
        for b in 0..<DimensionLayout.buckets { loads[b] = 0 }
    }

    private mutating func insert(
        _ value: Partial.Value, dimension: Int, of record: inout EntityRecord, count: UInt32,
        _ pane: UInt32, _ layout: borrowing RecordLayout
    ) {
        if record.sample(dimension).count == layout.sampleSize {
            narrow(record, dimension: dimension, for: value.hash, pane: pane, layout)
            let exponent = record.sample(dimension).exponent
            guard EntityRecord.isSampled(value.hash, exponent: exponent) else { return }
        }
        makeRoomInSample(of: &record, dimension: dimension, name: value.name.count, layout)
        let sample = record.sample(dimension)
        let shape = layout.dimension[dimension]
        let offset = record.entriesOffset(dimension, layout)
        let i = record.lowerBound(value.hash, count: sample.count, at: offset, shape)
        let entry = record.entry(i, at: offset, shape)
        (entry.base + shape.entryStride).copyMemory(
            from: entry.base, byteCount: (sample.count - i) * shape.entryStride)
        entry.base.initializeMemory(as: UInt8.self, repeating: 0, count: shape.entryStride)
        sample.count += 1
        entry.hash = value.hash
        entry.first = pane
        entry.last = pane
        if shape.isNamed {
            Self.storeName(value.name, in: record, sample, entry, at: offset, shape)
        }
        Self.add(value, count, to: entry, of: record, pane: pane, shape)
    }

    private static func storeName(
        _ name: ByteSlice, in record: EntityRecord, _ sample: SampleDescriptor,
        _ entry: EntityRecord.Entry, at offset: Int, _ shape: DimensionLayout
    ) {
        let length = min(name.count, 1023)
        entry.name = UInt32(sample.nameBytes) << 10 | UInt32(length)
        guard length > 0, let bytes = name.baseAddress else { return }
        let blob = record.base + offset + sample.capacity * shape.entryStride
        (blob + sample.nameBytes).copyMemory(from: bytes, byteCount: length)
        sample.nameBytes += length
    }

    /// Drops what no window reaches; while the sample with `hash` would still be too large, halves it.
    ///
    /// The exponent this ends at is the smallest under which the pane's values fit, whatever their order.
    private mutating func narrow(
        _ record: EntityRecord, dimension: Int, for hash: UInt64, pane: UInt32,
        _ layout: borrowing RecordLayout
    ) {
        let sample = record.sample(dimension)
        record.prune(dimension: dimension, now: pane, layout, scratch: &scratch)
        while sample.count >= layout.sampleSize,
            EntityRecord.isSampled(hash, exponent: sample.exponent)
        {
            sample.exponent += 1
            record.prune(dimension: dimension, now: pane, layout, scratch: &scratch)
        }
    }

    private mutating func makeRoomInSample(
        of record: inout EntityRecord, dimension: Int, name: Int,
        _ layout: borrowing RecordLayout
    ) {
        let sample = record.sample(dimension)
        let named = layout.dimension[dimension].isNamed ? min(name, 1023) : 0
        let names = sample.nameBytes + named
        guard sample.count == sample.capacity || names > sample.nameCapacity else { return }
        var shape = RecordShape(record, layout)
        if sample.count == sample.capacity {
            let larger = sample.capacity < 4 ? sample.capacity + 1 : sample.capacity * 3 / 2
            shape.grow(dimension: dimension, entries: min(larger, layout.sampleSize), names: 0)
        }
        if names > sample.nameCapacity {
            let slack = sample.capacity < 4 ? 0 : names / 2
            shape.grow(dimension: dimension, entries: 0, names: names + slack)
        }
        reshape(&record, shape, layout)
    }

    /// Lets a sample that has thinned out take in more values again: once per retention, when under a
    /// quarter is in use, the threshold rises so far that about half would be. So an entity that was crowded
    /// once is exact again after three quiet retentions.
    func raiseThresholds(_ record: EntityRecord, pane: UInt32, _ layout: borrowing RecordLayout) {
        for d in 0..<layout.dimensions {
            let sample = record.sample(d)
            guard sample.exponent > 0, pane - sample.raisedAt >= layout.retention else { continue }
            let shape = layout.dimension[d]
            let offset = record.entriesOffset(d, layout)
            var live = 0
            for i in 0..<sample.count
            where pane - record.entry(i, at: offset, shape).last < layout.retention {
                live += 1
                if live * 4 > layout.sampleSize { break }
            }
            guard live * 4 <= layout.sampleSize else { continue }
            sample.olderExponent = sample.exponent
            let room = layout.sampleSize / (2 * max(1, live))
            let levels = UInt8(Int.bitWidth - 1 - room.leadingZeroBitCount)
            sample.exponent -= min(sample.exponent, levels)
            sample.raisedAt = pane
        }
    }
}
