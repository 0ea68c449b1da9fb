import Detection
import Primitives
import Snapshots
import Topology

/// The parts of a snapshot of a CAMPAIGN task, in the order they are written.
extension PageKind {
    /// Where the task stood, one item.
    static let campaignHeader = PageKind(rawValue: 1)
    /// Records, an item each.
    static let campaignRecords = PageKind(rawValue: 2)
    /// The episodes of campaign rules in pieces.
    static let campaignEpisodes = PageKind(rawValue: 3)
    /// Closed campaigns, an item each.
    static let predecessors = PageKind(rawValue: 4)
    /// Blocks that wait for their tick, an item each.
    static let waitingBlocks = PageKind(rawValue: 5)
    /// Fingerprints, an item each.
    static let fingerprints = PageKind(rawValue: 6)
    /// Accounts with their edges, an item each.
    static let campaignAccounts = PageKind(rawValue: 7)
    /// Keys of fingerprints and accounts that were removed: 0 or 1, and 8 bytes each.
    static let removedFromGraph = PageKind(rawValue: 8)
    /// Verdicts that hold, and those that wait, an item each.
    static let campaignVerdicts = PageKind(rawValue: 9)
}

extension ByteBuffer {
    mutating func append(_ id: FindingID) {
        append(integer: id.high)
        append(integer: id.low)
    }

    /// Appends a flag, and the value where there is one.
    mutating func append<T>(optional value: T?, _ body: (inout ByteBuffer, T) -> Void) {
        append(value == nil ? 0 : 1)
        if let value { body(&self, value) }
    }

    mutating func append(optional time: EventTime?) {
        append(optional: time) { $0.append(zigzag: $1.ms) }
    }

    mutating func append(optional id: FindingID?) { append(optional: id) { $0.append($1) } }
}

extension ByteReader {
    mutating func findingID() -> FindingID? {
        guard let high = integer(UInt64.self), let low = integer(UInt64.self) else { return nil }
        return FindingID(high: high, low: low)
    }

    /// Reads a flag, and the value where there is one: nil where the bytes are none, a nil inside where there is none.
    mutating func optional<T>(_ body: (inout ByteReader) -> T?) -> T?? {
        switch integer(UInt8.self) {
        case 0: return .some(nil)
        case 1: return body(&self).map { .some($0) }
        default: return nil
        }
    }

    /// Reads a time that lies where sums of times do not overflow.
    mutating func time() -> EventTime? {
        zigzag().flatMap { EventTime.limits.contains($0) ? EventTime(ms: $0) : nil }
    }

    /// Reads a number that is not negative.
    mutating func count() -> Int? { varint().flatMap { Int(exactly: $0) } }
}

extension EventTime {
    /// Milliseconds that a time of evidence may have: up to the year 4200.
    static let limits: ClosedRange<Int64> = 0...1 << 46
}

extension CampaignTask {
    // MARK: Fingerprints

    func encode(fingerprint slot: Int32, into buffer: inout ByteBuffer) {
        let entry = graph.fingerprints[Int(slot)]
        buffer.append(integer: entry.key)
        buffer.append(sized: entry.kind)
        buffer.append(sized: entry.value)
        buffer.append(varint: UInt64(entry.accountsPerEdge))
        buffer.append(
            (entry.isAttached ? 1 : 0) | (entry.isDirty ? 2 : 0) | (entry.isOfLarge ? 4 : 0))
        let record = entry.record < 0 ? nil : records[entry.record].key
        buffer.append(optional: record) { $0.append(integer: $1) }
        buffer.append(optional: entry.apartSince)
        buffer.append(varint: UInt64(entry.leads.count))
        for lead in entry.leads {
            buffer.append(sized: lead.rule)
            buffer.append((lead.isOpen ? 1 : 0) | (lead.isTold ? 2 : 0))
            buffer.append(zigzag: lead.start.ms)
            buffer.append(zigzag: lead.time.ms)
            buffer.append(varint: UInt64(lead.evidence.count))
            for (name, value) in lead.evidence {
                buffer.append(sized: name)
                value.encode(into: &buffer)
            }
        }
    }

    // MARK: Accounts

    func encode(account slot: Int32, into buffer: inout ByteBuffer) {
        let entry = graph.accounts[Int(slot)]
        buffer.append(integer: entry.key)
        buffer.append(sized: entry.name)
        buffer.append(optional: entry.created)
        buffer.append(optional: entry.row) { buffer, row in
            buffer.append(row.campaign)
            buffer.append(sized: row.campaignClass.rawValue)
            buffer.append(zigzag: row.since.ms)
            buffer.append(varint: UInt64(row.confidence))
            buffer.append(varint: UInt64(row.ties))
            buffer.append(optional: row.closed)
        }
        buffer.append(varint: UInt64(entry.edges.count))
        let edges = entry.edges.map { (graph.fingerprints[Int($0.fingerprint)].key, $0) }
        for (key, edge) in edges.sorted(by: { $0.0 < $1.0 }) {
            buffer.append(integer: key)
            buffer.append(zigzag: edge.firstSeen.ms)
            buffer.append(zigzag: edge.lastSeen.ms)
            buffer.append(varint: UInt64(max(0, edge.requests)))
            buffer.append(varint: UInt64(max(0, edge.tokens)))
        }
    }

    // MARK: Records

    func encode(record slot: Int32, into buffer: inout ByteBuffer) {
        let entry = records[slot]
        buffer.append(integer: entry.key)
        buffer.append(entry.uid)
        buffer.append(zigzag: entry.birth.ms)
        for rule in [entry.shownRule, entry.closedRule] {
            buffer.append(optional: rule) { $0.append(varint: UInt64($1)) }
        }
        buffer.append(varint: UInt64(entry.sequence))
        for time in [entry.firstSeen, entry.closedAt] { buffer.append(optional: time) }
        for id in [entry.splitFrom, entry.successorOf] { buffer.append(optional: id) }
        buffer.append(optional: entry.mergingInto) { $0.append(integer: $1) }
        buffer.append(varint: UInt64(entry.mergeTicks))
        buffer.append(entry.isThinned ? 1 : 0)
        buffer.append(varint: UInt64(entry.groups))
    }

    /// Reads a record whose rule has the place `places` give it, nil for rules that are not run any more.
    static func record(_ item: ByteSlice, rules places: [Int?]) -> CampaignRecord? {
        var reader = ByteReader(item)
        guard let key = reader.integer(UInt64.self), let uid = reader.findingID(),
            let birth = reader.time(), let shown = reader.optional({ $0.count() }),
            let closed = reader.optional({ $0.count() }), let sequence = reader.count(),
            let firstSeen = reader.optional({ $0.time() }),
            let closedAt = reader.optional({ $0.time() }),
            let splitFrom = reader.optional({ $0.findingID() }),
            let successorOf = reader.optional({ $0.findingID() }),
            let mergingInto = reader.optional({ $0.integer(UInt64.self) }),
            let mergeTicks = reader.count(), let isThinned = reader.integer(UInt8.self),
            let groups = reader.count(), reader.remaining == 0, isThinned < 2
        else { return nil }
        var record = CampaignRecord(key: key, uid: uid, birth: birth)
        guard [shown, closed].allSatisfy({ $0 ?? -1 < places.count }) else { return nil }
        record.shownRule = shown.flatMap { places[$0] }
        record.closedRule = closed.flatMap { places[$0] }
        record.sequence = sequence
        record.firstSeen = firstSeen
        record.closedAt = closedAt
        record.splitFrom = splitFrom
        record.successorOf = successorOf
        record.mergingInto = mergingInto
        record.mergeTicks = mergeTicks
        record.isThinned = isThinned == 1
        record.groups = groups
        return record
    }
}

extension Predecessor {
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(uid)
        for time in [birth, closed, firstSeen] { buffer.append(zigzag: time.ms) }
        buffer.append(varint: UInt64(sequence))
        buffer.append(varint: UInt64(fingerprints.count))
        for key in fingerprints { buffer.append(integer: key) }
    }

    init?(_ item: ByteSlice) {
        var reader = ByteReader(item)
        guard let uid = reader.findingID(), let birth = reader.time(), let closed = reader.time(),
            let firstSeen = reader.time(), let sequence = reader.count(),
            let count = reader.count(), count <= Predecessors.fingerprintLimit
        else { return nil }
        var keys: [UInt64] = []
        for _ in 0..<count {
            guard let key = reader.integer(UInt64.self) else { return nil }
            keys.append(key)
        }
        guard reader.remaining == 0 else { return nil }
        self.init(
            uid: uid, birth: birth, closed: closed, sequence: sequence, firstSeen: firstSeen,
            fingerprints: keys)
    }
}
