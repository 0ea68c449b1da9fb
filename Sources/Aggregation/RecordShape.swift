/// The capacities of a record's growing parts.
struct RecordShape {
    /// Bytes of the entity's value.
    var keyLength = 0
    /// Blocks of the pane list.
    var panes = 0
    /// Entries and bytes of names, a dimension each.
    private var entries = Counts(repeating: 0)
    private var names = Counts(repeating: 0)

    /// One number a dimension, inline.
    private typealias Counts = InlineArray<16, Int>

    /// No capacity at all.
    init() {}

    /// The capacities a record has.
    init(_ record: EntityRecord, _ layout: borrowing RecordLayout) {
        keyLength = record.keyLength
        panes = record.paneCapacity
        for d in 0..<layout.dimensions {
            let sample = record.sample(d)
            entries[d] = sample.capacity
            names[d] = sample.nameCapacity
        }
    }

    /// Makes room for so many entries and bytes of names in all.
    mutating func grow(dimension: Int, entries wanted: Int, names bytes: Int) {
        entries[dimension] = max(entries[dimension], wanted)
        names[dimension] = max(names[dimension], (bytes + 7) & ~7)
    }

    /// Bytes of a record of this shape.
    func size(_ layout: borrowing RecordLayout) -> Int {
        var size = layout.keyOffset + ((keyLength + 7) & ~7) + panes * layout.paneStride
        for d in 0..<layout.dimensions {
            size += entries[d] * layout.dimension[d].entryStride + names[d]
        }
        return size
    }

    /// Writes the capacities into a record's header.
    func store(in record: EntityRecord, _ layout: borrowing RecordLayout) {
        record.paneCapacity = panes
        for d in 0..<layout.dimensions {
            record.sample(d).capacity = entries[d]
            record.sample(d).nameCapacity = names[d]
        }
    }

    /// Copies a record's parts into another of at least its capacities.
    static func move(
        _ old: EntityRecord, to new: EntityRecord, size: Int, _ shape: RecordShape,
        _ layout: borrowing RecordLayout
    ) {
        let head = old.panesOffset(layout) + old.paneCount * layout.paneStride
        new.base.copyMemory(from: old.base, byteCount: head)
        new.size = size
        shape.store(in: new, layout)
        for d in 0..<layout.dimensions {
            let stride = layout.dimension[d].entryStride
            let sample = old.sample(d)
            let from = old.base + old.entriesOffset(d, layout)
            let to = new.base + new.entriesOffset(d, layout)
            to.copyMemory(from: from, byteCount: sample.count * stride)
            (to + new.sample(d).capacity * stride).copyMemory(
                from: from + sample.capacity * stride, byteCount: sample.nameBytes)
        }
    }
}
