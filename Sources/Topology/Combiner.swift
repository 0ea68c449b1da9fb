/// Finds the unflushed partial that an event can be added to: local aggregation in a cache-sized table.
///
/// Direct-mapped: a partial that loses its slot stays where it was written and is simply not added to any
/// more, which costs bytes but changes nothing, since partials merge. A match is told by a 64-bit tag alone
/// (the entity, its dimension values and the pane, hashed): one false match in 10^12 partials has a chance
/// of about 10^-7.
struct Combiner: ~Copyable {
    /// Where a partial's measures can be found.
    struct Slot {
        var tag: UInt64
        var generation: UInt32
        var offset: UInt32
        var target: UInt16
        var section: UInt16
    }

    private let slots: UnsafeMutablePointer<Slot>
    private let mask: Int

    /// A table of `capacity` slots, a power of two.
    init(capacity: Int) {
        precondition(capacity.nonzeroBitCount == 1, "a power of two")
        mask = capacity - 1
        slots = .allocate(capacity: capacity)
        slots.initialize(
            repeating: Slot(tag: 0, generation: 0, offset: 0, target: 0, section: 0),
            count: capacity)
    }

    deinit { slots.deallocate() }

    /// The one slot a tag can be in.
    @inline(__always)
    func slot(_ tag: UInt64) -> UnsafeMutablePointer<Slot> {
        slots + Int(truncatingIfNeeded: tag) & mask
    }
}
