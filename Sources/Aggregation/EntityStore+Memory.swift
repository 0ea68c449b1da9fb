import Primitives

/// Expiry of what no window reaches, and the memory budget: eviction of what has been idle longest.
///
/// When and what goes follows from what entities hold and from nothing else (`DeterministicEviction`).
extension EntityStore {
    /// Parts of the key space that expiry visits in turn: one a closed pane.
    private static let sweepParts: UInt64 = 256
    /// Bytes of index counted for an entity: what it takes where the table has just grown, rounded up.
    static let indexShare = 24
    /// The part of the budget that slack in size classes and the table may take beyond what is counted.
    private static let leastReserve = 3 << 20

    /// Bytes of state by what entities hold: their records and a fixed share of the index.
    public var stateBytes: Int { recordBytes + index.count * Self.indexShare }

    /// What `stateBytes` may come to within a budget.
    static func stateLimit(memoryBudget: Int) -> Int {
        memoryBudget - max(memoryBudget / 8, leastReserve)
    }

    /// Frees the entities no window reaches from `pane` in the part of the key space that is the pane's
    /// turn; call it once a closed pane. Where ages are remembered, a remnant stays.
    public mutating func sweep(now pane: UInt32) {
        let width = UInt64.max / Self.sweepParts + 1
        let first = UInt64(pane) % Self.sweepParts * width
        var walk = index.walk(first...first + (width - 1))
        while let record = index.next(&walk) {
            guard !record.isPinned, record.lastSeen < pane else { continue }
            let layout = layout(of: record.kind)
            let silence = pane - record.lastSeen
            if silence >= layout.memory {
                if !record.isRemnant { expired += 1 }
                remove(record, &walk)
            } else if silence >= layout.retention, !record.isRemnant {
                silent.append(record.key)
            }
        }
        for key in silent { reduce(key) }
        silent.removeAll(keepingCapacity: true)
        limitRemnants()
    }

    /// Takes an entity out, the last one a walk gave.
    private mutating func remove(_ record: EntityRecord, _ walk: inout EntityIndex.Walk) {
        if record.isRemnant { remnants -= 1 } else { countAccount(record.kind, by: -1) }
        if record.isStored { changes.noteRemoved(record.key) }
        if isLoading { gone.insert(record.key) }
        recordBytes -= record.size
        index.remove(&walk)
        slab.free(record.base, size: record.size)
    }

    /// Evicts until a new record of `size` bytes fits.
    mutating func makeRoom(size: Int) {
        let growth = size + Self.indexShare
        if stateBytes + growth > stateLimit { makeRoom(growth: growth, keep: nil) }
        if !fits(size: size, growingIndex: true) { relieve(size: size, isNew: true, keep: nil) }
    }

    /// Evicts until a record of `size` bytes fits that takes the place of `record`, which may move.
    mutating func makeRoom(size: Int, replacing record: inout EntityRecord) {
        let key = record.key
        let growth = size - record.size
        if stateBytes + growth > stateLimit { makeRoom(growth: growth, keep: key) }
        guard !fits(size: size, growingIndex: false) else { return }
        relieve(size: size, isNew: false, keep: key)
        if let moved = index.find(key) { record = moved }
    }

    /// Makes room for a record of `size` bytes that is read back: it has been within the budget before.
    mutating func makeRoomToLoad(size: Int) {
        if !fits(size: size, growingIndex: true) { relieve(size: size, isNew: true, keep: nil) }
    }

    /// Evicts as far as entities can be spared: pinned ones stay, whatever the budget.
    @inline(never)
    private mutating func makeRoom(growth: Int, keep: UInt64?) {
        for _ in 0..<8 {
            let before = evicted + forgotten
            evict(keep: keep)
            if evicted + forgotten == before || stateBytes + growth <= stateLimit { return }
        }
    }

    /// Sees to it that the system's memory suffices for a record of `size` bytes, by moving records together.
    /// Where that does not help, evicts: the one thing here that depends on more than what entities hold.
    @inline(never)
    mutating func relieve(size: Int, isNew: Bool, keep: UInt64?) {
        compact()
        for _ in 0..<8 {
            if fits(size: size, growingIndex: isNew) { return }
            let before = evicted + forgotten
            evict(keep: keep)
            evictedInEmergency += evicted + forgotten - before
            if evicted + forgotten == before { return }
            compact()
        }
    }

    func fits(size: Int, growingIndex: Bool) -> Bool {
        let indexBytes = growingIndex ? index.bytesAfterInsert : index.bytes
        let room = slab.hasRoom(size)
        if room, indexBytes == index.bytes { return true }
        let fresh = room ? 0 : (size <= Slab.largestSmall ? Slab.chunkSize : size)
        return slab.reservedBytes + fresh + indexBytes <= memoryBudget
    }

    /// Forgets about an eighth of the entities, or of the remnants, those idle longest first.
    mutating func evict(keep: UInt64?, onlyRemnants: Bool = false) {
        guard let cutoff = idleCutoff(keep: keep, onlyRemnants) else { return }
        var walk = index.walk(0 ... .max)
        while let record = index.next(&walk) {
            guard record.eagerness <= cutoff, record.canGo(keep: keep, onlyRemnants) else {
                continue
            }
            if record.isRemnant { forgotten += 1 } else { evicted += 1 }
            remove(record, &walk)
        }
    }

    /// The eagerness to leave of which about an eighth of the entities have no less; nil where none can go.
    ///
    /// Taken from about a thousand entities whose keys lie in 64 ranges spread evenly, or from all where
    /// these hold too few.
    private func idleCutoff(keep: UInt64?, _ onlyRemnants: Bool) -> UInt64? {
        let ranges: UInt64 = 64
        let stride = UInt64.max / ranges + 1
        let wanted: UInt64 = 1024
        let width = stride / max(wanted, UInt64(index.count)) * wanted
        var sample: [UInt64] = []
        for range in 0..<ranges {
            let first = range * stride
            collect(first...first + (width - 1), keep: keep, onlyRemnants, into: &sample)
        }
        if sample.count < 64 {
            sample.removeAll()
            collect(0 ... .max, keep: keep, onlyRemnants, into: &sample)
        }
        guard !sample.isEmpty else { return nil }
        sample.sort()
        return sample[max(1, sample.count / 8) - 1]
    }

    private func collect(
        _ keys: ClosedRange<UInt64>, keep: UInt64?, _ onlyRemnants: Bool,
        into sample: inout [UInt64]
    ) {
        var walk = index.walk(keys)
        while let record = index.next(&walk) {
            if record.canGo(keep: keep, onlyRemnants) { sample.append(record.eagerness) }
        }
    }
}

extension EntityRecord {
    /// Whether the entity may be evicted.
    fileprivate func canGo(keep: UInt64?, _ onlyRemnants: Bool) -> Bool {
        !isPinned && key != keep && (isRemnant || !onlyRemnants)
    }

    /// Orders entities for eviction, the least first: by the pane last seen, and among the many that may
    /// share it by a hash, so that no kind, value or age is preferred.
    fileprivate var eagerness: UInt64 {
        UInt64(lastSeen) << 32 | mix(key ^ UInt64(lastSeen)) >> 32
    }
}
