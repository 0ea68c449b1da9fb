import Aggregation

/// What replacing one set of rules by another means for the state kept so far.
public struct StateChange: Equatable, Sendable {
    /// Why state of accounts has to re-warm; empty when it is kept.
    public var account: [String]
    /// Why state of fingerprints has to re-warm; empty when it is kept.
    public var fingerprint: [String]
    /// Kinds tracked from now on: their past is unknown.
    public var addedKinds: [String]
    /// Kinds no longer tracked.
    public var removedKinds: [String]

    /// Whether all state is kept: the edit changed thresholds, wording or lifecycles only.
    public var keepsState: Bool {
        account.isEmpty && fingerprint.isEmpty && addedKinds.isEmpty && removedKinds.isEmpty
    }
}

extension RuleSet {
    /// What becomes of state kept under `old` when this set replaces it.
    public func stateChange(from old: RuleSet) -> StateChange {
        let width = old.paneWidth == paneWidth ? [] : ["the pane width changed"]
        return StateChange(
            account: width + accountSchema.needs(beyond: old.accountSchema),
            fingerprint: width + fingerprintSchema.needs(beyond: old.fingerprintSchema),
            addedKinds: kinds.filter { !old.kinds.contains($0) },
            removedKinds: old.kinds.filter { !kinds.contains($0) })
    }
}

extension StateSchema {
    /// What this schema needs that state kept under `old` does not have, in words.
    public func needs(beyond old: StateSchema) -> [String] {
        var reasons = measures.filter { !old.measures.contains($0) }.map { "measure \($0) is new" }
        for dimension in dimensions {
            if !old.dimensions.contains(where: { $0.name == dimension.name }) {
                reasons.append("dimension \(dimension.name) is new")
            } else if !old.dimensions.contains(where: { $0.covers(dimension) }) {
                reasons.append("dimension \(dimension.name) keeps other loads or names")
            }
        }
        if maxWindow > old.maxWindow { reasons.append("the longest window grew") }
        if minWindow < old.minWindow { reasons.append("the shortest window shrank") }
        if tracksHours, !old.tracksHours { reasons.append("active hours are new") }
        if tracksAge, !old.tracksAge { reasons.append("ages are new") }
        return reasons
    }
}
