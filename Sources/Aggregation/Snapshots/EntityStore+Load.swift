import Primitives

/// Reading state back: the snapshots of a window, the newest first, into an empty store.
extension EntityStore {
    /// Begins to read a window.
    public mutating func beginLoading() {
        precondition(count == 0, "state is read into an empty store")
        changes.restart()
        isLoading = true
    }

    /// Takes in an entity, unless a newer snapshot had it or knew that it was removed, or such entities
    /// are not kept.
    ///
    /// - Parameters:
    ///   - pane: the first pane that was open when the newest snapshot was written.
    /// - Returns: the entity, until the store changes; nil where it was passed over.
    /// - Throws: `StateError`; the store can be used for nothing then.
    public mutating func load(
        _ item: ByteSlice, _ mapping: StateMapping, before pane: Pane
    ) throws(StateError) -> EntityReference? {
        var decoder = try RecordDecoder(item)
        guard index.find(decoder.key) == nil, !gone.contains(decoder.key) else { return nil }
        try decoder.readHead(mapping, before: pane.index)
        guard let kind = mapping.kinds[Int(decoder.kind.code)] else { return nil }
        if decoder.isRemnant {
            // An older snapshot may hold the entity as it was.
            if !loadRemnant(decoder, kind: kind) { gone.insert(decoder.key) }
            return nil
        }
        let layout = layout(of: kind)
        let shape = RecordShape(decoder, mapping, layout)
        let size = Slab.rounded(shape.size(layout))
        guard size <= memoryBudget else { throw .corrupted }
        let record = makeRecord(decoder, kind: kind, size: size)
        record.keyLength = decoder.valueLength
        shape.store(in: record, layout)
        do throws(StateError) {
            try decoder.readBody(into: record, mapping, layout)
        } catch {
            slab.free(record.base, size: size)
            throw error
        }
        record.isStored = true
        recordBytes += size
        index.insert(record)
        countAccount(kind, by: 1)
        return EntityReference(record: record)
    }

    /// A record of `size` bytes with what a snapshot's item begins with; all else in it is zero.
    mutating func makeRecord(_ decoder: RecordDecoder, kind: EntityKind, size: Int) -> EntityRecord
    {
        makeRoomToLoad(size: size)
        let record = EntityRecord(base: slab.allocate(size))
        record.base.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        record.key = decoder.key
        record.kind = kind
        record.size = size
        record.firstSeen = decoder.firstSeen
        record.lastSeen = decoder.lastSeen
        return record
    }

    /// Takes in a remnant that is read back; false where this store remembers no ages of its class.
    private mutating func loadRemnant(_ decoder: RecordDecoder, kind: EntityKind) -> Bool {
        guard layout(of: kind).remembersAge else { return false }
        let size = Self.remnantSize
        let record = makeRecord(decoder, kind: kind, size: size)
        record.isRemnant = true
        record.isStored = true
        recordBytes += size
        remnants += 1
        index.insert(record)
        return true
    }

    /// Notes that an entity was removed before the snapshot being read: older ones are passed over for it.
    public mutating func loadRemoved(_ key: UInt64) { gone.insert(key) }

    /// Ends reading.
    public mutating func finishLoading() {
        gone = []
        isLoading = false
    }
}

extension RecordShape {
    /// The capacities of an entity that is being read, as far as `layout` has a place for them.
    init(
        _ decoder: RecordDecoder, _ mapping: StateMapping, _ layout: borrowing RecordLayout
    ) {
        self.init()
        keyLength = decoder.valueLength
        panes = decoder.paneCount == 0 ? 1 : decoder.paneCapacity
        let old = mapping.class(of: decoder.kind)
        for d in old.dimensions.indices where old.dimensions[d].own >= 0 {
            let own = old.dimensions[d].own
            let head = decoder.samples[d]
            grow(
                dimension: own, entries: min(head.capacity, layout.sampleSize),
                names: layout.dimension[own].isNamed ? head.nameCapacity : 0)
        }
    }
}
