import Events
import Primitives

/// How many processed events have each field, tracked kind and tracked signal, and which flaws their values had.
///
/// Its size does not depend on the events: some 2 kB.
public struct FieldCoverage: Sendable, Equatable {
    /// Events with each field; ``EventField``'s raw values give the order.
    public var fields = [Int](repeating: 0, count: EventField.allCases.count)
    /// Events with a fingerprint of each tracked kind.
    public var kinds = [Int](repeating: 0, count: FieldCoverage.mostTracked)
    /// Events with each tracked signal.
    public var signals = [Int](repeating: 0, count: FieldCoverage.mostTracked)
    /// Events in which a field has a flaw, by field and then flaw.
    private var flawed = [Int](repeating: 0, count: FieldCoverage.flawCount)
    /// The first of them.
    private var first = [Place?](repeating: nil, count: FieldCoverage.flawCount)

    /// A record of the input.
    public struct Place: Sendable, Comparable {
        /// The source partition.
        public var source: Int
        /// Its offset there.
        public var offset: Int64

        /// By source partition, then by offset.
        public static func < (a: Place, b: Place) -> Bool {
            (a.source, a.offset) < (b.source, b.offset)
        }
    }

    /// A field with a flaw, and how often it was met.
    public struct Flawed: Sendable, Equatable {
        /// The field.
        public var field: EventField
        /// What was wrong with its value.
        public var flaw: FieldFlaw
        /// Events in which it was.
        public var events: Int
        /// The first of them that was processed, of the first source partition with one.
        public var first: Place
    }

    /// Tracked kinds at most, and tracked signals.
    public static let mostTracked = 64

    private static let flawCount = EventField.allCases.count * FieldFlaw.allCases.count

    /// Nothing met yet.
    public init() {}

    /// What was met, in the order of fields and then flaws.
    public var flaws: [Flawed] {
        var list: [Flawed] = []
        for field in EventField.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
            for flaw in FieldFlaw.allCases {
                let i = Self.index(field, flaw)
                guard let place = first[i] else { continue }
                list.append(Flawed(field: field, flaw: flaw, events: flawed[i], first: place))
            }
        }
        return list
    }

    /// Events in which `field` has `flaw`.
    public func events(with flaw: FieldFlaw, in field: EventField) -> Int {
        flawed[Self.index(field, flaw)]
    }

    /// Adds another task's counts.
    public mutating func add(_ other: FieldCoverage) {
        for i in fields.indices { fields[i] += other.fields[i] }
        for i in kinds.indices { kinds[i] += other.kinds[i] }
        for i in signals.indices { signals[i] += other.signals[i] }
        for i in flawed.indices {
            flawed[i] += other.flawed[i]
            first[i] = [first[i], other.first[i]].compactMap(\.self).min()
        }
    }

    /// Counts the flaws of an event that has some.
    @inline(never)
    mutating func countFlaws(of event: Event, at place: Place) {
        for field in EventField.allCases {
            let flaws = event.flaws(of: field)
            if flaws.isEmpty { continue }
            for flaw in FieldFlaw.allCases where flaws.contains(flaw) {
                let i = Self.index(field, flaw)
                flawed[i] += 1
                if first[i] == nil { first[i] = place }
            }
        }
    }

    /// Counts so many events that have the same fields, kinds and signals.
    @inline(never)
    mutating func count(_ pattern: Pattern, events: Int) {
        Self.count(UInt64(pattern.fields), events, &fields)
        Self.count(pattern.kinds, events, &kinds)
        Self.count(pattern.signals, events, &signals)
    }

    private static func count(_ bits: UInt64, _ events: Int, _ counts: inout [Int]) {
        var rest = bits
        while rest != 0 {
            counts[rest.trailingZeroBitCount] += events
            rest &= rest - 1
        }
    }

    private static func index(_ field: EventField, _ flaw: FieldFlaw) -> Int {
        Int(field.rawValue) * FieldFlaw.allCases.count + Int(flaw.rawValue)
    }

    /// Which fields, tracked kinds and tracked signals an event has.
    struct Pattern: Equatable {
        var fields: UInt32
        var kinds: UInt64
        var signals: UInt64

        @inline(__always)
        init(_ event: Event) {
            fields = event.presentFields
            kinds = event.trackedKinds
            signals = event.trackedSignals
        }

        @inline(__always)
        var hash: UInt64 {
            (UInt64(fields) ^ kinds &* 0x9E37_79B9_7F4A_7C15 ^ signals &* 0xC2B2_AE3D_27D4_EB4F)
                &* 0xD6E8_FEB8_6659_FD93
        }
    }
}

extension FieldCoverage {
    /// Appends the counts: those that are not 0, each behind its place among all.
    func encode(into buffer: inout ByteBuffer) {
        let all = fields + kinds + signals + flawed
        let met = all.indices.filter { all[$0] != 0 }
        buffer.append(varint: UInt64(met.count))
        for i in met {
            buffer.append(varint: UInt64(i))
            buffer.append(varint: UInt64(all[i]))
        }
        let places = first.indices.filter { first[$0] != nil }
        buffer.append(varint: UInt64(places.count))
        for i in places {
            buffer.append(varint: UInt64(i))
            buffer.append(integer: Int64(first[i]?.source ?? 0))
            buffer.append(integer: first[i]?.offset ?? 0)
        }
    }

    /// Reads what `encode` has written; nil where it is something else.
    init?(_ reader: inout ByteReader) {
        self.init()
        var all = fields + kinds + signals + flawed
        guard let met = reader.varint() else { return nil }
        for _ in 0..<met {
            guard let i = reader.varint(), i < all.count, let count = reader.varint() else {
                return nil
            }
            all[Int(i)] = Int(truncatingIfNeeded: count)
        }
        for list in [\FieldCoverage.fields, \.kinds, \.signals, \.flawed] {
            let count = self[keyPath: list].count
            self[keyPath: list] = Array(all.prefix(count))
            all.removeFirst(count)
        }
        guard let places = reader.varint() else { return nil }
        for _ in 0..<places {
            guard let i = reader.varint(), i < first.count,
                let source = reader.integer(Int64.self), let offset = reader.integer(Int64.self)
            else { return nil }
            first[Int(i)] = Place(source: Int(source), offset: offset)
        }
    }
}

/// Counts events by what they have: events of one source have few patterns, so each is counted whole, and taken
/// apart when its place is needed for another one.
struct PatternCounter: ~Copyable {
    private struct Slot {
        var pattern: FieldCoverage.Pattern
        var events: Int
    }

    private static let slotBits: UInt64 = 5
    private let slots: UnsafeMutablePointer<Slot>
    /// What was taken apart.
    private(set) var coverage = FieldCoverage()

    init() {
        let count = 1 << Int(Self.slotBits)
        slots = .allocate(capacity: count)
        slots.initialize(repeating: Slot(pattern: .none, events: 0), count: count)
    }

    deinit { slots.deallocate() }

    /// Everything counted so far.
    var total: FieldCoverage {
        var sum = coverage
        for i in 0..<(1 << Int(Self.slotBits)) where slots[i].events > 0 {
            sum.count(slots[i].pattern, events: slots[i].events)
        }
        return sum
    }

    /// Counts one event.
    @inline(__always)
    mutating func count(_ event: Event, at place: @autoclosure () -> FieldCoverage.Place) {
        let pattern = FieldCoverage.Pattern(event)
        let slot = slots + Int(truncatingIfNeeded: pattern.hash &>> (64 &- Self.slotBits))
        if slot.pointee.pattern != pattern { replace(slot, by: pattern) }
        slot.pointee.events &+= 1
        if event.flawedFields != 0 { coverage.countFlaws(of: event, at: place()) }
    }

    @inline(never)
    private mutating func replace(
        _ slot: UnsafeMutablePointer<Slot>, by pattern: FieldCoverage.Pattern
    ) {
        coverage.count(slot.pointee.pattern, events: slot.pointee.events)
        slot.pointee = Slot(pattern: pattern, events: 0)
    }
}

extension FieldCoverage.Pattern {
    /// Of an event that has nothing.
    static let none = FieldCoverage.Pattern()

    private init() { (fields, kinds, signals) = (0, 0, 0) }
}
