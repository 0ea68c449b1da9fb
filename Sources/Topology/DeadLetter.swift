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

/// What an ingest task has done with the records it was given.
///
/// Every record has events, is skipped or is refused, but for one that is set aside:
/// `consumed == recordsWithEvents + skippedRecords + recordsRefused`, with one more where a record is parked, and without
/// the records that hold nothing but events outside of the range.
public struct IngestCounters: Sendable, Equatable {
    /// Records read.
    public var consumed = 0
    /// Events folded into panes, late ones included.
    public var processed = 0
    /// Events whose own pane was closed.
    public var late = 0
    /// Events outside of ``TopologyPlan/panes``, which moved the clock alone.
    public var outside = 0
    /// Elements of records passed over because they are no requests.
    public var skipped = 0
    /// Records with neither an event nor anything refused.
    public var skippedRecords = 0
    /// Events beyond the first of their record.
    public var moreEvents = 0
    /// Elements refused in a record with events, or beyond the first.
    public var moreRefused = 0
    /// Records and elements of records refused, by reason, which is dead letters;
    /// `RejectReason.allCases` gives the order.
    public var rejected = [Int](repeating: 0, count: RejectReason.allCases.count)
    /// What the processed events had, and what was wrong with it.
    public var coverage = FieldCoverage()

    /// Nothing done yet.
    public init() {}

    /// Dead letters, whatever the reason.
    public var rejectedTotal: Int { rejected.reduce(0, +) }

    /// Records with at least one event.
    public var recordsWithEvents: Int { processed - moreEvents }

    /// Records with no event and something refused.
    public var recordsRefused: Int { rejectedTotal - moreRefused }

    /// Counts a record of several elements, of which so many were events and refused.
    mutating func note(events: Int, refused: Int) {
        moreEvents += max(0, events - 1)
        moreRefused += events > 0 ? refused : max(0, refused - 1)
        if events == 0, refused == 0 { skippedRecords += 1 }
    }

    /// Adds another task's counts.
    public mutating func add(_ other: IngestCounters) {
        consumed += other.consumed
        processed += other.processed
        late += other.late
        outside += other.outside
        skipped += other.skipped
        skippedRecords += other.skippedRecords
        moreEvents += other.moreEvents
        moreRefused += other.moreRefused
        for i in rejected.indices { rejected[i] += other.rejected[i] }
        coverage.add(other.coverage)
    }
}

extension RejectReason {
    /// Position among all reasons, for counters.
    public var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
