/// What a rule asks events for, and whether it can fire where some of that never comes.
public struct RuleNeeds: Sendable {
    private let condition: Term
    private let kinds: [String]
    /// What the condition asks for, in its order.
    private let inputs: [EventInput]

    init(_ rule: Rule) {
        condition = rule.condition
        kinds = rule.kinds
        var inputs: [EventInput] = []
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
    public func blocked(by isAbsent: (EventInput) -> Bool) -> [EventInput] {
        let missing = kinds.map { EventInput.kind($0) }.filter(isAbsent)
        if !kinds.isEmpty, missing.count == kinds.count { return missing }
        guard !condition.reach(isAbsent).canBeTrue else { return [] }
        let absent = inputs.filter(isAbsent)
        // A condition that never holds by itself is not the events' fault.
        guard !absent.isEmpty, condition.reach({ _ in false }).canBeTrue else { return [] }
        let decisive = absent.filter { input in !condition.reach({ $0 == input }).canBeTrue }
        return decisive.isEmpty ? absent : decisive
    }
}
