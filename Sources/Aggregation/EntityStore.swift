import Primitives

/// The windowed state of one task's entities: accounts and fingerprints, within a memory budget.
///
/// Partials are folded pane by pane in ascending order; within a pane their order does not matter. A cold
/// entity costs under 256 bytes. Over the budget the longest-idle entities are forgotten, counted in
/// `evicted`; only then can results depend on the order within a pane. Of entities that no window reaches
/// any more nothing is left but their age (`Remnants`), whether or not a sweep has come by.
///
/// What a store holds is a function of the calls it was given: expiry and eviction look at what entities
/// hold, never at addresses or at how the table has grown. So a store read back from a snapshot goes on as
/// the one that wrote it.
///
/// Not thread-safe: one task owns it.
public struct EntityStore: ~Copyable {
    /// What a store is made for.
    public struct Parameters: Sendable {
        /// What is kept of accounts.
        public var accounts: StateSchema
        /// What is kept of fingerprints.
        public var fingerprints: StateSchema
        /// Width of a pane.
        public var paneWidth: PaneWidth
        /// The most values a sample holds, 16 ... 4096.
        public var sampleSize: Int
        /// Bytes of memory the store may take, index included; at least 8 MiB.
        public var memoryBudget: Int

        /// Parameters as given, the sizes clamped to their ranges.
        public init(
            accounts: StateSchema, fingerprints: StateSchema, paneWidth: PaneWidth,
            sampleSize: Int = 512, memoryBudget: Int = 1 << 30
        ) {
            self.accounts = accounts
            self.fingerprints = fingerprints
            self.paneWidth = paneWidth
            self.sampleSize = min(max(16, sampleSize), 4096)
            self.memoryBudget = max(8 << 20, memoryBudget)
        }
    }

    var index = EntityIndex()
    var slab = Slab()
    var scratch = ByteBuffer(capacity: 4096)
    let fingerprintLayout: RecordLayout
    let accountLayout: RecordLayout
    let paneWidth: PaneWidth
    let memoryBudget: Int
    /// What `stateBytes` may come to.
    let stateLimit: Int
    /// Bytes of all records.
    var recordBytes = 0
    /// Entities of which the age alone is kept.
    public internal(set) var remnants = 0
    /// Entities that no window reaches, while a sweep looks for them.
    var silent: [UInt64] = []
    /// What the next snapshot has to tell.
    var changes = ChangeLog()
    /// Whether snapshots are being read back.
    var isLoading = false
    /// While they are, the newest first: keys removed since the older ones were written.
    var gone: Set<UInt64> = []

    /// Entities forgotten because no window reached them any more.
    public internal(set) var expired = 0
    /// Entities forgotten to stay within the budget.
    public internal(set) var evicted = 0
    /// Remnants forgotten before their time, to stay within the budget or their share of it.
    public internal(set) var forgotten = 0
    /// Of those, entities forgotten because memory was short where by the count of bytes it should not
    /// have been: a store read back from a snapshot may then differ from the one that wrote it.
    public internal(set) var evictedInEmergency = 0

    /// An empty store.
    public init(_ parameters: Parameters) {
        fingerprintLayout = RecordLayout(
            schema: parameters.fingerprints, paneWidth: parameters.paneWidth,
            sampleSize: parameters.sampleSize)
        accountLayout = RecordLayout(
            schema: parameters.accounts, paneWidth: parameters.paneWidth,
            sampleSize: parameters.sampleSize)
        paneWidth = parameters.paneWidth
        memoryBudget = parameters.memoryBudget
        stateLimit = Self.stateLimit(memoryBudget: parameters.memoryBudget)
    }

    deinit {
        for i in 0..<index.capacity {
            if let record = index.record(at: i), record.size > Slab.largestSmall {
                record.base.deallocate()
            }
        }
        fingerprintLayout.deallocate()
        accountLayout.deallocate()
    }

    /// Accounts kept, remnants not counted.
    public internal(set) var accountCount = 0
    /// Entities kept, remnants not counted.
    public var count: Int { index.count - remnants }
    /// Bytes taken from the system: records with their slack, and the index.
    public var memoryBytes: Int { slab.reservedBytes + index.bytes }

    @inline(__always)
    func layout(of kind: EntityKind) -> RecordLayout {
        kind.isAccount ? accountLayout : fingerprintLayout
    }

    /// Hints that `key` will be folded soon: first its slot, then its record.
    @inline(__always)
    public func prefetchSlot(of key: UInt64) { index.prefetchSlot(key) }
    /// Hints that `key` will be folded next.
    @inline(__always)
    public func prefetchRecord(of key: UInt64) { index.prefetchRecord(key) }

    /// Adds a partial of `pane`, which must not lie before a pane folded earlier.
    ///
    /// - Returns: the entity, valid until the next call that changes the store.
    public mutating func fold(_ partial: borrowing Partial, pane: Pane) -> EntityReference {
        var record = touch(partial, pane: pane.index)
        if changes.isOn, !record.isChanged { noteChange(record) }
        let layout = layout(of: record.kind)
        addMeasures(partial.measures, to: &record, pane: pane.index, layout)
        let requests = UInt32(clamping: partial.measures[0])
        for d in 0..<layout.dimensions where partial.values[d].isPresent {
            note(partial.values[d], dimension: d, of: &record, count: requests, pane.index, layout)
        }
        return EntityReference(record: record)
    }

    /// Lists an entity for the next snapshot: once in the time between two.
    mutating func noteChange(_ record: EntityRecord) {
        record.isChanged = true
        changes.note(record.key, entities: index.count)
    }

    /// Finds or creates the entity and brings its header up to `pane`.
    private mutating func touch(_ partial: borrowing Partial, pane: UInt32) -> EntityRecord {
        guard let found = index.find(partial.key) else { return create(partial, pane: pane) }
        guard found.lastSeen != pane else { return found }
        precondition(found.lastSeen < pane, "panes are folded in ascending order")
        let layout = layout(of: found.kind)
        let silence = pane - found.lastSeen
        let record = found.isRemnant ? revive(found, partial, layout) : found
        if silence >= layout.memory { record.firstSeen = pane }
        if silence >= layout.retention {
            forget(record, layout)
        } else {
            raiseThresholds(record, pane: pane, layout)
        }
        record.lastSeen = pane
        if layout.tracksHours { record.markHour(hour(of: pane), layout) }
        return record
    }

    /// The capacities a new entity needs.
    private func shape(_ partial: borrowing Partial, _ layout: borrowing RecordLayout)
        -> RecordShape
    {
        var shape = RecordShape()
        shape.keyLength = partial.value.count
        shape.panes = 1
        for d in 0..<layout.dimensions where partial.values[d].isPresent {
            let name = layout.dimension[d].isNamed ? min(partial.values[d].name.count, 1023) : 0
            shape.grow(dimension: d, entries: 1, names: name)
        }
        return shape
    }

    private mutating func create(_ partial: borrowing Partial, pane: UInt32) -> EntityRecord {
        let layout = layout(of: partial.kind)
        let shape = shape(partial, layout)
        let size = Slab.rounded(shape.size(layout))
        makeRoom(size: size)
        let record = EntityRecord(base: slab.allocate(size))
        recordBytes += size
        record.base.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        record.key = partial.key
        record.kind = partial.kind
        record.firstSeen = pane
        record.lastSeen = pane
        fill(record, size: size, shape, partial, layout)
        if layout.tracksHours { record.markHour(hour(of: pane), layout) }
        index.insert(record)
        countAccount(record.kind, by: 1)
        return record
    }

    /// Keeps the number of accounts when an entity comes (`change` 1) or goes (-1).
    @inline(__always)
    mutating func countAccount(_ kind: EntityKind, by change: Int) {
        if kind.isAccount { accountCount += change }
    }

    /// Gives a zeroed record its capacities and its value.
    private func fill(
        _ record: EntityRecord, size: Int, _ shape: RecordShape, _ partial: borrowing Partial,
        _ layout: borrowing RecordLayout
    ) {
        record.size = size
        record.keyLength = partial.value.count
        shape.store(in: record, layout)
        if let bytes = partial.value.baseAddress {
            (record.base + layout.keyOffset).copyMemory(from: bytes, byteCount: partial.value.count)
        }
    }

    /// Makes an entity of a remnant again: a new one of the same age.
    private mutating func revive(
        _ remnant: EntityRecord, _ partial: borrowing Partial, _ layout: borrowing RecordLayout
    ) -> EntityRecord {
        var remnant = remnant
        let shape = shape(partial, layout)
        let size = Slab.rounded(shape.size(layout))
        makeRoom(size: size, replacing: &remnant)
        let record = EntityRecord(base: slab.allocate(size))
        record.base.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        record.base.copyMemory(from: remnant.base, byteCount: RecordLayout.headerSize)
        record.isRemnant = false
        fill(record, size: size, shape, partial, layout)
        index.replace(remnant, with: record)
        recordBytes += size - remnant.size
        remnants -= 1
        countAccount(record.kind, by: 1)
        slab.free(remnant.base, size: remnant.size)
        return record
    }

    /// Empties a returning entity: nothing it did is within any window.
    private func forget(_ record: EntityRecord, _ layout: borrowing RecordLayout) {
        record.requests = 0
        record.paneCount = 0
        if layout.tracksHours {
            (record.base + layout.hoursOffset).initializeMemory(
                as: UInt8.self, repeating: 0, count: RecordLayout.hoursSize)
        }
        for d in 0..<layout.dimensions {
            let sample = record.sample(d)
            sample.count = 0
            sample.nameBytes = 0
            sample.exponent = 0
            sample.olderExponent = 0
            sample.raisedAt = 0
        }
    }

    private mutating func addMeasures(
        _ values: UnsafePointer<Int64>, to record: inout EntityRecord, pane: UInt32,
        _ layout: borrowing RecordLayout
    ) {
        record.requests &+= values[0]
        let into: UnsafeMutablePointer<Int64>
        if let open = record.openBlock(pane: pane, layout) {
            into = open
        } else {
            if record.paneCount == record.paneCapacity {
                record.compactPanes(now: pane, layout)
                // Growing while a quarter is free would make merging come too often; growing only when
                // nothing merged, too late.
                if record.paneCount * 4 > record.paneCapacity * 3 {
                    var shape = RecordShape(record, layout)
                    shape.panes =
                        record.paneCapacity < 4
                        ? record.paneCapacity + 1 : record.paneCapacity * 3 / 2
                    reshape(&record, shape, layout)
                }
            }
            into = record.appendBlock(pane: pane, layout)
        }
        for m in 0..<layout.measures { into[m] &+= values[m] }
    }

    /// The hour, since the epoch, that `pane` begins in.
    func hour(of pane: UInt32) -> UInt32 {
        UInt32(clamping: Int64(pane) * paneWidth.ms / 3_600_000)
    }

    /// Moves a record into one with the capacities of `shape`.
    mutating func reshape(
        _ record: inout EntityRecord, _ shape: RecordShape, _ layout: borrowing RecordLayout
    ) {
        let size = Slab.rounded(shape.size(layout))
        makeRoom(size: size, replacing: &record)
        let moved = EntityRecord(base: slab.allocate(size))
        RecordShape.move(record, to: moved, size: size, shape, layout)
        index.replace(record, with: moved)
        recordBytes += size - record.size
        slab.free(record.base, size: record.size)
        record = moved
    }
}

/// An entity the store has lent: valid until the store changes.
public struct EntityReference {
    let record: EntityRecord

    /// Hash of the entity's value, seeded with its kind.
    public var key: UInt64 { record.key }
    /// What sort of entity it is.
    public var kind: EntityKind { record.kind }
    /// Whether the age alone is kept: no window reaches the entity.
    public var isRemnant: Bool { record.isRemnant }
    /// Requests in all panes kept: an upper bound of every window's.
    public var requests: Int64 { record.requests }
    /// Upper bound of a dimension's distinct values in any window.
    public func valuesBound(dimension: Int) -> Int {
        let sample = record.sample(dimension)
        return sample.count << Int(min(40, max(sample.exponent, sample.olderExponent)))
    }
    /// Whether the entity is on the list of the pane being closed; the caller's to set and clear.
    public var isCandidate: Bool {
        get { record.isCandidate }
        nonmutating set { record.isCandidate = newValue }
    }
    /// Whether the entity must not be evicted or expired; the caller's to set and clear.
    public var isPinned: Bool {
        get { record.isPinned }
        nonmutating set { record.isPinned = newValue }
    }
}
