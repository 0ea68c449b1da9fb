import CZstd
import Primitives

/// A part of a capture's file: some records of a partition in one zstd frame, and in front of it, in a frame that every
/// zstd tool passes over, what a line of text does not tell.
///
/// All integers little-endian.
/// ```
/// part   skippable frame (magic 0x184D2A57 u32 | bytes u32 | index) | zstd frame of the text
/// index  magic "SWC1" u32 | records u32 | first offset i64 | bytes of text u32 | bytes of the zstd frame u32
///        | digest of the index u64 | XXH3 of the text u64 | record*
/// record varint bytes + 1, 0 for a null value | varint offset less the one before | zigzag varint of the timestamp
///        less the one before, -1 for none
/// text   each record's value and a line feed; nothing for a null value
/// ```
/// So a file is JSON Lines to `zstd -dc`, and to a reader of this format each record is what it was on the topic.
enum CaptureFormat {
    static let skippable: UInt32 = 0x184D_2A57
    static let magic: UInt32 = 0x3143_5753
    /// Bytes of the index in front of its records.
    static let indexHead = 40
    /// Bytes of text at which a part is full.
    static let partBytes = 1 << 20
    /// Records at which a part is full.
    static let partRecords = 1 << 14
    /// Bytes a part may have, for readers: a record is at most tens of megabytes.
    static let largest: UInt32 = 1 << 30

    /// The numbers in front of an index's records.
    struct Head: Equatable {
        var records: UInt32
        var firstOffset: Int64
        var textBytes: UInt32
        var packedBytes: UInt32
        var textDigest: UInt64

        init(
            records: UInt32, firstOffset: Int64, textBytes: UInt32, packedBytes: UInt32,
            textDigest: UInt64
        ) {
            self.records = records
            self.firstOffset = firstOffset
            self.textBytes = textBytes
            self.packedBytes = packedBytes
            self.textDigest = textDigest
        }

        /// Nil where it is none, or is not that of `entries`.
        init?(_ index: ByteSlice) {
            var reader = ByteReader(index)
            guard reader.integer(UInt32.self) == magic, let records = reader.integer(UInt32.self),
                let first = reader.integer(Int64.self), let text = reader.integer(UInt32.self),
                let packed = reader.integer(UInt32.self), let own = reader.integer(UInt64.self),
                let digest = reader.integer(UInt64.self), text <= largest, packed <= largest
            else { return nil }
            self.init(
                records: records, firstOffset: first, textBytes: text, packedBytes: packed,
                textDigest: digest)
            guard self.digest(of: ByteSlice(rebasing: index[indexHead...])) == own else {
                return nil
            }
        }

        /// The digest of the index: of its records, and of the numbers in front of them.
        func digest(of entries: ByteSlice) -> UInt64 {
            let numbers = UInt64(records) << 32 ^ UInt64(textBytes) ^ UInt64(packedBytes) << 16
            let seed = (UInt64(bitPattern: firstOffset) &* 0x9E37_79B9_7F4A_7C15) ^ numbers
            return xxh3(entries, seed: seed)
        }

        func write(to buffer: inout ByteBuffer, _ entries: ByteSlice) {
            buffer.append(integer: CaptureFormat.magic)
            buffer.append(integer: records)
            buffer.append(integer: firstOffset)
            buffer.append(integer: textBytes)
            buffer.append(integer: packedBytes)
            buffer.append(integer: digest(of: entries))
            buffer.append(integer: textDigest)
        }
    }

    /// Numbers near zero as small ones.
    static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value << 1) ^ (value >> 63))
    }
    static func unzigzag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

/// The records of a part that is being filled.
struct CapturePart: ~Copyable {
    private var text = ByteBuffer(capacity: CaptureFormat.partBytes * 2)
    private var entries = ByteBuffer(capacity: 1 << 16)
    private var packed = ByteBuffer(capacity: CaptureFormat.partBytes)
    private(set) var records = 0
    private var firstOffset: Int64 = 0
    private var lastOffset: Int64 = 0
    private var lastMs: Int64 = 0
    private let level: Int32

    init(level: Int32) { self.level = level }

    var isFull: Bool {
        text.count >= CaptureFormat.partBytes || records >= CaptureFormat.partRecords
    }

    mutating func append(_ record: ByteSlice?, offset: Int64, timestampMs: Int64?) {
        if records == 0 { (firstOffset, lastOffset, lastMs) = (offset, offset, 0) }
        entries.append(varint: record.map { UInt64($0.count) + 1 } ?? 0)
        entries.append(varint: UInt64(offset - lastOffset))
        entries.append(varint: CaptureFormat.zigzag((timestampMs ?? -1) - lastMs))
        (lastOffset, lastMs) = (offset, timestampMs ?? -1)
        records += 1
        guard let record else { return }
        text.append(record)
        text.append(0x0A)
    }

    /// Writes the part behind what is in `output`, and begins the next.
    mutating func finish(into output: inout ByteBuffer) {
        guard records > 0 else { return }
        packed.removeAll()
        let bound = ZSTD_compressBound(text.count)
        _ = packed.appendUninitialized(bound)
        let size = ZSTD_compress(packed.base, bound, text.base, text.count, level)
        precondition(ZSTD_isError(size) == 0, "the bound of a frame's size holds")
        packed.truncate(to: size)
        let head = CaptureFormat.Head(
            records: UInt32(records), firstOffset: firstOffset, textBytes: UInt32(text.count),
            packedBytes: UInt32(size), textDigest: xxh3(text.bytes))
        output.append(integer: CaptureFormat.skippable)
        output.append(integer: UInt32(CaptureFormat.indexHead + entries.count))
        head.write(to: &output, entries.bytes)
        output.append(entries.bytes)
        output.append(packed.bytes)
        text.removeAll()
        entries.removeAll()
        records = 0
    }
}

/// A part that was read: its records one after the other.
struct CaptureText: ~Copyable {
    /// A record with its place.
    struct Record {
        var bytes: ByteSlice?
        var offset: Int64
        var timestampMs: Int64?
    }

    private(set) var head: CaptureFormat.Head?
    private var text = ByteBuffer(capacity: CaptureFormat.partBytes * 2)
    private var index = ByteBuffer(capacity: 1 << 16)
    private var entryAt = CaptureFormat.indexHead
    private var textAt = 0
    private var left: UInt32 = 0
    private var lastOffset: Int64 = 0
    private var lastMs: Int64 = 0
    private let context = ZSTD_createDCtx()

    deinit { ZSTD_freeDCtx(context) }

    /// Takes in an index; false where it is none.
    mutating func begin(_ bytes: ByteSlice) -> Bool {
        guard let head = CaptureFormat.Head(bytes) else { return false }
        self.head = head
        index.removeAll()
        index.append(bytes)
        left = 0
        return true
    }

    /// Unpacks the text of the part begun; what is wrong with it, where something is.
    mutating func unpack(_ packed: ByteSlice) -> String? {
        guard let head else { return "it has no index" }
        text.removeAll()
        _ = text.appendUninitialized(Int(head.textBytes))
        let size = ZSTD_decompressDCtx(
            context, text.base, text.count, packed.baseAddress, packed.count)
        if ZSTD_isError(size) != 0 { return String(cString: ZSTD_getErrorName(size)) }
        guard size == text.count, xxh3(text.bytes) == head.textDigest else {
            return "its digest is another"
        }
        (entryAt, textAt, left) = (CaptureFormat.indexHead, 0, head.records)
        (lastOffset, lastMs) = (head.firstOffset, 0)
        return nil
    }

    /// The next record; nil behind the last, and where the index does not fit the text.
    mutating func next() -> Record? {
        guard left > 0 else { return nil }
        var reader = ByteReader(ByteSlice(rebasing: index.bytes[entryAt...]))
        guard let size = reader.varint(), let step = reader.varint(), let time = reader.varint()
        else { return nil }
        entryAt += reader.offset
        left -= 1
        lastOffset += Int64(clamping: step)
        lastMs &+= CaptureFormat.unzigzag(time)
        var bytes: ByteSlice?
        if size > 0 {
            let count = Int(clamping: size - 1)
            guard count < text.count - textAt else { return nil }
            bytes = ByteSlice(rebasing: text.bytes[textAt..<textAt + count])
            textAt += count + 1
        }
        return Record(bytes: bytes, offset: lastOffset, timestampMs: lastMs < 0 ? nil : lastMs)
    }

    /// Whether all records were taken.
    var isAtEnd: Bool { left == 0 }
}
