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
    /// The record's bytes, at most `DeadLetter.maxBytes` of them.
    public var bytes: [UInt8]
    /// Bytes the record had.
    public var originalSize: Int

    /// Bytes of a record that are kept at most.
    public static let maxBytes = 65_536

    init(offset: Int64, reason: RejectReason, field: EventField?, record: ByteSlice) {
        self.offset = offset
        self.reason = reason
        self.field = field
        self.bytes = Array(record.prefix(Self.maxBytes))
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
