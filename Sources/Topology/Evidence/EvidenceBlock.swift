import Detection
import Primitives

/// What one ENTITY task tells CAMPAIGN of one tick of event time: the layout of a record of the evidence log.
///
/// All integers little-endian or LEB128 (`var`); times are milliseconds of event time, ZigZag.
/// ```
/// block   magic "SWE1" | flags u8 (1: the source has ended, 2: more parts follow) | source u16 | sources u16 | application u32
///         | tick ms u32 | from var | through var | accounts var | item*
/// item    tag u8 (1 lead, 2 edge) | length var | lead or edge
/// ```
/// What is too large for one record comes in parts, which say the same range; all but the last have the flag for it.
///
/// A block says all that happened in the panes that end in `(from, through]`, and the next one of the source begins at
/// `through`. A task that is restored and reads its log again writes the same blocks again, byte for byte. Within a
/// block leads come in the order of their time, key and rule, edges by fingerprint and account.
public struct EvidenceBlock {
    /// The fixed part of a block.
    public struct Header: Equatable, Sendable {
        /// The ENTITY task that speaks.
        public var source: Int
        /// ENTITY tasks there are.
        public var sources: Int
        /// Tells one application's blocks from another's.
        public var application: UInt32
        /// Milliseconds of event time that a tick lasts.
        public var tickMs: UInt32
        /// Where the source's block before ended; 0 for its first.
        public var from: EventTime
        /// Up to where of event time all was said.
        public var through: EventTime
        /// Accounts that the task keeps.
        public var accounts: Int
        /// Whether nothing will come any more.
        public var hasEnded: Bool
        /// Whether further parts say the rest of the same range.
        public var hasMore = false

        /// A header with all its parts.
        public init(
            source: Int, sources: Int, application: UInt32, tickMs: UInt32, from: EventTime,
            through: EventTime, accounts: Int, hasEnded: Bool
        ) {
            self.source = source
            self.sources = sources
            self.application = application
            self.tickMs = tickMs
            self.from = from
            self.through = through
            self.accounts = accounts
            self.hasEnded = hasEnded
        }
    }

    static let magic: UInt32 = 0x3145_5753
    /// The shortest tick: a minute of event time.
    public static let tickMs: Int64 = 60_000

    /// The header.
    public let header: Header
    private let body: ByteSlice

    /// Reads the header of `block`, which must outlive this.
    ///
    /// - Throws: `BlockError` where the bytes are no evidence block.
    public init(_ block: ByteSlice) throws(BlockError) {
        var reader = ByteReader(block)
        guard reader.integer(UInt32.self) == Self.magic else { throw .unknownFormat }
        guard let flags = reader.integer(UInt8.self), let source = reader.integer(UInt16.self),
            let sources = reader.integer(UInt16.self),
            let application = reader.integer(UInt32.self),
            let tickMs = reader.integer(UInt32.self), let from = reader.zigzag(),
            let through = reader.zigzag(), let accounts = reader.varint(), source < sources,
            flags < 4, tickMs > 0, from <= through, accounts < 1 << 40,
            through < BlockHeader.maxMs << 1
        else { throw .corrupt }
        var header = Header(
            source: Int(source), sources: Int(sources), application: application, tickMs: tickMs,
            from: EventTime(ms: from), through: EventTime(ms: through), accounts: Int(accounts),
            hasEnded: flags & 1 != 0)
        header.hasMore = flags & 2 != 0
        self.header = header
        body = ByteSlice(rebasing: block[reader.offset...])
    }

    /// Calls `body` with each item, in order.
    ///
    /// - Throws: `BlockError.corrupt` where an item cannot be read; the items before it were handed out.
    public func forEach(_ handle: (EvidenceItem) -> Void) throws(BlockError) {
        var reader = ByteReader(body)
        while reader.remaining > 0 {
            guard let tag = reader.integer(UInt8.self), let length = reader.varint(),
                length <= UInt64(reader.remaining), let bytes = reader.bytes(Int(length))
            else { throw .corrupt }
            var item = ByteReader(bytes)
            switch tag {
            case 1:
                guard let lead = Lead(&item) else { throw .corrupt }
                handle(.lead(lead))
            case 2:
                guard let edge = Edge(&item) else { throw .corrupt }
                handle(.edge(edge))
            default: continue  // A later release may say more.
            }
        }
    }
}

/// Writes evidence blocks.
public struct EvidenceWriter: ~Copyable {
    /// Bytes of items after which a part ends: below what brokers take in one record by default.
    public static let partBytes = 700_000

    private var items = ByteBuffer(capacity: 1024)
    /// Parts that are full.
    private var full: [[UInt8]] = []
    private var item = ByteBuffer(capacity: 256)
    private var block = ByteBuffer(capacity: 1024)

    /// A writer with nothing written.
    public init() {}

    /// Whether no item was added since the last block.
    public var isEmpty: Bool { items.isEmpty && full.isEmpty }

    /// Adds an item.
    public mutating func append(_ next: EvidenceItem) {
        item.removeAll()
        switch next {
        case .lead(let lead): lead.encode(into: &item)
        case .edge(let edge): edge.encode(into: &item)
        }
        if !items.isEmpty, items.count + item.count > Self.partBytes {
            full.append(items.array())
            items.removeAll()
        }
        if case .lead = next { items.append(1) } else { items.append(2) }
        items.append(varint: UInt64(item.count))
        items.append(item.bytes)
    }

    /// Hands out a block of the items added so far, in parts where they are many, and forgets them.
    public mutating func finish(_ header: EvidenceBlock.Header, _ body: (ByteSlice) -> Void) {
        var part = header
        part.hasMore = true
        for items in full { items.withUnsafeBytes { write(part, ByteSlice($0), body) } }
        full.removeAll()
        let last = items.array()
        items.removeAll()
        part.hasMore = false
        last.withUnsafeBytes { write(part, ByteSlice($0), body) }
    }

    private mutating func write(
        _ header: EvidenceBlock.Header, _ items: ByteSlice, _ body: (ByteSlice) -> Void
    ) {
        block.removeAll()
        block.append(integer: EvidenceBlock.magic)
        block.append((header.hasEnded ? 1 : 0) | (header.hasMore ? 2 : 0))
        block.append(integer: UInt16(header.source))
        block.append(integer: UInt16(header.sources))
        block.append(integer: header.application)
        block.append(integer: header.tickMs)
        block.append(zigzag: header.from.ms)
        block.append(zigzag: header.through.ms)
        block.append(varint: UInt64(header.accounts))
        block.append(items)
        body(block.bytes)
    }
}

extension Lead {
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(integer: fingerprint)
        buffer.append(sized: rule)
        buffer.append(status.code)
        buffer.append(sized: subject.kind)
        buffer.append(sized: subject.value)
        for time in [start, lastHeld, time] { buffer.append(zigzag: time.ms) }
        buffer.append(varint: UInt64(sequence))
        buffer.append(varint: UInt64(accountsPerEdge))
        buffer.append(varint: UInt64(evidence.count))
        for (name, value) in evidence {
            buffer.append(sized: name)
            value.encode(into: &buffer)
        }
    }

    /// Reads a lead; nil where the bytes are none.
    init?(_ reader: inout ByteReader) {
        guard let fingerprint = reader.integer(UInt64.self), let rule = reader.sizedText(),
            let status = reader.integer(UInt8.self).flatMap(Finding.Status.init(code:)),
            let kind = reader.sizedText(), let value = reader.sizedBytes(),
            let start = reader.zigzag(), let lastHeld = reader.zigzag(),
            let time = reader.zigzag(), let sequence = reader.varint(), sequence < 1 << 62,
            let weight = reader.varint(), weight >= 1, weight < 1 << 62,
            let count = reader.varint(), count <= 1000
        else { return nil }
        var evidence: [(name: String, value: EvidenceValue)] = []
        for _ in 0..<count {
            guard let name = reader.sizedText(), let value = EvidenceValue(&reader) else {
                return nil
            }
            evidence.append((name, value))
        }
        self.init(
            fingerprint: fingerprint, rule: rule, status: status,
            subject: Subject(kind: kind, value: value), start: EventTime(ms: start),
            lastHeld: EventTime(ms: lastHeld), time: EventTime(ms: time), sequence: Int(sequence),
            accountsPerEdge: Int(weight), evidence: evidence)
    }
}

extension Edge {
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(integer: fingerprint)
        buffer.append(integer: account)
        buffer.append(sized: name)
        buffer.append(zigzag: firstSeen.ms)
        buffer.append(zigzag: lastSeen.ms)
        buffer.append(zigzag: created?.ms ?? -1)
        buffer.append(varint: UInt64(max(0, requests)))
        buffer.append(varint: UInt64(max(0, tokens)))
    }

    /// Reads an edge; nil where the bytes are none.
    init?(_ reader: inout ByteReader) {
        guard let fingerprint = reader.integer(UInt64.self),
            let account = reader.integer(UInt64.self), let name = reader.sizedBytes(),
            let first = reader.zigzag(), let last = reader.zigzag(), let created = reader.zigzag(),
            let requests = reader.varint(), requests < 1 << 62, let tokens = reader.varint(),
            tokens < 1 << 62, first <= last
        else { return nil }
        self.init(
            fingerprint: fingerprint, account: account, name: name,
            firstSeen: EventTime(ms: first), lastSeen: EventTime(ms: last),
            created: created < 0 ? nil : EventTime(ms: created), requests: Int64(requests),
            tokens: Int64(tokens))
    }
}

extension Finding.Status {
    fileprivate var code: UInt8 { self == .create ? 0 : self == .update ? 1 : 2 }

    fileprivate init?(code: UInt8) {
        guard code < 3 else { return nil }
        self = code == 0 ? .create : code == 1 ? .update : .close
    }
}

extension EvidenceValue {
    /// Appends the value.
    public func encode(into buffer: inout ByteBuffer) {
        switch self {
        case .undefined: buffer.append(0)
        case .number(let number):
            buffer.append(1)
            buffer.append(integer: number.bitPattern)
        case .top(let values):
            buffer.append(2)
            buffer.append(varint: UInt64(values.count))
            for (value, count) in values {
                buffer.append(sized: value)
                buffer.append(zigzag: count)
            }
        case .names(let names):
            buffer.append(3)
            buffer.append(varint: UInt64(names.count))
            for name in names { buffer.append(sized: name) }
        }
    }

    /// Reads a value; nil where the bytes are none.
    public init?(_ reader: inout ByteReader) {
        switch reader.integer(UInt8.self) {
        case 0: self = .undefined
        case 1:
            guard let bits = reader.integer(UInt64.self) else { return nil }
            self = .number(Double(bitPattern: bits))
        case 2:
            guard let count = reader.varint(), count <= 1000 else { return nil }
            var values: [(value: [UInt8], count: Int64)] = []
            for _ in 0..<count {
                guard let value = reader.sizedBytes(), let load = reader.zigzag() else {
                    return nil
                }
                values.append((value, load))
            }
            self = .top(values)
        case 3:
            guard let count = reader.varint(), count <= 1000 else { return nil }
            var names: [String] = []
            for _ in 0..<count {
                guard let name = reader.sizedText() else { return nil }
                names.append(name)
            }
            self = .names(names)
        default: return nil
        }
    }
}
