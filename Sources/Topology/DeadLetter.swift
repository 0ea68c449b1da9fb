import Events
import Primitives

/// A record that cannot be processed, kept for the dead-letter topic.
public struct DeadLetter: Sendable, Equatable {
    /// The record's offset in its source partition.
    public var offset: Int64
    /// Why it was refused.
    public var reason: RejectReason
    /// The field that the reason is about; nil where it is about the whole record.
    public var field: EventField?
    /// The record's bytes, at most as many as the task keeps.
    public var bytes: [UInt8]
    /// Bytes the record had.
    public var originalSize: Int
    /// What it had beside its value; nil where it came from no topic.
    public var origin: RecordOrigin?

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

/// What an ingest task has done with the records it was given.
public struct IngestCounters: Sendable, Equatable {
    /// Records read.
    public var consumed = 0
    /// Events folded into panes, late ones included.
    public var processed = 0
    /// Events whose own pane was closed.
    public var late = 0
    /// Records refused, by reason; `RejectReason.allCases` gives the order.
    public var rejected = [Int](repeating: 0, count: RejectReason.allCases.count)
    /// What the processed events had, and what was wrong with it.
    public var coverage = FieldCoverage()

    /// Nothing done yet.
    public init() {}

    /// Records refused, whatever the reason.
    public var rejectedTotal: Int { rejected.reduce(0, +) }

    /// Adds another task's counts.
    public mutating func add(_ other: IngestCounters) {
        consumed += other.consumed
        processed += other.processed
        late += other.late
        for i in rejected.indices { rejected[i] += other.rejected[i] }
        coverage.add(other.coverage)
    }
}

extension RejectReason {
    /// Position among all reasons, for counters.
    public var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
