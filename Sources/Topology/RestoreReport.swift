import Aggregation
import Detection

/// What a restored task has, and what it had to begin anew because the rules are others: for a log line.
public struct RestoreReport: Equatable, Sendable {
    /// Entities restored.
    public var entities: Int
    /// What the rules need and the snapshot does not have, in words: it fills from now on.
    public var rewarms: [String]
    /// Kinds whose entities are kept from now on; their past is unknown.
    public var addedKinds: [String]
    /// Kinds whose entities are kept no more; they were dropped.
    public var removedKinds: [String]
    /// Rules that were not run when the snapshot was written.
    public var addedRules: [String]
    /// Rules that were run in another version.
    public var changedRules: [String]
    /// Rules that are not run any more; what they had open is forgotten.
    public var removedRules: [String]

    /// Whether the task is exactly the one that was written.
    public var isExact: Bool {
        rewarms.isEmpty && addedKinds.isEmpty && removedKinds.isEmpty && addedRules.isEmpty
            && changedRules.isEmpty && removedRules.isEmpty
    }

    /// A task that is exactly the one that was written.
    public init(entities: Int) {
        self.entities = entities
        (rewarms, addedKinds, removedKinds) = ([], [], [])
        (addedRules, changedRules, removedRules) = ([], [], [])
    }

    init(_ header: TaskHeader, shape: StateShape, rules: RuleSet, entities: Int) {
        self.entities = entities
        rewarms =
            shape.accounts.needs(beyond: header.shape.accounts).map { "accounts: \($0)" }
            + shape.fingerprints.needs(beyond: header.shape.fingerprints).map {
                "fingerprints: \($0)"
            }
        if shape.sampleSize != header.shape.sampleSize {
            rewarms.append(
                "samples hold \(shape.sampleSize) values instead of \(header.shape.sampleSize)")
        }
        let kinds = (old: header.shape.keptKinds, new: shape.keptKinds)
        addedKinds = kinds.new.filter { !kinds.old.contains($0) }
        removedKinds = kinds.old.filter { !kinds.new.contains($0) }
        let run = Dictionary(
            header.rules.map { ($0.id, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let now = Set(rules.rules.map(\.info.id))
        addedRules = rules.rules.map(\.info.id).filter { run[$0] == nil }
        changedRules = rules.rules.filter {
            run[$0.info.id].map { [digest = $0.digest] in $0 != digest } ?? false
        }
        .map(\.info.id)
        removedRules = header.rules.map(\.id).filter { !now.contains($0) }
    }
}

extension StateShape {
    /// The kinds of which entities are kept.
    fileprivate var keptKinds: [String] {
        (keepsAccounts ? [Vocabulary.account] : []) + kinds.filter { !$0.isEmpty }
    }
}
