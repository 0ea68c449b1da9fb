import Events
import Primitives

/// What would help where a record is refused.
public enum RefusalHint: String, Sendable {
    /// The time names no zone.
    case timezone = "the time names no zone: set input.timezone"
}

/// A record, or an element of one, that cannot be processed, kept for the dead-letter topic.
public struct DeadLetter: Sendable, Equatable {
    /// The record's offset in its source partition.
    public var offset: Int64
    /// Why it was refused.
    public var reason: RejectReason
    /// The field that the reason is about; nil where it is about the whole record.
    public var field: EventField?
    /// The element of the record that is refused, from 0; nil where it is the record.
    public var element: Int?
    /// What to do about it, where that is known.
    public var hint: RefusalHint?
    /// The bytes of the record or the element, at most as many as the task keeps.
    public var bytes: [UInt8]
    /// Bytes it had.
    public var originalSize: Int
    /// What it had beside its value; nil where it came from no topic.
    public var origin: RecordOrigin?

    /// The highest event time that the task had come to; nil before the first.
    public var reached: EventTime?

    /// Bytes of a record that are kept where nothing else is said.
    public static let maxBytes = 65_536

    init(
        offset: Int64, reason: RejectReason, field: EventField?, record: ByteSlice,
        keeping limit: Int
    ) {
        self.offset = offset
        self.reason = reason
        self.field = field
        self.bytes = Array(record.prefix(limit))
        self.originalSize = record.count
    }
}

extension DeadLetter {
    /// Appends the letter, without what it had beside its value.
    public func encode(into buffer: inout ByteBuffer) {
        buffer.append(integer: offset)
        buffer.append(varint: UInt64(reason.index))
        buffer.append(varint: field.map { UInt64($0.rawValue) + 1 } ?? 0)
        buffer.append(varint: element.map { UInt64($0) + 1 } ?? 0)
        buffer.append(hint == nil ? 0 : 1)
        buffer.append(varint: UInt64(originalSize))
        buffer.append(varint: UInt64(bytes.count))
        bytes.withUnsafeBytes { buffer.append($0) }
    }

    /// Reads what `encode` has written; nil where it is something else.
    public init?(_ reader: inout ByteReader) {
        guard let offset = reader.integer(Int64.self), let reason = reader.varint(),
            reason < RejectReason.allCases.count, let field = reader.varint(),
            let element = reader.varint(), let hint = reader.integer(UInt8.self),
            let size = reader.varint(), let count = reader.varint(),
            let bytes = reader.bytes(Int(clamping: count))
        else { return nil }
        self.init(
            offset: offset, reason: RejectReason.allCases[Int(reason)],
            field: EventField.allCases.first { field > 0 && UInt64($0.rawValue) == field - 1 },
            record: bytes, keeping: bytes.count)
        self.element = element == 0 ? nil : Int(element - 1)
        self.hint = hint == 0 ? nil : .timezone
        originalSize = Int(clamping: size)
    }
}
