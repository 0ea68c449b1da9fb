/// Which entities were changed or removed since the last snapshot.
///
/// Off until the first snapshot, so that a store nobody saves pays nothing. Bounded by the entities there are:
/// where more keys were noted (most of them gone since), `isOverfull` says that a pass over everything is due.
struct ChangeLog: ~Copyable {
    /// Whether anything is noted.
    private(set) var isOn = false
    /// Whether keys are missing from the list of changes.
    private(set) var isOverfull = false
    /// Keys of changed entities; some may have gone since, or be listed twice.
    private(set) var changed: UnsafeMutablePointer<UInt64>
    /// Keys in `changed`.
    private(set) var count = 0
    private var capacity = 1024
    /// Keys that a snapshot holds and the store does not, or no longer held at some time.
    private(set) var removed: [UInt64] = []

    init() { changed = .allocate(capacity: 1024) }

    deinit { changed.deallocate() }

    /// Notes that an entity was changed; `entities` there are in all.
    mutating func note(_ key: UInt64, entities: Int) {
        guard count < capacity || grow(entities: entities) else { return }
        changed[count] = key
        count += 1
    }

    /// Notes that an entity a snapshot holds was removed.
    mutating func noteRemoved(_ key: UInt64) { removed.append(key) }

    @inline(never)
    private mutating func grow(entities: Int) -> Bool {
        guard count < max(1024, entities) else {
            isOverfull = true
            return false
        }
        let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: changed, count: count)
        changed.deallocate()
        changed = larger
        capacity *= 2
        return true
    }

    /// Forgets what was noted, keeping the memory, and notes from now on.
    mutating func restart() {
        isOn = true
        isOverfull = false
        count = 0
        removed.removeAll(keepingCapacity: true)
    }
}
