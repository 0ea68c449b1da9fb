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
        encodeHead(into: &buffer, rules: rules)
        for (id, entry) in sortedEntries() { Self.encode(id, entry, into: &buffer) }
    }

    /// Writes the book in pieces of at most about `size` bytes that `FindingBookReader` reads: the first as
    /// `encode` begins, the others some entries each.
    public func encodePieces(rules: [String], size: Int, _ piece: (ByteSlice) -> Void) {
        var buffer = ByteBuffer(capacity: size)
        encodeHead(into: &buffer, rules: rules)
        piece(buffer.bytes)
        buffer.removeAll()
        for (id, entry) in sortedEntries() {
            Self.encode(id, entry, into: &buffer)
            guard buffer.count >= size else { continue }
            piece(buffer.bytes)
            buffer.removeAll()
        }
        if !buffer.isEmpty { piece(buffer.bytes) }
    }

    private func encodeHead(into buffer: inout ByteBuffer, rules: [String]) {
        buffer.append(Self.version)
        buffer.append(varint: UInt64(rules.count))
        for id in rules { buffer.append(sized: Array(id.utf8)) }
        buffer.append(varint: counters.suppressed)
        buffer.append(varint: counters.refused)
        buffer.append(varint: UInt64(count))
    }

    private func sortedEntries() -> [(WatchedEntity, BookEntry)] {
        var entries: [(WatchedEntity, BookEntry)] = []
        entries.reserveCapacity(count)
        table.forEach { entries.append(($0, $1)) }
        entries.sort { $0.0 < $1.0 }
        return entries
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
        var left = try FindingBookReader(&reader, rules: rules, into: &self)
        try left.readEntries(&reader, into: &self)
        guard left.isComplete else { throw .corrupted }
    }

    /// Reads what `encode` begins with: the written rules' own indices, nil where there is no such rule any
    /// more, and how many entries follow.
    fileprivate mutating func decodeHead(
        _ reader: inout ByteReader, rules: [String]
    ) throws(FindingBookError) -> (indices: [Int?], entries: UInt64) {
        let version = try reader.require(reader.integer(UInt8.self))
        if version != Self.version { throw .unknownVersion(version) }
        var places: [String: Int] = [:]
        for (i, id) in rules.enumerated() { places[id] = i }
        var indices: [Int?] = []
        for _ in 0..<(try reader.require(reader.varint())) {
            indices.append(places[String(decoding: try reader.sizedBytes(), as: UTF8.self)])
        }
        counters.suppressed = try reader.require(reader.varint())
        counters.refused = try reader.require(reader.varint())
        return (indices, try reader.require(reader.varint()))
    }

    /// Reads an entry, which is dropped where its rule is gone.
    fileprivate mutating func decodeEntry(
        _ reader: inout ByteReader, _ indices: [Int?]
    ) throws(FindingBookError) {
        let (id, entry) = try Self.decode(&reader)
        guard id.rule < indices.count else { throw .corrupted }
        guard let rule = indices[id.rule] else { return }
        let moved = WatchedEntity(entityKey: id.entityKey, rule: rule)
        guard table.find(moved) < 0, count < limit else { throw .corrupted }
        restore(moved, entry)
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

/// Reads a book back piece by piece, as `FindingBook.encodePieces` wrote it.
public struct FindingBookReader: Sendable {
    private let indices: [Int?]
    private var left: UInt64

    /// Reads the first piece into `book`, which is empty; `rules` are the ids of its rules by index.
    ///
    /// - Throws: `FindingBookError`; the book is of no use then.
    public init(
        _ piece: ByteSlice, rules: [String], into book: inout FindingBook
    ) throws(FindingBookError) {
        var reader = ByteReader(piece)
        try self.init(&reader, rules: rules, into: &book)
        guard reader.remaining == 0 else { throw .corrupted }
    }

    fileprivate init(
        _ reader: inout ByteReader, rules: [String], into book: inout FindingBook
    ) throws(FindingBookError) {
        (indices, left) = try book.decodeHead(&reader, rules: rules)
    }

    /// Whether all entries are there.
    public var isComplete: Bool { left == 0 }

    /// Reads a further piece into `book`.
    ///
    /// - Throws: `FindingBookError`; the book is of no use then.
    public mutating func read(
        _ piece: ByteSlice, into book: inout FindingBook
    ) throws(FindingBookError) {
        var reader = ByteReader(piece)
        try readEntries(&reader, into: &book)
        guard reader.remaining == 0 else { throw .corrupted }
    }

    /// Reads entries until the bytes end or all are there.
    fileprivate mutating func readEntries(
        _ reader: inout ByteReader, into book: inout FindingBook
    ) throws(FindingBookError) {
        while left > 0, reader.remaining > 0 {
            try book.decodeEntry(&reader, indices)
            left -= 1
        }
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
