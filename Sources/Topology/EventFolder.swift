import Aggregation
import Events
import Primitives

/// Folds events into partials: one of the account, and one of each fingerprint with the account.
///
/// Owns its scratch; per event it allocates nothing.
struct EventFolder: ~Copyable {
    /// A value of the event being folded.
    private struct Found {
        var key: UInt64
        var text: ByteSlice
        var isPresent: Bool
    }

    /// One entity class compiled against the plan: which numbers and values its partials carry.
    private struct Class {
        let measures: UnsafePointer<MeasureSource>
        let measureCount: Int
        /// A bit per measure that takes eight bytes.
        let wide: UInt32
        let dimensions: UnsafePointer<ClassDimension>
        let dimensionCount: Int
        /// What the event being folded adds.
        let values: UnsafeMutablePointer<Int64>
        /// Bytes of a partial before its value.
        var headSize: Int {
            BlockFormat.partialHeaderSize
                + BlockFormat.measureBytes(count: measureCount, wide: wide)
        }

        @inline(__always)
        func isWide(_ measure: Int) -> Bool {
            wide & (1 &<< UInt32(truncatingIfNeeded: measure)) != 0
        }
    }

    /// A dimension: where its value is found, and how it is written.
    private struct ClassDimension {
        let slot: Int
        let isNamed: Bool
        let isAccount: Bool
    }

    private let plan: TopologyPlan
    private let kindSeeds: UnsafeMutablePointer<UInt64>
    private let isEntityKind: UnsafeMutablePointer<Bool>
    private let kindCount: Int
    /// Values by kind, then by other source, of the event being folded.
    private let found: UnsafeMutablePointer<Found>
    private let others: UnsafeMutablePointer<(source: DimensionSource, seed: UInt64)>
    private let otherCount: Int
    private let accounts: Class
    private let fingerprints: Class
    private let subnet = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
    private var rekeyed = ByteBuffer(capacity: 1024)
    private var accountKey: UInt64 = 0
    private var account = ByteSlice(start: nil, count: 0)
    private var born: UInt32 = 0
    private var combiner: Combiner
    /// What is not flushed yet.
    var sections: SectionTable

    /// A folder for the plan; its combiner takes `combinerSlots * 24` bytes.
    init(_ plan: TopologyPlan, combinerSlots: Int = 8192) {
        self.plan = plan
        kindCount = plan.kinds.count
        kindSeeds = .allocate(capacity: max(1, kindCount))
        isEntityKind = .allocate(capacity: max(1, kindCount))
        for k in 0..<kindCount {
            (kindSeeds + k).initialize(to: plan.kinds[k].seed)
            (isEntityKind + k).initialize(to: plan.isEntityKind[k])
        }
        var slots: [(source: DimensionSource, seed: UInt64)] = []
        accounts = Self.compile(plan.accounts, plan, &slots)
        fingerprints = Self.compile(plan.fingerprints, plan, &slots)
        otherCount = slots.count
        others = .allocate(capacity: max(1, otherCount))
        for (i, slot) in slots.enumerated() { (others + i).initialize(to: slot) }
        found = .allocate(capacity: kindCount + otherCount + 1)
        found.initialize(
            repeating: Found(key: 0, text: ByteSlice(start: nil, count: 0), isPresent: false),
            count: kindCount + otherCount + 1)
        combiner = Combiner(capacity: combinerSlots)
        sections = SectionTable(partitions: plan.partitions)
    }

    deinit {
        kindSeeds.deallocate()
        isEntityKind.deallocate()
        found.deallocate()
        others.deallocate()
        for entityClass in [accounts, fingerprints] {
            entityClass.measures.deallocate()
            entityClass.dimensions.deallocate()
            entityClass.values.deallocate()
        }
        subnet.deallocate()
    }

    /// Measures or dimensions the plan names and no event can have are a mistake of whoever made the plan.
    private static func compile(
        _ schema: StateSchema, _ plan: TopologyPlan,
        _ others: inout [(source: DimensionSource, seed: UInt64)]
    ) -> Class {
        let measures = UnsafeMutablePointer<MeasureSource>.allocate(capacity: schema.measures.count)
        for (i, name) in schema.measures.enumerated() {
            guard let source = MeasureSource(name, kinds: plan.kinds, signals: plan.signals) else {
                preconditionFailure("unknown measure \(name)")
            }
            (measures + i).initialize(to: source)
        }
        let wire = BlockFormat.wireDimensions(of: schema)
        let dimensions = UnsafeMutablePointer<ClassDimension>.allocate(capacity: max(1, wire.count))
        for (i, dimension) in wire.enumerated() {
            let source = DimensionSource(dimension.name, kinds: plan.kinds, signals: plan.signals)
            guard let source else { preconditionFailure("unknown dimension \(dimension.name)") }
            let slot: Int
            if case .kind(let kind) = source {
                slot = kind
            } else if let known = others.firstIndex(where: { $0.source == source }) {
                slot = plan.kinds.count + known
            } else {
                slot = plan.kinds.count + others.count
                others.append((source, Kind(dimension.name).seed))
            }
            (dimensions + i).initialize(
                to: ClassDimension(
                    slot: slot, isNamed: dimension.isNamed, isAccount: source == .account))
        }
        let values = UnsafeMutablePointer<Int64>.allocate(capacity: schema.measures.count)
        values.initialize(repeating: 0, count: schema.measures.count)
        return Class(
            measures: measures, measureCount: schema.measures.count,
            wide: BlockFormat.wideMeasures(schema.measures), dimensions: dimensions,
            dimensionCount: wire.count, values: values)
    }

    /// Adds an event to the partials of `pane`.
    mutating func fold(_ event: Event, pane: UInt32) {
        identify(event)
        collect(event)
        for m in 0..<accounts.measureCount {
            accounts.values[m] = accounts.measures[m].value(of: event)
        }
        for m in 0..<fingerprints.measureCount {
            fingerprints.values[m] = fingerprints.measures[m].value(of: event)
        }
        if plan.keepsAccounts {
            add(accounts, kind: .account, key: accountKey, value: account, pane: pane)
        }
        for k in 0..<kindCount where found[k].isPresent && isEntityKind[k] {
            add(
                fingerprints, kind: .fingerprint(k), key: found[k].key, value: found[k].text,
                pane: pane)
        }
    }

    /// Who is billed: the account, or behind a gateway its end user.
    private mutating func identify(_ event: Event) {
        account = event.account
        accountKey = Kind.account.key(of: account)
        born =
            event.accountCreated.map {
                max(1, plan.timing.paneWidth.pane(of: $0).index)
            } ?? 0
        guard !plan.gateways.isEmpty, plan.gateways.contains(accountKey),
            let user = event.string(.endUser)
        else { return }
        rekeyed.removeAll()
        rekeyed.append(account)
        rekeyed.append(UInt8(ascii: "/"))
        rekeyed.append(user)
        if rekeyed.count > Self.mostBytes { shorten(&rekeyed, to: Self.mostBytes) }
        account = rekeyed.bytes
        accountKey = Kind.account.key(of: account)
    }

    /// Bytes of an entity's or a dimension's value at most; the decoder sees to it for all but rekeyed accounts.
    private static let mostBytes = 512

    /// Finds the event's value of every kind and dimension.
    private func collect(_ event: Event) {
        for k in 0..<kindCount { found[k].isPresent = false }
        for i in 0..<event.fingerprintCount {
            let kind = event.fingerprintKind(i)
            set(kind, event.fingerprintValue(i), seed: kindSeeds[kind])
        }
        if let subnetKind = plan.subnetKind, !found[subnetKind].isPresent, let ipKind = plan.ipKind,
            found[ipKind].isPresent, let text = deriveSubnet(of: found[ipKind].text, into: subnet)
        {
            set(subnetKind, text, seed: kindSeeds[subnetKind])
        }
        for o in 0..<otherCount {
            let slot = kindCount + o
            found[slot].isPresent = false
            switch others[o].source {
            case .account:
                found[slot] = Found(key: accountKey, text: account, isPresent: true)
            case .string(let field):
                if let text = event.string(field) { set(slot, text, seed: others[o].seed) }
            case .signal(let index):
                if let text = signalText(index, of: event) { set(slot, text, seed: others[o].seed) }
            case .kind:
                break
            }
        }
    }

    @inline(__always)
    private func set(_ slot: Int, _ text: ByteSlice, seed: UInt64) {
        let cut = ByteSlice(rebasing: text.prefix(Self.mostBytes))
        found[slot] = Found(key: xxh3(cut, seed: seed), text: cut, isPresent: !cut.isEmpty)
    }

    /// Adds the event to the partial of one entity, or writes a new one.
    @inline(__always)
    private mutating func add(
        _ shape: Class, kind: EntityKind, key: UInt64, value: ByteSlice, pane: UInt32
    ) {
        // Events that tell different creation times must not share a partial, which holds one.
        var tag = mix(key &+ UInt64(pane) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(born) << 32)
        for d in 0..<shape.dimensionCount {
            let found = found[shape.dimensions[d].slot]
            if found.isPresent { tag = (tag ^ found.key) &* 0xFF51_AFD7_ED55_8CCD &+ UInt64(d) }
        }
        tag ^= tag >> 32
        let slot = combiner.slot(tag)
        if slot.pointee.tag == tag,
            slot.pointee.generation == sections.generation(of: Int(slot.pointee.target)),
            merge(shape, into: slot.pointee)
        {
            return
        }
        write(shape, kind: kind, key: key, value: value, pane: pane, tag: tag, slot: slot)
    }

    /// Adds the event's numbers to a partial; false, changing nothing, where one would overflow.
    @inline(__always)
    private func merge(_ shape: Class, into slot: Combiner.Slot) -> Bool {
        let partial = sections.address(
            target: Int(slot.target), section: Int(slot.section), offset: Int(slot.offset))
        guard hasRoom(shape, partial) else { return false }
        var at = BlockFormat.partialHeaderSize
        for m in 0..<shape.measureCount {
            if shape.isWide(m) {
                let old = partial.loadUnaligned(fromByteOffset: at, as: Int64.self)
                partial.storeBytes(of: old &+ shape.values[m], toByteOffset: at, as: Int64.self)
                at += 8
            } else {
                let old = partial.loadUnaligned(fromByteOffset: at, as: UInt32.self)
                let sum = old &+ UInt32(truncatingIfNeeded: shape.values[m])
                partial.storeBytes(of: sum, toByteOffset: at, as: UInt32.self)
                at += 4
            }
        }
        return true
    }

    /// Whether all sums of a partial and the event's numbers can be written.
    @inline(__always)
    private func hasRoom(_ shape: Class, _ partial: UnsafeMutableRawPointer) -> Bool {
        var at = BlockFormat.partialHeaderSize
        for m in 0..<shape.measureCount {
            if shape.isWide(m) {
                let old = partial.loadUnaligned(fromByteOffset: at, as: Int64.self)
                if old.addingReportingOverflow(shape.values[m]).overflow { return false }
                at += 8
            } else {
                let old = partial.loadUnaligned(fromByteOffset: at, as: UInt32.self)
                if Int64(old) &+ shape.values[m] > Int64(UInt32.max) { return false }
                at += 4
            }
        }
        return true
    }

    private mutating func write(
        _ shape: Class, kind: EntityKind, key: UInt64, value: ByteSlice, pane: UInt32, tag: UInt64,
        slot: UnsafeMutablePointer<Combiner.Slot>
    ) {
        var length = shape.headSize + value.count
        var present: UInt16 = 0
        for d in 0..<shape.dimensionCount {
            let dimension = shape.dimensions[d]
            let found = found[dimension.slot]
            guard found.isPresent else { continue }
            present |= 1 << UInt16(d)
            length += (dimension.isAccount ? 4 : 0) + (dimension.isNamed ? 2 + found.text.count : 8)
        }
        let target = TopologyPlan.partition(of: key, of: plan.partitions)
        let section = sections.section(of: pane, for: target)
        let offset = sections.append(length, target: target, section: section)
        var at = sections.address(target: target, section: section, offset: offset)
        at.storeBytes(of: UInt16(length), as: UInt16.self)
        at.storeBytes(of: kind.code, toByteOffset: 2, as: UInt8.self)
        at.storeBytes(of: 0, toByteOffset: 3, as: UInt8.self)
        at.storeBytes(of: UInt16(value.count), toByteOffset: 4, as: UInt16.self)
        at.storeBytes(of: present, toByteOffset: 6, as: UInt16.self)
        at += BlockFormat.partialHeaderSize
        Self.putMeasures(shape, &at)
        Self.put(value, &at)
        for d in 0..<shape.dimensionCount {
            let dimension = shape.dimensions[d]
            let found = found[dimension.slot]
            if found.isPresent { write(found, dimension, &at) }
        }
        slot.pointee = Combiner.Slot(
            tag: tag, generation: sections.generation(of: target), offset: UInt32(offset),
            target: UInt16(target), section: UInt16(section))
    }

    @inline(__always)
    private static func putMeasures(_ shape: Class, _ at: inout UnsafeMutableRawPointer) {
        for m in 0..<shape.measureCount {
            let value = shape.values[m]
            if shape.isWide(m) {
                at.storeBytes(of: value, as: Int64.self)
                at += 8
            } else {
                at.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
                at += 4
            }
        }
    }

    @inline(__always)
    private func write(
        _ found: Found, _ dimension: ClassDimension, _ at: inout UnsafeMutableRawPointer
    ) {
        if dimension.isAccount {
            at.storeBytes(of: born, as: UInt32.self)
            at += 4
        }
        if dimension.isNamed {
            at.storeBytes(of: UInt16(found.text.count), as: UInt16.self)
            at += 2
            Self.put(found.text, &at)
        } else {
            at.storeBytes(of: found.key, as: UInt64.self)
            at += 8
        }
    }

    @inline(__always)
    private static func put(_ bytes: ByteSlice, _ at: inout UnsafeMutableRawPointer) {
        guard let source = bytes.baseAddress else { return }
        at.copyMemory(from: source, byteCount: bytes.count)
        at += bytes.count
    }
}
