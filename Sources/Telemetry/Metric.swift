/// Every number the program counts about itself; the only place their names are written.
public enum Metric: Int, CaseIterable, Sendable {
    /// Records taken from the input topic, good or bad.
    case recordsConsumed
    /// Bytes of those records' values.
    case bytesConsumed
    /// Events folded into partials.
    case eventsProcessed
    /// Events whose pane was closed already and that weigh from the next one on.
    case eventsLate
    /// Records set aside as dead letters.
    case deadLetters
    /// Records without a value, passed over.
    case tombstones
    /// Fingerprints of an event beyond what is kept of one.
    case fingerprintsDropped
    /// Blocks of partials produced.
    case blocksProduced
    /// Bytes of those blocks.
    case blockBytesProduced
    /// Blocks of partials applied.
    case blocksApplied
    /// Blocks seen before and passed over.
    case blocksDuplicate
    /// Panes closed by the watermark.
    case panesClosed
    /// Rule conditions evaluated.
    case evaluations
    /// Findings produced: create, update and close.
    case findings
    /// Entities forgotten because the memory budget was full.
    case entitiesEvicted
    /// Entities forgotten because no window reaches them.
    case entitiesExpired
    /// Partitions assigned to this process, over its life.
    case partitionsAssigned
    /// Partitions taken away again.
    case partitionsRevoked
    /// Commits of offsets with the output before them.
    case commits
    /// Commits that failed and were repeated.
    case commitsFailed
    /// Errors of the broker connection that passed by themselves.
    case kafkaErrors
    /// Entities held now.
    case entities
    /// Bytes of state held now.
    case stateBytes
    /// Findings open now.
    case findingsOpen
    /// Records between the position and the end of the input, now.
    case lagRecords

    /// Whether the value only grows or is a reading.
    public var kind: Kind {
        switch self {
        case .entities, .stateBytes, .findingsOpen, .lagRecords: .gauge
        default: .counter
        }
    }

    /// How a metric's value behaves.
    public enum Kind: String, Sendable {
        /// Grows; `_total` in its name.
        case counter
        /// A reading of now.
        case gauge
    }

    /// The name outside, in the conventions of Prometheus: `stillwatch_events_processed_total`.
    public var name: String {
        let suffix = kind == .counter ? "_total" : ""
        return "stillwatch_\(snakeCased)\(suffix)"
    }

    private var snakeCased: String {
        var words = ""
        for character in String(describing: self) {
            if character.isUppercase { words.append("_") }
            words.append(character.lowercased())
        }
        return words
    }
}
