/// Something an event may carry, which rules ask for.
public enum EventInput: Hashable, Sendable {
    /// A field of the event, by its name: `model`.
    case field(String)
    /// A fingerprint's kind.
    case kind(String)
    /// A signal, by its bare name.
    case signal(String)

    /// The input as a field map spells it: `fingerprints.payment`.
    public var name: String {
        switch self {
        case .field(let name): name
        case .kind(let name): Vocabulary.kindPrefix + name
        case .signal(let name): Vocabulary.signalPrefix + name
        }
    }

    /// Where a measure comes from; nil for requests, which every event is.
    init?(measure: String) {
        if let dimension = Vocabulary.presence(measure) {
            self.init(dimension: dimension)
            return
        }
        switch measure {
        case "requests": return nil
        case "errors", "throttled": self = .field("status")
        case "single_turn": self = .field("turn")
        default: self = Vocabulary.signal(measure).map { .signal($0) } ?? .field(measure)
        }
    }

    /// Where a dimension's values come from; nil for accounts, which every event has.
    init?(dimension: String) {
        if dimension == Vocabulary.account { return nil }
        if Vocabulary.plainDimensions.contains(dimension) {
            self = .field(dimension)
        } else {
            self = Vocabulary.signal(dimension).map { .signal($0) } ?? .kind(dimension)
        }
    }
}
