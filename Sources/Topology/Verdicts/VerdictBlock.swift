import Detection
import Primitives

/// A verdict on its way into the log of a task that it concerns.
///
/// All integers little-endian; times are milliseconds of event time.
/// ```
/// block   magic "SWV1" | application u32 | key u64 | word u8 | time i64 | until i64 | offset i64
/// ```
/// `key` is that of the account or fingerprint, `offset` the verdict's place in its own topic: of two with equal times
/// the later one holds.
public struct VerdictBlock: Equatable, Sendable {
    /// The key of the account or fingerprint.
    public var key: UInt64
    /// What was decided.
    public var word: VerdictWord
    /// When it was decided.
    public var time: EventTime
    /// When it ceases to hold.
    public var until: EventTime
    /// Its place in its topic, or among the lines of files.
    public var offset: Int64

    static let magic: UInt32 = 0x3156_5753
    private static let size = 41

    /// The verdict at a place of its topic.
    public init(_ verdict: VerdictRecord, offset: Int64) {
        self.init(
            key: verdict.key, word: verdict.word, time: verdict.time, until: verdict.until,
            offset: offset)
    }

    init(key: UInt64, word: VerdictWord, time: EventTime, until: EventTime, offset: Int64) {
        self.key = key
        self.word = word
        self.time = time
        self.until = until
        self.offset = offset
    }

    /// Whether `record` is such a block, and no other.
    public static func begins(_ record: ByteSlice) -> Bool {
        record.count >= 4 && record.loadUnaligned(as: UInt32.self) == magic
    }

    /// Reads a block; nil where it is another application's.
    ///
    /// - Throws: `BlockError.corrupt` where the bytes are none.
    public init?(_ record: ByteSlice, application: UInt32) throws(BlockError) {
        var reader = ByteReader(record)
        guard reader.integer(UInt32.self) == Self.magic else { throw .unknownFormat }
        guard record.count == Self.size, let own = reader.integer(UInt32.self),
            let block = Self(&reader)
        else { throw .corrupt }
        guard own == application else { return nil }
        self = block
    }

    /// Appends the block.
    public func encode(into buffer: inout ByteBuffer, application: UInt32) {
        buffer.append(integer: Self.magic)
        buffer.append(integer: application)
        encode(into: &buffer)
    }

    /// Appends the verdict.
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(integer: key)
        buffer.append(UInt8(VerdictWord.allCases.firstIndex(of: word) ?? 0))
        for number in [time.ms, until.ms, offset] { buffer.append(integer: number) }
    }

    /// Reads what `encode` has appended; nil where the bytes are none.
    init?(_ reader: inout ByteReader) {
        guard let key = reader.integer(UInt64.self), let code = reader.integer(UInt8.self),
            Int(code) < VerdictWord.allCases.count, let time = reader.integer(Int64.self),
            let until = reader.integer(Int64.self), let offset = reader.integer(Int64.self),
            (0..<BlockHeader.maxMs).contains(time), (0..<BlockHeader.maxMs).contains(until)
        else { return nil }
        self.init(
            key: key, word: VerdictWord.allCases[Int(code)], time: EventTime(ms: time),
            until: EventTime(ms: until), offset: offset)
    }

    /// Whether it was decided before another.
    func isBefore(_ other: VerdictBlock) -> Bool {
        (time, offset) < (other.time, other.offset)
    }
}
