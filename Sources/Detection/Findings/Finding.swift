import Primitives

/// What a rule says about one entity at one moment of an episode.
///
/// Findings are rare: strings and arrays are fine here.
public struct Finding: Sendable {
    /// The step of the episode's lifecycle.
    public enum Status: String, Sendable, CaseIterable {
        /// The condition began to hold (for as long as the rule's `for` asks).
        case create
        /// The condition still holds; the evidence is fresh.
        case update
        /// The condition has not held for the rule's `keep_firing_for`.
        case close
    }

    /// One per episode: a hash of rule, entity and episode start.
    public var uid: FindingID
    /// The rule that speaks.
    public var rule: RuleInfo
    /// Where the episode stands.
    public var status: Status
    /// `account`, or the fingerprint's kind.
    public var entityKind: String
    /// The account or the fingerprint's value, as the events spelled it.
    public var entityValue: [UInt8]
    /// The end of the pane evaluated.
    public var time: EventTime
    /// When the episode started.
    public var firstSeen: EventTime
    /// The last time the condition held.
    public var lastSeen: EventTime
    /// What the rule lists as evidence, in its order.
    public var evidence: [(name: String, value: EvidenceValue)]
    /// 0 for create, then 1, 2, ... within the episode.
    public var sequence: Int
    /// What is said of a campaign beside evidence; nil for findings about accounts and fingerprints.
    public var campaign: CampaignFacts?
    /// The campaign that the fingerprint belongs to, where one is known.
    public var memberOf: FindingID?

    /// A finding with all its parts.
    public init(
        uid: FindingID, rule: RuleInfo, status: Status, entityKind: String, entityValue: [UInt8],
        time: EventTime, firstSeen: EventTime, lastSeen: EventTime,
        evidence: [(name: String, value: EvidenceValue)], sequence: Int,
        campaign: CampaignFacts? = nil
    ) {
        self.uid = uid
        self.rule = rule
        self.status = status
        self.entityKind = entityKind
        self.entityValue = entityValue
        self.time = time
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.evidence = evidence
        self.sequence = sequence
        self.campaign = campaign
    }
}

/// One piece of evidence.
public enum EvidenceValue: Sendable {
    /// A feature's value.
    case number(Double)
    /// The busiest values of a dimension with their requests, busiest first.
    case top([(value: [UInt8], count: Int64)])
    /// Names, in a fixed order.
    case names([String])
    /// The feature could not be computed (too little data, or its fields are missing).
    case undefined
}
