import Primitives
import YAML

/// A rule about campaigns: which clusters are one, of what class, and when their findings come and go.
public struct CampaignRule: Sendable {
    /// What findings say about the rule.
    public var info: RuleInfo
    /// Whether it runs.
    public var status: RuleStatus
    /// What a cluster that it holds for is.
    public var campaignClass: CampaignClass
    /// The condition as written, on one line.
    public var conditionText: String
    /// When findings come and go.
    public var lifecycle: Lifecycle
    /// The file it comes from.
    public var file: String
    /// Where its id stands.
    public var position: Position

    var condition: CampaignCondition

    /// Whether the condition holds for a campaign; one that compares something undefined does not.
    public func holds(_ view: CampaignView) -> Bool { condition.value(view) != 0 }

    /// A digest of all that decides when findings come and what they are.
    public var digest: UInt64 {
        let numbers = [
            lifecycle.holdMs, lifecycle.keepMs, lifecycle.updateEveryMs, lifecycle.cooldownMs,
        ]
        let parts =
            [info.id, status.rawValue, campaignClass.rawValue, condition.canonical]
            + numbers.map(String.init)
        return xxh3(parts.joined(separator: "\n"))
    }
}

/// The campaign rules that run, in canonical order: the most severe first, so that the first that holds gives a
/// campaign its class.
public struct CampaignRuleSet: Sendable {
    /// The rules: by severity, the highest first, then by class and id.
    public let rules: [CampaignRule]
    /// A digest of all rules.
    public let digest: UInt64

    /// The set of those of `rules` that are not paused.
    public init(_ rules: [CampaignRule]) {
        func rank(_ rule: CampaignRule) -> Int {
            CampaignClass.allCases.firstIndex(of: rule.campaignClass) ?? 0
        }
        self.rules = rules.filter { $0.status != .paused }.sorted { a, b in
            // Rules on trial do not take a class from those that run.
            if a.info.shadow != b.info.shadow { return b.info.shadow }
            if a.info.severity != b.info.severity { return a.info.severity > b.info.severity }
            return (rank(a), a.info.id) < (rank(b), b.info.id)
        }
        digest = xxh3(
            self.rules.map { String($0.digest, radix: 16) }.joined(separator: " "), seed: 1)
    }
}
