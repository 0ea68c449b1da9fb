import Primitives

/// What is left of entities that no window reaches: their key, kind, and first and last pane (`Remnants`).
extension EntityStore {
    /// Bytes of a remnant's record.
    static let remnantSize = Slab.rounded(RecordLayout.headerSize)
    /// Remnants may take one part in so many of what state may take.
    private static let remnantParts = 4

    /// Frees all of an entity but its header.
    mutating func reduce(_ key: UInt64) {
        let size = Self.remnantSize
        if !fits(size: size, growingIndex: false) { relieve(size: size, isNew: false, keep: key) }
        guard let record = index.find(key) else { return }
        if changes.isOn, !record.isChanged { noteChange(record) }
        let remnant = makeRemnant(of: record)
        index.replace(record, with: remnant)
        recordBytes += size - record.size
        slab.free(record.base, size: record.size)
        expired += 1
        countAccount(remnant.kind, by: -1)
    }

    private mutating func makeRemnant(of record: EntityRecord) -> EntityRecord {
        let remnant = EntityRecord(base: slab.allocate(Self.remnantSize))
        remnant.base.copyMemory(from: record.base, byteCount: RecordLayout.headerSize)
        remnant.size = Self.remnantSize
        remnant.requests = 0
        remnant.keyLength = 0
        remnant.paneCount = 0
        remnant.paneCapacity = 0
        remnant.isCandidate = false
        remnant.isRemnant = true
        remnants += 1
        return remnant
    }

    /// Forgets the remnants idle longest while all take more than their share of the memory.
    mutating func limitRemnants() {
        while remnants * (Self.remnantSize + Self.indexShare) > stateLimit / Self.remnantParts {
            let before = forgotten
            evict(keep: nil, onlyRemnants: true)
            if forgotten == before { return }
        }
    }
}
