import Primitives
import YAML

/// When a rule's findings are created, updated and closed. All in milliseconds of event time.
public struct Lifecycle: Equatable, Sendable {
    /// How long the condition must hold before a finding is created (`for`).
    public var holdMs: Int64 = 0
    /// How long it must not have held before the finding closes (`keep_firing_for`).
    public var keepMs: Int64 = 30 * 60_000
    /// The least time between two updates of a finding (`suppress.update_every`).
    public var updateEveryMs: Int64 = 15 * 60_000
    /// How long after a close no finding is created (`suppress.cooldown`).
    public var cooldownMs: Int64 = 6 * 3_600_000

    /// The defaults: 0s, 30m, 15m, 6h.
    public init() {}

    /// A lifecycle with all its parts.
    public init(holdMs: Int64, keepMs: Int64, updateEveryMs: Int64, cooldownMs: Int64) {
        self.holdMs = holdMs
        self.keepMs = keepMs
        self.updateEveryMs = updateEveryMs
        self.cooldownMs = cooldownMs
    }
}

/// A rule as its file says, checked but not yet compiled.
public struct Rule: Sendable {
    /// Whether a rule runs.
    public enum Status: String, Sendable, CaseIterable {
        /// It runs.
        case active
        /// It runs on trial: its findings are marked and go to a topic of their own.
        case shadow
        /// It is checked, and its tests run, but it judges nothing.
        case paused
    }

    /// What findings say about the rule.
    public var info: RuleInfo
    /// Whether it runs.
    public var status: Status
    /// Whom or what it judges.
    public var entity: EntityClass
    /// The fingerprint kinds it judges, sorted; none for accounts.
    public var kinds: [String]
    /// The condition as written.
    public var conditionText: String
    /// When findings come and go.
    public var lifecycle: Lifecycle
    /// How much of the stream the engine must have seen before the rule is evaluated, in milliseconds.
    public var minHistoryMs: Int64
    /// The names of the evidence, in order: expressions as written.
    public var evidenceNames: [String] { evidence.map(\.name) }
    /// The rule's own tests.
    public var tests: [RuleTest]
    /// The file it comes from.
    public var file: String
    /// Where its id stands.
    public var position: Position

    var condition: Term
    var evidence: [RuleEvidence]
    /// Where the features of the condition stand.
    var uses: [FeatureUse] = []
}

/// Something the engine has to keep, and where a rule asks for it.
struct FeatureUse: Sendable {
    var value: RuleEvidence.Value
    var range: SourceRange
    var source: SourceText
}

/// One thing a rule shows with its findings.
struct RuleEvidence: Sendable {
    enum Value: Sendable {
        /// A number, or a duration shown in seconds.
        case number(Term)
        /// The busiest values of a dimension.
        case top(dimension: String, count: Int, windowMs: Int64)
    }

    var name: String
    var value: Value
    /// Where it stands, if it was written.
    var place: SourceRange?
    var source: SourceText?
}

extension Rule {
    /// A digest of all that decides when findings are created and what evidence they carry.
    ///
    /// Equal for rules that differ in wording, version, severity or tests only.
    public var digest: UInt64 {
        let numbers = [
            lifecycle.holdMs, lifecycle.keepMs, lifecycle.updateEveryMs, lifecycle.cooldownMs,
            minHistoryMs,
        ]
        let parts =
            [
                info.id, status.rawValue, entity.rawValue, kinds.joined(separator: ","),
                condition.canonical,
            ] + numbers.map(String.init) + evidence.map(\.canonical)
        return xxh3(parts.joined(separator: "\n"))
    }
}

extension RuleEvidence {
    fileprivate var canonical: String {
        switch value {
        case .number(let term): "\(name) = \(term.canonical)"
        case .top(let dimension, let count, let ms): "\(name) = top \(dimension) \(count) \(ms)"
        }
    }
}

extension Rule {
    /// All it asks the engine to keep, in the order written.
    var featureUses: [FeatureUse] {
        uses
            + evidence.compactMap { item in
                guard let range = item.place, let source = item.source else { return nil }
                return FeatureUse(value: item.value, range: range, source: source)
            }
    }
}
