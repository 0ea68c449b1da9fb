import Primitives

/// A step in the lifecycle of one finding, as an `EpisodeTable` decides it: what has to be emitted.
public struct Transition: Equatable, Sendable {
    /// The step.
    public var status: Finding.Status
    /// The rule's index in its set.
    public var rule: Int
    /// The entity's key.
    public var entityKey: UInt64
    /// When the episode started.
    public var start: EventTime
    /// The last time the condition held.
    public var lastHeld: EventTime
    /// The end of the pane evaluated.
    public var time: EventTime
    /// 0 for create, then 1, 2, ... within the episode.
    public var sequence: Int
    /// Whom it is about: what `setSubject` was told after the create; nil for a create.
    public var subject: Subject?

    /// A step with all its parts.
    public init(
        status: Finding.Status, rule: Int, entityKey: UInt64, start: EventTime,
        lastHeld: EventTime, time: EventTime, sequence: Int, subject: Subject? = nil
    ) {
        self.status = status
        self.rule = rule
        self.entityKey = entityKey
        self.start = start
        self.lastHeld = lastHeld
        self.time = time
        self.sequence = sequence
        self.subject = subject
    }
}

/// Whom a finding is about, kept while it is open: the entity's own state may be gone before the close.
public struct Subject: Equatable, Sendable {
    /// `account`, or the fingerprint's kind.
    public var kind: String
    /// The account or the fingerprint's value.
    public var value: [UInt8]

    /// A subject.
    public init(kind: String, value: [UInt8]) {
        self.kind = kind
        self.value = value
    }
}

extension Finding {
    /// The finding that a step of an episode says to emit.
    public init(
        _ transition: Transition, rule: RuleInfo, subject: Subject,
        evidence: [(name: String, value: EvidenceValue)]
    ) {
        self.init(
            uid: FindingID(
                rule: rule.id, entityKind: subject.kind, entityValue: subject.value,
                start: transition.start),
            rule: rule, status: transition.status, entityKind: subject.kind,
            entityValue: subject.value, time: transition.time, firstSeen: transition.start,
            lastSeen: transition.lastHeld, evidence: evidence, sequence: transition.sequence)
    }
}
