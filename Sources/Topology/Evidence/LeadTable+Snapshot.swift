import Primitives

/// The table in a snapshot: a head, then an item a lead with its edges, then an item with what the tick has still to
/// tell. Equal tables give equal bytes.
extension LeadTable {
    private static let version: UInt8 = 1

    /// Writes the table, item by item.
    func encode(_ item: ((inout ByteBuffer) -> Void) -> Void) {
        item { buffer in
            buffer.append(Self.version)
            buffer.append(varint: UInt64(leads.count))
            buffer.append(varint: UInt64(refused))
        }
        for key in leads.keys.sorted() {
            guard let lead = leads[key] else { continue }
            item { Self.encode(key, lead, into: &$0) }
        }
        item { encodeTick(into: &$0) }
    }

    private static func encode(_ key: UInt64, _ lead: OpenLead, into buffer: inout ByteBuffer) {
        buffer.append(integer: key)
        buffer.append(lead.exponent)
        buffer.append(varint: UInt64(lead.rules.count))
        for rule in lead.rules { buffer.append(sized: rule) }
        buffer.append(varint: UInt64(lead.edges.count))
        for (account, edge) in lead.edges.sorted(by: { $0.key < $1.key }) {
            buffer.append(integer: account)
            for pane in [edge.first, edge.last, edge.told] { buffer.append(varint: UInt64(pane)) }
            buffer.append(zigzag: edge.requests)
            buffer.append(zigzag: edge.tokens)
        }
    }

    private func encodeTick(into buffer: inout ByteBuffer) {
        buffer.append(varint: UInt64(due.count))
        for (key, person) in due.sorted(by: { $0.key < $1.key }) {
            buffer.append(integer: key.fingerprint)
            buffer.append(integer: key.account)
            buffer.append(sized: person.name)
            buffer.append(varint: person.born.map { UInt64($0) + 1 } ?? 0)
        }
        buffer.append(varint: UInt64(steps.count))
        for step in steps { step.encode(into: &buffer) }
        buffer.append(varint: UInt64(remains.count))
        let inOrder = remains.sorted {
            ($0.fingerprint, $0.account, $0.lastSeen) < ($1.fingerprint, $1.account, $1.lastSeen)
        }
        for edge in inOrder { edge.encode(into: &buffer) }
    }

    /// A digest of the table.
    func digest() -> UInt64 {
        var buffer = ByteBuffer()
        encode { $0(&buffer) }
        return xxh3(buffer.bytes)
    }
}

/// Reads a table back item by item.
struct LeadTableReader {
    private var left: UInt64?
    /// Whether everything was read.
    private(set) var isComplete = false

    /// Takes the next item into `table`, which was empty at the first; false where the bytes are none. Leads of which
    /// no rule is in `rules` any more are dropped.
    mutating func read(_ item: ByteSlice, into table: inout LeadTable, rules: Set<String>) -> Bool {
        var reader = ByteReader(item)
        guard !isComplete, let left else {
            guard self.left == nil, reader.integer(UInt8.self) == 1, let count = reader.varint(),
                let refused = reader.varint(), refused < 1 << 62
            else { return false }
            (self.left, table.refused) = (count, Int(refused))
            return reader.remaining == 0
        }
        if left > 0 {
            self.left = left - 1
            return Self.readLead(&reader, into: &table, rules: rules) && reader.remaining == 0
        }
        isComplete = true
        return Self.readTick(&reader, into: &table) && reader.remaining == 0
    }

    private static func readLead(
        _ reader: inout ByteReader, into table: inout LeadTable, rules: Set<String>
    ) -> Bool {
        guard let key = reader.integer(UInt64.self), let exponent = reader.integer(UInt8.self),
            exponent < 64, let ruleCount = reader.varint()
        else { return false }
        var lead = LeadTable.OpenLead(rules: [], exponent: exponent)
        for _ in 0..<ruleCount {
            guard let rule = reader.sizedText() else { return false }
            if rules.contains(rule) { lead.rules.append(rule) }
        }
        guard let count = reader.varint() else { return false }
        for _ in 0..<count {
            guard let account = reader.integer(UInt64.self), let first = pane(&reader),
                let last = pane(&reader), let told = pane(&reader),
                let requests = reader.zigzag(), let tokens = reader.zigzag()
            else { return false }
            lead.edges[account] = LeadTable.EdgeState(
                first: first, last: last, told: told, requests: requests, tokens: tokens)
        }
        if !lead.rules.isEmpty {
            table.edges += lead.edges.count
            table.leads[key] = lead
        }
        return true
    }

    private static func pane(_ reader: inout ByteReader) -> UInt32? {
        reader.varint().flatMap { UInt32(exactly: $0) }
    }

    private static func readTick(
        _ reader: inout ByteReader, into table: inout LeadTable
    ) -> Bool {
        guard let dueCount = reader.varint() else { return false }
        for _ in 0..<dueCount {
            guard let fingerprint = reader.integer(UInt64.self),
                let account = reader.integer(UInt64.self), let name = reader.sizedBytes(),
                let born = reader.varint(), born <= UInt64(UInt32.max) + 1
            else { return false }
            guard table.leads[fingerprint] != nil else { continue }
            let key = LeadTable.Due(fingerprint: fingerprint, account: account)
            table.due[key] = LeadTable.Person(name: name, born: born > 0 ? UInt32(born - 1) : nil)
        }
        guard let stepCount = reader.varint() else { return false }
        for _ in 0..<stepCount {
            guard let step = Lead(&reader) else { return false }
            table.steps.append(step)
        }
        guard let edgeCount = reader.varint() else { return false }
        for _ in 0..<edgeCount {
            guard let edge = Edge(&reader) else { return false }
            table.remains.append(edge)
        }
        return true
    }
}
