import Primitives

/// Counters as bytes: for a replay that is to be gone on with by the same version.
extension IngestCounters {
    /// Appends the counters.
    public func encode(into buffer: inout ByteBuffer) {
        let numbers = [
            consumed, processed, late, skipped, skippedRecords, moreEvents, moreRefused,
            outside,
        ]
        for number in numbers + rejected { buffer.append(varint: UInt64(number)) }
        coverage.encode(into: &buffer)
    }

    /// Reads what `encode` has written; nil where it is something else.
    public init?(_ reader: inout ByteReader) {
        self.init()
        func number() -> Int? { reader.varint().map { Int(truncatingIfNeeded: $0) } }
        guard let consumed = number(), let processed = number(), let late = number(),
            let skipped = number(), let skippedRecords = number(), let moreEvents = number(),
            let moreRefused = number(), let outside = number()
        else { return nil }
        self.consumed = consumed
        self.processed = processed
        self.late = late
        self.skipped = skipped
        self.skippedRecords = skippedRecords
        self.moreEvents = moreEvents
        self.moreRefused = moreRefused
        self.outside = outside
        for i in rejected.indices {
            guard let count = number() else { return nil }
            rejected[i] = count
        }
        guard let coverage = FieldCoverage(&reader) else { return nil }
        self.coverage = coverage
    }
}

extension EntityCounters {
    /// The numbers in their order.
    private static var fields: [WritableKeyPath<EntityCounters, Int>] {
        [
            \.blocks, \.duplicateBlocks, \.foreignBlocks, \.partials, \.latePartials,
            \.corruptPartials, \.panesClosed, \.evaluations, \.findings,
        ]
    }

    /// Appends the counters.
    public func encode(into buffer: inout ByteBuffer) {
        for field in Self.fields { buffer.append(varint: UInt64(self[keyPath: field])) }
        buffer.append(integer: missingRecords)
        buffer.append(integer: repeatedRecords)
    }

    /// Reads what `encode` has written; nil where it is something else.
    public init?(_ reader: inout ByteReader) {
        self.init()
        for field in Self.fields {
            guard let number = reader.varint() else { return nil }
            self[keyPath: field] = Int(truncatingIfNeeded: number)
        }
        guard let missing = reader.integer(Int64.self), let repeated = reader.integer(Int64.self)
        else { return nil }
        missingRecords = missing
        repeatedRecords = repeated
    }
}
