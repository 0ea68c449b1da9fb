import Primitives

/// Fills a sample with the entries of a snapshot, in ascending order of their hashes.
///
/// Where the sample is smaller than the one that was written it is narrowed: the threshold falls to what
/// leaves as many entries as fit. Where the record has no such dimension the entries go nowhere.
struct SampleFiller {
    private let record: EntityRecord
    private let dimension: Int
    private let shape: DimensionLayout
    private let offset: Int
    private let limit: Int
    /// The entry being filled; nil where it is not kept.
    private var entry: EntityRecord.Entry?
    /// The first hash that did not fit.
    private var overflow: UInt64?

    init(_ record: EntityRecord, dimension: Int, _ layout: borrowing RecordLayout) {
        self.record = record
        self.dimension = dimension
        shape = layout.dimension[max(0, dimension)]
        offset = dimension < 0 ? 0 : record.entriesOffset(dimension, layout)
        limit = dimension < 0 ? 0 : record.sample(dimension).capacity
    }

    /// Takes over the threshold.
    func begin(_ head: RecordDecoder.SampleHead) {
        guard dimension >= 0 else { return }
        let sample = record.sample(dimension)
        sample.exponent = head.exponent
        sample.olderExponent = head.olderExponent
        sample.raisedAt = head.raisedAt
    }

    /// Adds an entry.
    mutating func add(hash: UInt64, first: UInt32, isBornKnown: Bool, last: UInt32) {
        entry = nil
        guard dimension >= 0 else { return }
        let sample = record.sample(dimension)
        guard sample.count < limit else {
            overflow = overflow ?? hash
            return
        }
        let added = record.entry(sample.count, at: offset, shape)
        sample.count += 1
        added.hash = hash
        added.first = first
        added.isBornKnown = isBornKnown
        added.last = last
        entry = added
    }

    /// Names the entry added last; false where the name does not fit.
    func add(name: ByteSlice) -> Bool {
        guard let entry, shape.isNamed else { return true }
        let sample = record.sample(dimension)
        guard sample.nameBytes + name.count <= sample.nameCapacity else { return false }
        entry.name = UInt32(sample.nameBytes) << 10 | UInt32(name.count)
        if let start = name.baseAddress {
            let blob = record.base + offset + sample.capacity * shape.entryStride
            (blob + sample.nameBytes).copyMemory(from: start, byteCount: name.count)
        }
        sample.nameBytes += name.count
        return true
    }

    /// Sets a load bucket of the entry added last.
    func add(load: UInt32, bucket: Int) {
        guard let entry, shape.bucketWidth > 0 else { return }
        entry.loads(shape)[bucket] = load
    }

    /// Narrows the sample where not all fitted.
    func finish() {
        guard dimension >= 0, let overflow else { return }
        let sample = record.sample(dimension)
        sample.exponent = max(sample.exponent, UInt8(overflow.leadingZeroBitCount + 1))
        while sample.count > 0 {
            let last = record.entry(sample.count - 1, at: offset, shape)
            if EntityRecord.isSampled(last.hash, exponent: sample.exponent) { return }
            if shape.isNamed { sample.nameBytes = Int(last.name >> 10) }
            sample.count -= 1
        }
    }
}
