/// What a rule asks events for, and whether it can fire where some of that never comes.
public struct RuleNeeds: Sendable {
    /// Something an event may carry.
    public enum Input: Hashable, Sendable {
        /// A field of the event, by its name: `model`.
        case field(String)
        /// A fingerprint's kind.
        case kind(String)
        /// A signal, by its bare name.
        case signal(String)

        /// As a field map spells it: `fingerprints.payment`.
        public var name: String {
            switch self {
            case .field(let name): name
            case .kind(let name): Vocabulary.kindPrefix + name
            case .signal(let name): Vocabulary.signalPrefix + name
            }
        }

        /// Where a measure comes from; nil for requests, which every event is.
        init?(measure: String) {
            switch measure {
            case "requests": return nil
            case "errors", "throttled": self = .field("status")
            case "single_turn": self = .field("turn")
            default: self = Self.signal(of: measure) ?? .field(measure)
            }
        }

        /// Where a dimension's values come from; nil for accounts, which every event has.
        init?(dimension: String) {
            if dimension == "account" { return nil }
            if Vocabulary.plainDimensions.contains(dimension) {
                self = .field(dimension)
            } else {
                self = Self.signal(of: dimension) ?? .kind(dimension)
            }
        }

        private static func signal(of name: String) -> Input? {
            guard name.hasPrefix(Vocabulary.signalPrefix) else { return nil }
            return .signal(String(name.dropFirst(Vocabulary.signalPrefix.count)))
        }
    }

    private let condition: Term
    private let kinds: [String]
    /// What the condition asks for, in its order.
    private let inputs: [Input]

    init(_ rule: Rule) {
        condition = rule.condition
        kinds = rule.kinds
        var inputs: [Input] = []
        rule.condition.forEachFeature { feature in
            if let input = feature.input, !inputs.contains(input) { inputs.append(input) }
        }
        self.inputs = inputs
    }

    /// What keeps the rule from ever firing where `isAbsent` says of inputs that no event has them; empty where it
    /// can fire, as far as that can be told.
    ///
    /// An input that is absent and does not matter (`errors` where the condition bounds them from above, one of two
    /// alternatives) is not named.
    public func blocked(by isAbsent: (Input) -> Bool) -> [Input] {
        let missing = kinds.map { Input.kind($0) }.filter(isAbsent)
        if !kinds.isEmpty, missing.count == kinds.count { return missing }
        guard !condition.reach(isAbsent).canBeTrue else { return [] }
        let absent = inputs.filter(isAbsent)
        // A condition that never holds by itself is not the events' fault.
        guard !absent.isEmpty, condition.reach({ _ in false }).canBeTrue else { return [] }
        let decisive = absent.filter { input in !condition.reach({ $0 == input }).canBeTrue }
        return decisive.isEmpty ? absent : decisive
    }
}
