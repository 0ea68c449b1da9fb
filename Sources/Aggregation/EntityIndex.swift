import Primitives

/// Finds records by key: open addressing with linear probing, 8 bytes a slot, at most 3/4 full.
///
/// A key's home is the slot its top bits name, so a range of keys is a run of slots and what was displaced
/// past its end. A slot holds a record's address (48 bits) and the low 16 bits of its key, so that a miss
/// rarely touches a record. Removal shifts the run back: there are no tombstones.
struct EntityIndex: ~Copyable {
    /// Records in the index.
    private(set) var count = 0
    /// Slots, a power of two.
    private(set) var capacity: Int
    /// What a key is shifted by to give its home.
    private var shift: UInt64
    private var slots: UnsafeMutablePointer<UInt64>

    private static let addressMask: UInt64 = 0x0000_FFFF_FFFF_FFFF
    /// The fewest slots.
    static let leastCapacity = 1024

    init() {
        capacity = Self.leastCapacity
        shift = Self.shift(Self.leastCapacity)
        slots = Self.makeSlots(Self.leastCapacity)
    }

    private static func makeSlots(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        LargeMemory.allocate(count * 8).initializeMemory(
            as: UInt64.self, repeating: 0, count: count)
    }

    private static func shift(_ capacity: Int) -> UInt64 {
        UInt64(64 - capacity.trailingZeroBitCount)
    }

    deinit { slots.deallocate() }

    /// Bytes the index takes.
    var bytes: Int { capacity * 8 }
    /// Bytes it would take with one record more.
    var bytesAfterInsert: Int { (count + 1) * 4 > capacity * 3 ? bytes * 2 : bytes }

    private static func record(_ slot: UInt64) -> EntityRecord? {
        UnsafeMutableRawPointer(bitPattern: UInt(slot & addressMask)).map(EntityRecord.init)
    }
    private static func slot(_ record: EntityRecord, key: UInt64) -> UInt64 {
        UInt64(UInt(bitPattern: record.base)) | key << 48
    }

    @inline(__always)
    private func home(_ key: UInt64) -> Int { Int(truncatingIfNeeded: key &>> shift) }

    /// Brings the slot of `key` near.
    @inline(__always)
    func prefetchSlot(_ key: UInt64) { prefetch(slots + home(key)) }

    /// Brings the record that `key` probably has near.
    @inline(__always)
    func prefetchRecord(_ key: UInt64) {
        if let record = Self.record(slots[home(key)]) {
            prefetch(record.base)
            prefetch(record.base + 64)
            prefetch(record.base + 128)
        }
    }

    /// The record with `key`.
    @inline(__always)
    func find(_ key: UInt64) -> EntityRecord? {
        let mask = capacity - 1
        var i = home(key)
        while slots[i] != 0 {
            if (slots[i] ^ key << 48) & ~Self.addressMask == 0, let record = Self.record(slots[i]),
                record.key == key
            {
                return record
            }
            i = (i + 1) & mask
        }
        return nil
    }

    /// Adds a record that is not in the index.
    mutating func insert(_ record: EntityRecord) {
        if (count + 1) * 4 > capacity * 3 { rehash(capacity * 2) }
        place(record)
        count += 1
    }

    private func place(_ record: EntityRecord) {
        let mask = capacity - 1
        var i = home(record.key)
        while slots[i] != 0 { i = (i + 1) & mask }
        slots[i] = Self.slot(record, key: record.key)
    }

    /// Points the slot of a record that was moved at its new place.
    func replace(_ old: EntityRecord, with new: EntityRecord) {
        let mask = capacity - 1
        let wanted = Self.slot(old, key: new.key)
        var i = home(new.key)
        while slots[i] != wanted {
            precondition(slots[i] != 0, "a record that is not in the index")
            i = (i + 1) & mask
        }
        slots[i] = Self.slot(new, key: new.key)
    }

    /// The record in slot `i`, for passes over everything.
    func record(at i: Int) -> EntityRecord? { Self.record(slots[i]) }

    /// Empties slot `i` and closes the gap; what follows may move into it.
    private mutating func remove(at i: Int) {
        let mask = capacity - 1
        var hole = i
        var next = (i + 1) & mask
        while let record = Self.record(slots[next]) {
            if (next - home(record.key)) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = 0
        count -= 1
    }

    /// Slots looked ahead in passes, so that their records are near when their turn comes.
    private static let ahead = 12

    /// A walk over the records whose keys lie in a range, each once, in the table's order.
    ///
    /// Which records these are depends on the keys alone. Those with a home in the range lie from its first
    /// slot to the first empty slot behind its last; what was displaced past the end of the table lies at
    /// its start, below its home.
    struct Walk {
        fileprivate let keys: ClosedRange<UInt64>
        fileprivate var slot: Int
        /// Homes of the range still ahead.
        fileprivate var left: Int
        fileprivate var isPastEnd = false
        /// Whether the slot was dealt with.
        fileprivate var isDone = false
    }

    /// A walk over `keys`; the index changes during it through `remove(_:)` alone.
    func walk(_ keys: ClosedRange<UInt64>) -> Walk {
        let first = home(keys.lowerBound)
        return Walk(keys: keys, slot: first, left: home(keys.upperBound) - first)
    }

    /// The next record of a walk.
    @inline(__always)
    func next(_ walk: inout Walk) -> EntityRecord? {
        let mask = capacity - 1
        while true {
            if walk.isDone {
                walk.slot = (walk.slot + 1) & mask
                walk.isPastEnd = walk.isPastEnd || walk.slot == 0
                walk.left -= 1
            }
            walk.isDone = true
            guard let record = Self.record(slots[walk.slot]) else {
                if walk.left <= 0 { return nil }
                continue
            }
            if let coming = Self.record(slots[(walk.slot + Self.ahead) & mask]) {
                prefetch(coming.base)
            }
            let key = record.key
            if walk.keys.contains(key), (home(key) > walk.slot) == walk.isPastEnd { return record }
        }
    }

    /// Removes the record the walk gave last.
    mutating func remove(_ walk: inout Walk) {
        remove(at: walk.slot)
        walk.isDone = false
    }

    /// Gives memory back where the index has become far too large for what it holds.
    mutating func shrink() {
        var smaller = capacity
        while smaller > Self.leastCapacity, count * 2 <= smaller / 2 { smaller /= 2 }
        if smaller < capacity { rehash(smaller) }
    }

    private mutating func rehash(_ other: Int) {
        let old = slots
        let oldCapacity = capacity
        slots = Self.makeSlots(other)
        capacity = other
        shift = Self.shift(other)
        for i in 0..<oldCapacity {
            if i + Self.ahead < oldCapacity, let coming = Self.record(old[i + Self.ahead]) {
                prefetch(coming.base)
            }
            if let record = Self.record(old[i]) { place(record) }
        }
        old.deallocate()
    }
}
