extension Finding {
    /// The finding a step of the book says to emit.
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
