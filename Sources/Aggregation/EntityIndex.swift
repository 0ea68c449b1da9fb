import Primitives

/// Finds records by key: open addressing with linear probing, 8 bytes a slot, at most 3/4 full.
///
/// A slot holds a record's address (the low 48 bits) and the high 16 bits of its key, so that a miss rarely
/// touches a record. Removal shifts the run back: there are no tombstones.
struct EntityIndex: ~Copyable {
    /// Records in the index.
    private(set) var count = 0
    /// Slots, a power of two.
    private(set) var capacity: Int
    private var slots: UnsafeMutablePointer<UInt64>

    private static let addressMask: UInt64 = 0x0000_FFFF_FFFF_FFFF

    init(capacity: Int = 1024) {
        precondition(capacity.nonzeroBitCount == 1, "a power of two")
        self.capacity = capacity
        slots = Self.makeSlots(capacity)
    }

    private static func makeSlots(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        LargeMemory.allocate(count * 8).initializeMemory(
            as: UInt64.self, repeating: 0, count: count)
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
        UInt64(UInt(bitPattern: record.base)) | key & ~addressMask
    }

    /// Brings the slot of `key` near.
    @inline(__always)
    func prefetchSlot(_ key: UInt64) {
        prefetch(slots + Int(truncatingIfNeeded: key) & (capacity - 1))
    }

    /// Brings the record that `key` probably has near.
    @inline(__always)
    func prefetchRecord(_ key: UInt64) {
        let slot = slots[Int(truncatingIfNeeded: key) & (capacity - 1)]
        if let record = Self.record(slot) {
            prefetch(record.base)
            prefetch(record.base + 64)
            prefetch(record.base + 128)
        }
    }

    /// The record with `key`.
    @inline(__always)
    func find(_ key: UInt64) -> EntityRecord? {
        let mask = capacity - 1
        var i = Int(truncatingIfNeeded: key) & mask
        while slots[i] != 0 {
            if (slots[i] ^ key) & ~Self.addressMask == 0, let record = Self.record(slots[i]),
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
        var i = Int(truncatingIfNeeded: record.key) & mask
        while slots[i] != 0 { i = (i + 1) & mask }
        slots[i] = Self.slot(record, key: record.key)
    }

    /// Points the slot of a record that was moved at its new place.
    func replace(_ old: EntityRecord, with new: EntityRecord) {
        let mask = capacity - 1
        let wanted = Self.slot(old, key: new.key)
        var i = Int(truncatingIfNeeded: new.key) & mask
        while slots[i] != wanted {
            precondition(slots[i] != 0, "a record that is not in the index")
            i = (i + 1) & mask
        }
        slots[i] = Self.slot(new, key: new.key)
    }

    /// The record in slot `i`, for sweeps.
    func record(at i: Int) -> EntityRecord? { Self.record(slots[i]) }

    /// Empties slot `i` and closes the gap; what follows may move into it.
    mutating func remove(at i: Int) {
        let mask = capacity - 1
        var hole = i
        var next = (i + 1) & mask
        while let record = Self.record(slots[next]) {
            let home = Int(truncatingIfNeeded: record.key) & mask
            if (next - home) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = 0
        count -= 1
    }

    private mutating func rehash(_ larger: Int) {
        let old = slots
        let oldCapacity = capacity
        slots = Self.makeSlots(larger)
        capacity = larger
        let ahead = 16
        for i in 0..<oldCapacity {
            if i + ahead < oldCapacity, let coming = Self.record(old[i + ahead]) {
                prefetch(coming.base)
            }
            if let record = Self.record(old[i]) { place(record) }
        }
        old.deallocate()
    }
}
