/// How entities written under one shape are read under another: measures, dimensions and kinds are the same
/// where their names are.
///
/// What only the old shape has is dropped, what only the new one has starts empty. A dimension needs the same
/// load window where loads are kept, and texts where texts are: half of what it had would be wrong, not less.
public struct StateMapping: Sendable {
    /// One class of entities.
    struct Class: Sendable {
        /// The new index of each old measure; -1 where there is none.
        var measures: [Int]
        var dimensions: [WrittenDimension]
        var tracksHours: Bool
    }

    /// A dimension as it was written.
    struct WrittenDimension: Sendable {
        /// Its new index; -1 where there is none.
        var own: Int
        var isNamed: Bool
        var hasLoads: Bool
    }

    let accounts: Class
    let fingerprints: Class
    /// The new kind by the old one's code; nil where no such entities are kept any more.
    let kinds: [EntityKind?]
    /// The most values a sample had.
    let sampleSize: Int

    /// Reads entities of shape `old` for a store of shape `new`.
    public init(from old: StateShape, to new: StateShape) {
        accounts = Class(from: old.accounts, to: new.accounts)
        fingerprints = Class(from: old.fingerprints, to: new.fingerprints)
        let isKept = old.keepsAccounts && new.keepsAccounts
        kinds =
            [isKept ? .account : nil]
            + old.kinds.map { name in
                name.isEmpty ? nil : new.kinds.firstIndex(of: name).map(EntityKind.fingerprint)
            }
        sampleSize = old.sampleSize
    }

    /// How entities of an old kind are read.
    func `class`(of kind: EntityKind) -> Class { kind.isAccount ? accounts : fingerprints }
}

extension StateMapping.Class {
    init(from old: StateSchema, to new: StateSchema) {
        measures = old.measures.map { new.measures.firstIndex(of: $0) ?? -1 }
        var written = old.dimensions.map {
            StateMapping.WrittenDimension(own: -1, isNamed: $0.isNamed, hasLoads: $0.loadWindow > 0)
        }
        for (i, wanted) in new.dimensions.enumerated() {
            let serves = old.dimensions.indices.filter {
                written[$0].own < 0 && old.dimensions[$0].covers(wanted)
            }
            let exact = serves.first { old.dimensions[$0].loadWindow == wanted.loadWindow }
            if let chosen = exact ?? serves.first { written[chosen].own = i }
        }
        dimensions = written
        tracksHours = old.tracksHours
    }
}

extension StateSchema.Dimension {
    /// Whether what was kept of this dimension is all that `other` keeps.
    public func covers(_ other: StateSchema.Dimension) -> Bool {
        name == other.name && (other.loadWindow == 0 || other.loadWindow == loadWindow)
            && (isNamed || !other.isNamed)
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
