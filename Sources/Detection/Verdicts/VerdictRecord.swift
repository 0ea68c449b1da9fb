import Primitives

/// What people may decide.
public enum VerdictWord: String, CaseIterable, Sendable {
    /// It takes part in abuse.
    case confirmed
    /// It looks like abuse and is none.
    case benign
    /// The account may send nothing any more.
    case banned
    /// The account may send less.
    case limited
    /// The account may send as before.
    case restored

    /// Whether it says what something is; the others say what was done about an account. A later word takes the place of
    /// an earlier one of its own sort.
    public var isJudgement: Bool { self == .confirmed || self == .benign }

    /// How long it holds where nothing else is said, in milliseconds: `benign` for 90 days, the others for 180.
    public var defaultMs: Int64 { (self == .benign ? 90 : 180) * 86_400_000 }
}

/// A verdict: what somebody decided about an account or a fingerprint, when, and until when it holds.
public struct VerdictRecord: Equatable, Sendable {
    /// When it was decided, in event time: it has no effect on anything before.
    public var time: EventTime
    /// What it is about.
    public var subject: Subject
    /// What was decided.
    public var word: VerdictWord
    /// When it ceases to hold.
    public var until: EventTime
    /// Who decided.
    public var by: String?
    /// Why.
    public var reason: String?
    /// The campaign that it was written for, where it was.
    public var campaign: FindingID?

    /// A verdict; without `until` it holds as long as its word does.
    public init(
        time: EventTime, subject: Subject, word: VerdictWord, until: EventTime? = nil,
        by: String? = nil, reason: String? = nil, campaign: FindingID? = nil
    ) {
        self.time = time
        self.subject = subject
        self.word = word
        self.until = until ?? time.advanced(byMs: word.defaultMs)
        self.by = by
        self.reason = reason
        self.campaign = campaign
    }

    /// The key of the subject among entities.
    public var key: UInt64 {
        subject.value.withUnsafeBytes { Kind(subject.kind).key(of: $0) }
    }
}

extension Subject {
    /// Bytes that a value has at most.
    private static let mostBytes = 512

    /// The account or fingerprint that `text` names, as the `entity` of findings does: `account:a17`, `payment:card_9`;
    /// nil for another text, and for campaigns.
    public init?(entity text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let (kind, value) = (text[..<colon], text[text.index(after: colon)...])
        guard Vocabulary.isName(kind), kind != "campaign", !value.isEmpty,
            value.utf8.count <= Self.mostBytes
        else { return nil }
        self.init(kind: String(kind), value: Array(value.utf8))
    }

    /// The subject as the `entity` of findings names it.
    public var entity: String { "\(kind):\(String(decoding: value, as: UTF8.self))" }

    /// Whether it is an account.
    public var isAccount: Bool { kind == Vocabulary.account }
}
