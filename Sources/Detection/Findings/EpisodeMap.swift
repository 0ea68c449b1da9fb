import Primitives

/// An open-addressing map from a rule on an entity to its entry.
///
/// Linear probing at no more than half full, deletion by shifting back: no tombstones, and the layout is
/// independent of hash seeds of the process. Slots are valid until the next insertion or removal.
struct EpisodeMap {
    private var ids: [WatchedEntity?] = Array(repeating: nil, count: 64)
    private var entries: [Episode] = Array(repeating: Episode(), count: 64)
    private(set) var count = 0

    private var mask: Int { ids.count - 1 }

    private func home(_ id: WatchedEntity) -> Int {
        Int(truncatingIfNeeded: mix(id.entityKey ^ (UInt64(id.rule) << 48))) & mask
    }

    /// The slot of `id`; -1 where there is none.
    func find(_ id: WatchedEntity) -> Int {
        var slot = home(id)
        while let present = ids[slot] {
            if present == id { return slot }
            slot = (slot + 1) & mask
        }
        return -1
    }

    subscript(slot: Int) -> Episode {
        get { entries[slot] }
        _modify { yield &entries[slot] }
    }

    /// Adds `id`, which is not there.
    mutating func insert(_ id: WatchedEntity, _ entry: Episode) {
        if (count + 1) * 2 > ids.count { grow() }
        place(id, entry)
        count += 1
    }

    private mutating func place(_ id: WatchedEntity, _ entry: Episode) {
        var slot = home(id)
        while ids[slot] != nil { slot = (slot + 1) & mask }
        ids[slot] = id
        entries[slot] = entry
    }

    private mutating func grow() {
        let old = (ids, entries)
        ids = Array(repeating: nil, count: old.0.count * 2)
        entries = Array(repeating: Episode(), count: old.0.count * 2)
        for (id, entry) in zip(old.0, old.1) {
            if let id { place(id, entry) }
        }
    }

    /// Empties `slot` and moves up what was displaced past it.
    mutating func remove(_ slot: Int) {
        var hole = slot
        var next = (hole + 1) & mask
        while let id = ids[next] {
            // An entry may fill the hole if its home does not lie behind the hole.
            if (next - home(id)) & mask >= (next - hole) & mask {
                ids[hole] = id
                entries[hole] = entries[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        ids[hole] = nil
        entries[hole] = Episode()
        count -= 1
    }

    /// Appends what must be evaluated at every pane close, in no useful order.
    func appendWatched(to watched: inout [WatchedEntity]) {
        for slot in ids.indices {
            if let id = ids[slot], entries[slot].isWatched { watched.append(id) }
        }
    }

    /// Calls `body` with every entry, in no useful order.
    func forEach(_ body: (WatchedEntity, Episode) -> Void) {
        for (id, entry) in zip(ids, entries) {
            if let id { body(id, entry) }
        }
    }
}
