import Primitives

/// Why a book cannot be read back.
public enum FindingBookError: Error, Equatable {
    /// The bytes are not what `encode` writes: take an older snapshot.
    case corrupted
    /// The bytes were written by a release that writes another version.
    case unknownVersion(UInt8)
}

extension FindingBook {
    private static let version: UInt8 = 1

    /// Writes the book: version, rule ids, suppressed, refused, then the entries by key and rule.
    ///
    /// `rules` are the ids by index, so that a book can be read under other rules. Equal books give equal
    /// bytes. Integers are LEB128, times ZigZag LEB128, keys 8 bytes little-endian.
    public func encode(into buffer: inout ByteBuffer, rules: [String]) {
        buffer.append(Self.version)
        buffer.append(varint: UInt64(rules.count))
        for id in rules { buffer.append(sized: Array(id.utf8)) }
        buffer.append(varint: counters.suppressed)
        buffer.append(varint: counters.refused)
        var entries: [(WatchedEntity, BookEntry)] = []
        table.forEach { entries.append(($0, $1)) }
        entries.sort { $0.0 < $1.0 }
        buffer.append(varint: UInt64(entries.count))
        for (id, entry) in entries { Self.encode(id, entry, into: &buffer) }
    }

    private static func encode(
        _ id: WatchedEntity, _ entry: BookEntry, into buffer: inout ByteBuffer
    ) {
        buffer.append(integer: id.entityKey)
        buffer.append(varint: UInt64(id.rule))
        let flags: UInt8 =
            (entry.isRunning ? 4 : 0) | (entry.isCounted ? 8 : 0) | (entry.subject == nil ? 0 : 16)
        buffer.append(entry.phase.rawValue | flags)
        for time in [entry.start, entry.lastHeld, entry.lastEmitted, entry.coolsUntil] {
            buffer.append(zigzag: time.ms)
        }
        buffer.append(varint: UInt64(entry.sequence))
        if let subject = entry.subject {
            buffer.append(sized: Array(subject.kind.utf8))
            buffer.append(sized: subject.value)
        }
    }

    /// Reads a book for the rules of `set`; entries of rules it does not have are dropped.
    ///
    /// - Throws: `FindingBookError`; the reader's place is undefined then.
    public init(
        _ reader: inout ByteReader, set: RuleSet, limit: Int = 1_000_000
    ) throws(FindingBookError) {
        try self.init(
            &reader, lifecycles: set.rules.map(\.lifecycle), rules: set.rules.map(\.info.id),
            limit: limit)
    }

    /// Reads a book for rules with these ids and lifecycles.
    ///
    /// - Throws: `FindingBookError`; the reader's place is undefined then.
    public init(
        _ reader: inout ByteReader, lifecycles: [Lifecycle], rules: [String],
        limit: Int = 1_000_000
    ) throws(FindingBookError) {
        self.init(lifecycles: lifecycles, limit: limit)
        let version = try reader.require(reader.integer(UInt8.self))
        if version != Self.version { throw .unknownVersion(version) }
        var indices: [Int?] = []
        for _ in 0..<(try reader.require(reader.varint())) {
            let id = String(decoding: try reader.sizedBytes(), as: UTF8.self)
            indices.append(rules.firstIndex(of: id))
        }
        counters.suppressed = try reader.require(reader.varint())
        counters.refused = try reader.require(reader.varint())
        for _ in 0..<(try reader.require(reader.varint())) {
            let (id, entry) = try Self.decode(&reader)
            guard id.rule < indices.count else { throw .corrupted }
            guard let rule = indices[id.rule] else { continue }
            let moved = WatchedEntity(entityKey: id.entityKey, rule: rule)
            guard table.find(moved) < 0, count < limit else { throw .corrupted }
            restore(moved, entry)
        }
    }

    private static func decode(
        _ reader: inout ByteReader
    ) throws(FindingBookError) -> (WatchedEntity, BookEntry) {
        let key = try reader.require(reader.integer(UInt64.self))
        let rule = try reader.require(reader.varint())
        let flags = try reader.require(reader.integer(UInt8.self))
        guard let phase = BookEntry.Phase(rawValue: flags & 3), flags < 32, rule < 1 << 32 else {
            throw .corrupted
        }
        var entry = BookEntry()
        entry.phase = phase
        entry.isRunning = flags & 4 != 0
        entry.isCounted = flags & 8 != 0
        entry.start = EventTime(ms: try reader.zigzag())
        entry.lastHeld = EventTime(ms: try reader.zigzag())
        entry.lastEmitted = EventTime(ms: try reader.zigzag())
        entry.coolsUntil = EventTime(ms: try reader.zigzag())
        let sequence = try reader.require(reader.varint())
        guard sequence < 1 << 62 else { throw .corrupted }
        entry.sequence = Int(sequence)
        if flags & 16 != 0 {
            let kind = String(decoding: try reader.sizedBytes(), as: UTF8.self)
            entry.subject = Subject(kind: kind, value: try reader.sizedBytes())
        }
        guard entry.isSane else { throw .corrupted }
        return (WatchedEntity(entityKey: key, rule: Int(rule)), entry)
    }
}

extension BookEntry {
    /// Whether no difference between the times in use can overflow.
    fileprivate var isSane: Bool {
        let limit: Int64 = 1 << 60
        func isNear(_ time: EventTime) -> Bool { abs(time.ms / 2) < limit / 2 }
        let isUsed = phase == .firing || isRunning
        return (!isUsed || isNear(start) && isNear(lastHeld))
            && (phase != .firing || isNear(lastEmitted))
            && (phase == .cooling ? isNear(coolsUntil) : true)
    }
}

extension ByteBuffer {
    fileprivate mutating func append(sized bytes: [UInt8]) {
        append(varint: UInt64(bytes.count))
        bytes.withUnsafeBytes { append($0) }
    }

    fileprivate mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }
}

extension ByteReader {
    fileprivate func require<T>(_ value: T?) throws(FindingBookError) -> T {
        guard let value else { throw .corrupted }
        return value
    }

    fileprivate mutating func sizedBytes() throws(FindingBookError) -> [UInt8] {
        guard let count = varint(), count <= UInt64(remaining), let slice = bytes(Int(count)) else {
            throw .corrupted
        }
        return Array(slice)
    }

    fileprivate mutating func zigzag() throws(FindingBookError) -> Int64 {
        guard let bits = varint() else { throw .corrupted }
        return Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
    }
}
