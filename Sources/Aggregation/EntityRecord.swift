import Primitives

/// One entity's state: a run of bytes in the slab, read and written in place.
///
/// A borrowed pointer: valid until the store next creates, grows, evicts or expires an entity.
///
/// Invariants (`checkInvariants`): panes ascend and do not overlap; `requests` is the sum of their first
/// measure; a sample's entries ascend by hash, all under its threshold; names lie inside their blob.
struct EntityRecord {
    let base: UnsafeMutableRawPointer

    @inline(__always)
    private func field<T>(_ offset: Int, _: T.Type) -> UnsafeMutablePointer<T> {
        (base + offset).assumingMemoryBound(to: T.self)
    }

    /// The hash of the entity's value, seeded with its kind.
    var key: UInt64 {
        get { field(0, UInt64.self).pointee }
        nonmutating set { field(0, UInt64.self).pointee = newValue }
    }
    /// The first pane the entity was active in, since its age was last forgotten.
    var firstSeen: UInt32 {
        get { field(8, UInt32.self).pointee }
        nonmutating set { field(8, UInt32.self).pointee = newValue }
    }
    /// The last pane the entity was active in.
    var lastSeen: UInt32 {
        get { field(12, UInt32.self).pointee }
        nonmutating set { field(12, UInt32.self).pointee = newValue }
    }
    /// Requests in all panes kept: no window holds more.
    var requests: Int64 {
        get { field(16, Int64.self).pointee }
        nonmutating set { field(16, Int64.self).pointee = newValue }
    }
    /// Bytes of the record.
    var size: Int {
        get { Int(field(24, UInt32.self).pointee) }
        nonmutating set { field(24, UInt32.self).pointee = UInt32(newValue) }
    }
    /// What sort of entity it is.
    var kind: EntityKind {
        get { EntityKind(code: field(28, UInt8.self).pointee) }
        nonmutating set { field(28, UInt8.self).pointee = newValue.code }
    }
    /// Whether the entity is already on the list of the pane being closed.
    var isCandidate: Bool {
        get { field(29, Bool.self).pointee }
        nonmutating set { field(29, Bool.self).pointee = newValue }
    }
    /// Whether the entity must stay: a finding about it is open.
    var isPinned: Bool {
        get { field(30, Bool.self).pointee }
        nonmutating set { field(30, Bool.self).pointee = newValue }
    }
    /// Whether the entity is on the list of those changed since the last snapshot.
    var isChanged: Bool {
        get { field(31, Bool.self).pointee }
        nonmutating set { field(31, Bool.self).pointee = newValue }
    }
    /// Whether a snapshot holds the entity: its removal has to be told.
    var isStored: Bool {
        get { field(38, Bool.self).pointee }
        nonmutating set { field(38, Bool.self).pointee = newValue }
    }
    /// Whether nothing is kept but this header: no window reaches the entity, and its age is remembered.
    var isRemnant: Bool {
        get { field(39, Bool.self).pointee }
        nonmutating set { field(39, Bool.self).pointee = newValue }
    }
    /// Bytes of the entity's value.
    var keyLength: Int {
        get { Int(field(32, UInt16.self).pointee) }
        nonmutating set { field(32, UInt16.self).pointee = UInt16(newValue) }
    }
    /// Entries of the pane list.
    var paneCount: Int {
        get { Int(field(34, UInt16.self).pointee) }
        nonmutating set { field(34, UInt16.self).pointee = UInt16(newValue) }
    }
    /// Entries that fit before the record must grow.
    var paneCapacity: Int {
        get { Int(field(36, UInt16.self).pointee) }
        nonmutating set { field(36, UInt16.self).pointee = UInt16(newValue) }
    }

    /// The sample of dimension `index`; descriptors follow the header.
    func sample(_ index: Int) -> SampleDescriptor {
        SampleDescriptor(
            base: base + RecordLayout.headerSize + RecordLayout.descriptorSize * index)
    }

    /// The entity's value.
    func value(_ layout: borrowing RecordLayout) -> ByteSlice {
        ByteSlice(start: base + layout.keyOffset, count: keyLength)
    }

    /// Offset of the pane list.
    func panesOffset(_ layout: borrowing RecordLayout) -> Int {
        layout.keyOffset + ((keyLength + 7) & ~7)
    }

    /// Offset of the entries of dimension `index`; `layout.dimensions` gives the record's end.
    func entriesOffset(_ index: Int, _ layout: borrowing RecordLayout) -> Int {
        var offset = panesOffset(layout) + paneCapacity * layout.paneStride
        for d in 0..<index {
            let sample = sample(d)
            offset += sample.capacity * layout.dimension[d].entryStride + sample.nameCapacity
        }
        return offset
    }
}

/// The fixed part of a sample: counts, capacities and threshold.
struct SampleDescriptor {
    let base: UnsafeMutableRawPointer

    @inline(__always)
    private func field<T>(_ offset: Int, _: T.Type) -> UnsafeMutablePointer<T> {
        (base + offset).assumingMemoryBound(to: T.self)
    }
    /// Entries in the sample.
    var count: Int {
        get { Int(field(0, UInt16.self).pointee) }
        nonmutating set { field(0, UInt16.self).pointee = UInt16(newValue) }
    }
    /// Entries that fit before the record must grow.
    var capacity: Int {
        get { Int(field(2, UInt16.self).pointee) }
        nonmutating set { field(2, UInt16.self).pointee = UInt16(newValue) }
    }
    /// Bytes of names written, below 2^24.
    var nameBytes: Int {
        get { Int(field(4, UInt32.self).pointee & 0xFF_FFFF) }
        nonmutating set {
            let capacity = field(4, UInt32.self).pointee & 0xFF00_0000
            field(4, UInt32.self).pointee = capacity | UInt32(newValue)
        }
    }
    /// Bytes of names that fit, a multiple of 8: its eighth takes the 16 bits at 8 and the top 8 at 4.
    var nameCapacity: Int {
        get {
            let high = Int(field(4, UInt32.self).pointee >> 24)
            return (Int(field(8, UInt16.self).pointee) | high << 16) * 8
        }
        nonmutating set {
            let eighth = UInt32(newValue / 8)
            field(8, UInt16.self).pointee = UInt16(truncatingIfNeeded: eighth)
            field(4, UInt32.self).pointee = (eighth >> 16) << 24 | UInt32(nameBytes)
        }
    }
    /// The threshold: values are sampled whose hash begins with so many zero bits.
    var exponent: UInt8 {
        get { field(10, UInt8.self).pointee }
        nonmutating set { field(10, UInt8.self).pointee = newValue }
    }
    /// The threshold before it was last raised; windows that reach back past `raisedAt` use it.
    var olderExponent: UInt8 {
        get { field(11, UInt8.self).pointee }
        nonmutating set { field(11, UInt8.self).pointee = newValue }
    }
    /// The pane at which the threshold was last raised; 0 where it never was.
    var raisedAt: UInt32 {
        get { field(12, UInt32.self).pointee }
        nonmutating set { field(12, UInt32.self).pointee = newValue }
    }
}
