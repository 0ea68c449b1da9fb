import Detection
import Primitives

/// A fingerprint that a rule which feeds campaigns holds for: a step of the rule's episode, with what was seen.
///
/// It is all that a finding says, so that the CAMPAIGN task can hand the finding out itself.
public struct Lead: Sendable {
    /// The key of the fingerprint: the hash of its value, seeded with its kind.
    public var fingerprint: UInt64
    /// The id of the rule.
    public var rule: String
    /// The step: the lead opens, goes on, or closes.
    public var status: Finding.Status
    /// The fingerprint's kind and value.
    public var subject: Subject
    /// When the episode started.
    public var start: EventTime
    /// The last time the condition held.
    public var lastHeld: EventTime
    /// The end of the pane evaluated.
    public var time: EventTime
    /// 0 for the opening, then 1, 2, ... within the episode.
    public var sequence: Int
    /// How many accounts stand behind each edge: a power of two, 1 while there are few enough to tell of all.
    public var accountsPerEdge: Int
    /// What the rule lists as evidence.
    public var evidence: [(name: String, value: EvidenceValue)]

    /// A lead with all its parts.
    public init(
        fingerprint: UInt64, rule: String, status: Finding.Status, subject: Subject,
        start: EventTime, lastHeld: EventTime, time: EventTime, sequence: Int, accountsPerEdge: Int,
        evidence: [(name: String, value: EvidenceValue)]
    ) {
        self.fingerprint = fingerprint
        self.rule = rule
        self.status = status
        self.subject = subject
        self.start = start
        self.lastHeld = lastHeld
        self.time = time
        self.sequence = sequence
        self.accountsPerEdge = accountsPerEdge
        self.evidence = evidence
    }
}

/// An account that was seen with the fingerprint of a lead, and what it did since the edge was told of last.
public struct Edge: Sendable {
    /// The key of the fingerprint.
    public var fingerprint: UInt64
    /// The key of the account: the hash of its name.
    public var account: UInt64
    /// The account as events spell it.
    public var name: [UInt8]
    /// The start of the first pane it was seen in with the fingerprint.
    public var firstSeen: EventTime
    /// The start of the last pane.
    public var lastSeen: EventTime
    /// When the account was created; nil where events do not say.
    public var created: EventTime?
    /// Requests since the edge was told of last.
    public var requests: Int64
    /// Output tokens since then.
    public var tokens: Int64

    /// An edge with all its parts.
    public init(
        fingerprint: UInt64, account: UInt64, name: [UInt8], firstSeen: EventTime,
        lastSeen: EventTime, created: EventTime?, requests: Int64, tokens: Int64
    ) {
        self.fingerprint = fingerprint
        self.account = account
        self.name = name
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.created = created
        self.requests = requests
        self.tokens = tokens
    }
}

/// What the body of an evidence block holds.
public enum EvidenceItem: Sendable {
    /// A step of a lead.
    case lead(Lead)
    /// An edge of a lead.
    case edge(Edge)
}
