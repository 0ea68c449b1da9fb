import Primitives
import YAML

/// A rule as its file says, checked but not yet compiled.
public struct Rule: Sendable {
    /// What findings say about the rule.
    public var info: RuleInfo
    /// Whether it runs.
    public var status: RuleStatus
    /// Whom or what it judges.
    public var entity: EntityClass
    /// The fingerprint kinds it judges, sorted; none for accounts.
    public var kinds: [String]
    /// The condition as written, on one line.
    public var conditionText: String
    /// When findings come and go.
    public var lifecycle: Lifecycle
    /// How much of the stream the engine must have seen before the rule is evaluated, in milliseconds.
    public var minHistoryMs: Int64
    /// The names of the evidence, in order: expressions as written.
    public var evidenceNames: [String] { evidence.map(\.name) }
    /// How it feeds campaigns; nil where it does not.
    public var campaign: CampaignFeed?
    /// Whether it gives findings of its own; a rule that only feeds campaigns does not.
    public var alerts = true
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
    var value: EvidenceTerm
    var range: SourceRange
    var source: SourceText
}

/// What a piece of evidence is computed from.
enum EvidenceTerm: Sendable {
    /// A number, or a duration shown in seconds.
    case number(Term)
    /// The busiest values of a dimension.
    case top(dimension: String, count: Int, windowMs: Int64)
}

/// One thing a rule shows with its findings.
struct RuleEvidence: Sendable {
    /// The expression as written.
    var name: String
    var value: EvidenceTerm
    /// Where it stands, if it was written.
    var place: SourceRange?
    var source: SourceText?
}

extension Rule {
    /// A digest of all that decides when findings are created and what evidence they carry.
    ///
    /// Equal for rules that differ in wording, version, severity, tests or the weight of their leads only.
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
            + (campaign == nil ? [] : ["feeds campaigns"]) + (alerts ? [] : ["gives no findings"])
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
