import Primitives

/// A way a planted record is bad.
public enum Defect: String, CaseIterable, Sendable {
    /// JSON that breaks off in the middle.
    case malformed
    /// A valid event of about 5 MB, nearly all of it an unknown field.
    case oversized
    /// No `account` field.
    case missingAccount = "missing_account"
    /// A `time` in 1971.
    case timeInPast = "time_in_past"
    /// A `time` in 2150.
    case timeInFuture = "time_in_future"
    /// A `time` three days after the record's: plausible, and it would drag the watermark along.
    case timeAhead = "time_ahead"
    /// An array where `account` should be a string.
    case wrongType = "wrong_type"
    /// Bytes that are not UTF-8 between two members.
    case invalidUTF8 = "invalid_utf8"
    /// An `account` that nests 5,000 deep.
    case deepNesting = "deep_nesting"
}

extension SimulatedEvent {
    /// Appends the event as `defect` spoils it.
    func writeDefective(_ defect: Defect, into buffer: inout ByteBuffer) {
        switch defect {
        case .timeInPast, .timeInFuture, .timeAhead:
            writeGoodJSON(into: &buffer)
        case .malformed:
            let start = buffer.count
            writeGoodJSON(into: &buffer)
            buffer.truncate(to: start + (buffer.count - start) / 2)
        case .oversized:
            writeGoodJSON(into: &buffer)
            buffer.truncate(to: buffer.count - 1)
            buffer.append(",\"padding\":\"")
            fill(&buffer, UInt8(ascii: "x"), count: 5 << 20)
            buffer.append("\"}")
        case .missingAccount:
            putTime(&buffer)
            buffer.append(",\"model\":\"aster-large-4\",\"fingerprints\":{}}")
        case .wrongType:
            putTime(&buffer)
            buffer.append(",\"account\":[\"acct_1\"],\"fingerprints\":{}}")
        case .invalidUTF8:
            putTime(&buffer)
            buffer.append(",\"account\":\"acct_1\"")
            buffer.append(0xC3)
            buffer.append(0x28)
            buffer.append(",\"fingerprints\":{}}")
        case .deepNesting:
            putTime(&buffer)
            buffer.append(",\"fingerprints\":{},\"account\":")
            for _ in 0..<5000 { buffer.append("{\"a\":") }
            buffer.append("1")
            fill(&buffer, UInt8(ascii: "}"), count: 5001)
        }
    }

    private func putTime(_ buffer: inout ByteBuffer) {
        buffer.append("{\"time\":")
        buffer.append(text: String(time.ms))
    }

    private func fill(_ buffer: inout ByteBuffer, _ byte: UInt8, count: Int) {
        let start = buffer.appendUninitialized(count)
        (buffer.base + start).initializeMemory(as: UInt8.self, repeating: byte, count: count)
    }
}

/// How many bad records of each kind a run plants, spread evenly over the first nine tenths
/// of its time.
public struct BadRecords: Equatable, Sendable {
    /// Records by defect.
    public private(set) var counts: [Defect: Int]

    /// None.
    public static let none = BadRecords(counts: [:])

    /// `count` of each kind, but a tenth (at least one) of the oversized.
    public static func each(_ count: Int) -> BadRecords {
        var counts: [Defect: Int] = [:]
        for defect in Defect.allCases where count > 0 {
            counts[defect] = defect == .oversized ? max(1, count / 10) : count
        }
        return BadRecords(counts: counts)
    }

    /// The given counts; not negative.
    public init(counts: [Defect: Int]) {
        self.counts = counts.filter { $0.value > 0 }
    }

    /// Sets the count of one kind.
    public subscript(defect: Defect) -> Int {
        get { counts[defect] ?? 0 }
        set { counts[defect] = newValue > 0 ? newValue : nil }
    }

    /// All of them.
    public var total: Int { counts.values.reduce(0, +) }
}
