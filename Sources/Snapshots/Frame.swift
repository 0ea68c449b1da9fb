import Primitives

/// What pages and manifests begin with.
///
/// ```
/// frame    magic u32 | version u16 | ~version u16 | bytes in all u32 | ~bytes u32 | checksum u64
///          | application u32 | stage u8 | 0 u8 | 0 u16 | partition i32 | incarnation u64 | sequence u32
///          | content
/// ```
/// All little-endian. The checksum is the XXH3 of what follows it, so task and identity are under it: a record
/// cannot pass for another. Version and length stand with their complements: a flipped bit is damage, and not
/// mistaken for another release or a torn write. Every version keeps the first eight bytes.
enum Frame {
    /// The format this release writes; whatever changes in pages, manifests or their content raises it.
    static let version: UInt16 = 2
    /// The oldest format it reads.
    static let oldest: UInt16 = 2
    /// Bytes up to the content.
    static let size = 48
    private static let checksumOffset = 16
    private static let checkedFrom = 24

    /// Begins a record in an empty buffer.
    static func begin(_ buffer: inout ByteBuffer, magic: UInt32, task: TaskID, id: SnapshotID) {
        precondition(buffer.isEmpty, "a frame begins its record")
        buffer.append(integer: magic)
        buffer.append(integer: version)
        buffer.append(integer: ~version)
        buffer.append(integer: UInt64(0))
        buffer.append(integer: UInt64(0))
        buffer.append(integer: task.application)
        buffer.append(task.stage.number)
        buffer.append(0)
        buffer.append(integer: UInt16(0))
        buffer.append(integer: task.partition)
        buffer.append(integer: id.incarnation)
        buffer.append(integer: id.sequence)
    }

    /// Completes the record; returns its checksum.
    @discardableResult
    static func end(_ buffer: inout ByteBuffer) -> UInt64 {
        let count = UInt32(buffer.count)
        buffer.store(count, at: 8)
        buffer.store(~count, at: 12)
        let checksum = xxh3(ByteSlice(rebasing: buffer.bytes[checkedFrom...]))
        buffer.store(checksum, at: checksumOffset)
        return checksum
    }

    /// Checks a record of `key` and returns its checksum; its content begins at `size`.
    static func check(
        _ bytes: ByteSlice, magic: UInt32, key: StateKey
    ) throws(SnapshotError) -> UInt64 {
        var reader = ByteReader(bytes)
        guard let found = reader.integer(UInt32.self), let version = reader.integer(UInt16.self),
            let complement = reader.integer(UInt16.self)
        else { throw .torn(bytes: bytes.count, expected: size) }
        guard found == magic, version == ~complement else { throw .corrupted }
        if version > Self.version { throw .newerFormat(version) }
        if version < oldest { throw .olderFormat(version) }
        guard bytes.count >= size, let count = reader.integer(UInt32.self),
            let other = reader.integer(UInt32.self), let checksum = reader.integer(UInt64.self)
        else { throw .torn(bytes: bytes.count, expected: size) }
        guard count == ~other, Int(count) >= size else { throw .corrupted }
        if bytes.count < Int(count) { throw .torn(bytes: bytes.count, expected: Int(count)) }
        guard bytes.count == Int(count),
            xxh3(ByteSlice(rebasing: bytes[checkedFrom...])) == checksum
        else { throw .corrupted }
        guard isOf(key, &reader) else { throw .misplaced }
        return checksum
    }

    private static func isOf(_ key: StateKey, _ reader: inout ByteReader) -> Bool {
        reader.integer(UInt32.self) == key.task.application
            && reader.integer(UInt8.self) == key.task.stage.number
            && reader.bytes(3)?.allSatisfy { $0 == 0 } == true
            && reader.integer(Int32.self) == key.task.partition
            && reader.integer(UInt64.self) == key.id.incarnation
            && reader.integer(UInt32.self) == key.id.sequence
    }
}
