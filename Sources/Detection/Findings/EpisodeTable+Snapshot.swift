import Primitives

/// Why a table cannot be read back.
public enum EpisodeTableError: Error, Equatable {
    /// The bytes are not what `encode` writes: take an older snapshot.
    case corrupted
    /// The bytes were written by a release that writes another version.
    case unknownVersion(UInt8)
}

extension EpisodeTable {
    private static let version: UInt8 = 1

    /// Writes the table in pieces that `EpisodeTableReader` reads: the head (version, rule ids, suppressed, refused, the
    /// number of episodes), then the episodes by key and rule, in pieces of at most about `size` bytes.
    ///
    /// `rules` are the ids by index, so that a table can be read under other rules. Equal tables give equal bytes.
    /// Integers are LEB128, times ZigZag LEB128, keys 8 bytes little-endian.
    public func encode(rules: [String], size: Int, _ piece: (ByteSlice) -> Void) {
        var buffer = ByteBuffer(capacity: size)
        encodeHead(into: &buffer, rules: rules)
        piece(buffer.bytes)
        buffer.removeAll()
        for (id, episode) in sortedEpisodes() {
            Self.encode(id, episode, into: &buffer)
            guard buffer.count >= size else { continue }
            piece(buffer.bytes)
            buffer.removeAll()
        }
        if !buffer.isEmpty { piece(buffer.bytes) }
    }

    private func encodeHead(into buffer: inout ByteBuffer, rules: [String]) {
        buffer.append(Self.version)
        buffer.append(varint: UInt64(rules.count))
        for id in rules { buffer.append(sized: id) }
        buffer.append(varint: counters.suppressed)
        buffer.append(varint: counters.refused)
        buffer.append(varint: UInt64(count))
    }

    private func sortedEpisodes() -> [(WatchedEntity, Episode)] {
        var entries: [(WatchedEntity, Episode)] = []
        entries.reserveCapacity(count)
        episodes.forEach { entries.append(($0, $1)) }
        entries.sort { $0.0 < $1.0 }
        return entries
    }

    private static func encode(
        _ id: WatchedEntity, _ entry: Episode, into buffer: inout ByteBuffer
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
            buffer.append(sized: subject.kind)
            buffer.append(sized: subject.value)
        }
    }

    /// Reads the head: the written rules' own indices, nil where there is no such rule any
    /// more, and how many entries follow.
    fileprivate mutating func decodeHead(
        _ reader: inout ByteReader, rules: [String]
    ) throws(EpisodeTableError) -> (indices: [Int?], entries: UInt64) {
        let version = try reader.require(reader.integer(UInt8.self))
        if version != Self.version { throw .unknownVersion(version) }
        var places: [String: Int] = [:]
        for (i, id) in rules.enumerated() { places[id] = i }
        var indices: [Int?] = []
        for _ in 0..<(try reader.require(reader.varint())) {
            indices.append(places[try reader.require(reader.sizedText())])
        }
        counters.suppressed = try reader.require(reader.varint())
        counters.refused = try reader.require(reader.varint())
        return (indices, try reader.require(reader.varint()))
    }

    /// Reads an entry, which is dropped where its rule is gone.
    fileprivate mutating func decodeEpisode(
        _ reader: inout ByteReader, _ indices: [Int?]
    ) throws(EpisodeTableError) {
        let (id, entry) = try Self.decode(&reader)
        guard id.rule < indices.count else { throw .corrupted }
        guard let rule = indices[id.rule] else { return }
        let moved = WatchedEntity(entityKey: id.entityKey, rule: rule)
        guard episodes.find(moved) < 0, count < limit else { throw .corrupted }
        restore(moved, entry)
    }

    private static func decode(
        _ reader: inout ByteReader
    ) throws(EpisodeTableError) -> (WatchedEntity, Episode) {
        let key = try reader.require(reader.integer(UInt64.self))
        let rule = try reader.require(reader.varint())
        let flags = try reader.require(reader.integer(UInt8.self))
        guard let phase = Episode.Phase(rawValue: flags & 3), flags < 32, rule < 1 << 32 else {
            throw .corrupted
        }
        var entry = Episode()
        entry.phase = phase
        entry.isRunning = flags & 4 != 0
        entry.isCounted = flags & 8 != 0
        entry.start = EventTime(ms: try reader.require(reader.zigzag()))
        entry.lastHeld = EventTime(ms: try reader.require(reader.zigzag()))
        entry.lastEmitted = EventTime(ms: try reader.require(reader.zigzag()))
        entry.coolsUntil = EventTime(ms: try reader.require(reader.zigzag()))
        let sequence = try reader.require(reader.varint())
        guard sequence < 1 << 62 else { throw .corrupted }
        entry.sequence = Int(sequence)
        if flags & 16 != 0 {
            let kind = try reader.require(reader.sizedText())
            entry.subject = Subject(kind: kind, value: try reader.require(reader.sizedBytes()))
        }
        guard entry.isSane else { throw .corrupted }
        return (WatchedEntity(entityKey: key, rule: Int(rule)), entry)
    }
}

/// Reads a table back piece by piece, as `EpisodeTable.encode` wrote it.
public struct EpisodeTableReader: Sendable {
    private let indices: [Int?]
    private var left: UInt64

    /// Reads the first piece into `table`, which is empty; `rules` are the ids of its rules by index.
    ///
    /// - Throws: `EpisodeTableError`; the table is of no use then.
    public init(
        _ piece: ByteSlice, rules: [String], into table: inout EpisodeTable
    ) throws(EpisodeTableError) {
        var reader = ByteReader(piece)
        (indices, left) = try table.decodeHead(&reader, rules: rules)
        guard reader.remaining == 0 else { throw .corrupted }
    }

    /// Whether all entries were read.
    public var isComplete: Bool { left == 0 }

    /// Reads a further piece into `table`.
    ///
    /// - Throws: `EpisodeTableError`; the table is of no use then.
    public mutating func read(
        _ piece: ByteSlice, into table: inout EpisodeTable
    ) throws(EpisodeTableError) {
        var reader = ByteReader(piece)
        while left > 0, reader.remaining > 0 {
            try table.decodeEpisode(&reader, indices)
            left -= 1
        }
        guard reader.remaining == 0 else { throw .corrupted }
    }
}

extension Episode {
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

extension ByteReader {
    fileprivate func require<T>(_ value: T?) throws(EpisodeTableError) -> T {
        guard let value else { throw .corrupted }
        return value
    }
}
