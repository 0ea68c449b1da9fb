/// The memory budget: expiry of what no window reaches, eviction of what has been idle longest.
extension EntityStore {
    /// Slices a full expiry sweep is cut into: one a closed pane.
    static let sweepSlices = 256

    /// Frees a slice of the entities that no window reaches from `pane`; call once a closed pane.
    public mutating func sweep(now pane: UInt32) {
        let slice = max(64, index.capacity / Self.sweepSlices)
        var i = sweepCursor
        for _ in 0..<slice {
            if i >= index.capacity { i = 0 }
            if let record = index.record(at: i), !record.isPinned, record.lastSeen < pane,
                pane - record.lastSeen >= layout(of: record.kind).retention
            {
                remove(record, at: i)
                expired += 1
            } else {
                i += 1
            }
        }
        sweepCursor = i
    }

    private mutating func remove(_ record: EntityRecord, at slot: Int) {
        index.remove(at: slot)
        slab.free(record.base, size: record.size)
    }

    /// Evicts until a record of `size` bytes fits the budget, as far as entities can be spared.
    ///
    /// What cannot be helped (each size class may hold one chunk, pinned entities stay) exceeds the budget
    /// by at most a few MiB.
    mutating func makeRoom(size: Int, growingIndex: Bool, pane: UInt32, keep: UInt64?) {
        for _ in 0..<8 {
            let indexBytes = growingIndex ? index.bytesAfterInsert : index.bytes
            let room = slab.hasRoom(size)
            let fresh = room ? 0 : (size <= Slab.largestSmall ? Slab.chunkSize : size)
            if room, indexBytes == index.bytes { return }
            if slab.reservedBytes + fresh + indexBytes <= memoryBudget { return }
            let before = evicted
            evict(keep: keep)
            if evicted == before { return }
        }
    }

    /// Forgets about an eighth of the entities, those idle longest first.
    ///
    /// Many may share the pane of the cutoff, the current one even: of those no more go than make up the
    /// eighth, and the next eviction goes on behind them.
    private mutating func evict(keep: UInt64?) {
        let cutoff = idleCutoff()
        var quota = max(1, index.count / 8)
        var steps = index.capacity
        var i = evictionCursor
        while steps > 0 {
            if i >= index.capacity { i = 0 }
            steps -= 1
            if let record = index.record(at: i), !record.isPinned, record.key != keep,
                record.lastSeen < cutoff || record.lastSeen == cutoff && quota > 0
            {
                remove(record, at: i)
                evicted += 1
                quota -= 1
            } else {
                i += 1
            }
        }
        evictionCursor = i
    }

    /// The pane up to which about an eighth of the entities were last seen, from a regular sample.
    private func idleCutoff() -> UInt32 {
        let wanted = 1024
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: wanted) { times in
            var found = 0
            let stride = max(1, index.capacity / (wanted * 2))
            var i = 0
            while i < index.capacity, found < wanted {
                if let record = index.record(at: i), !record.isPinned {
                    times[found] = record.lastSeen
                    found += 1
                }
                i += stride
            }
            guard found > 0 else { return .max }
            times[0..<found].sort()
            return times[found / 8]
        }
    }
}
