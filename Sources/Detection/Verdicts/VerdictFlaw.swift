/// Why a record of the verdicts topic is no verdict: a bounded set, used in dead letters.
public enum VerdictFlaw: String, Error, CaseIterable, Sendable {
    /// No bytes.
    case empty
    /// More than 16 KiB.
    case oversized
    /// Not one JSON object.
    case malformedJSON = "malformed_json"
    /// No `time`.
    case missingTime = "missing_time"
    /// A `time` that cannot be read or lies outside 2000 ..< 2100.
    case badTime = "bad_time"
    /// No `subject`, or one that names neither an account nor a fingerprint.
    case missingSubject = "missing_subject"
    /// A campaign as subject: it is expanded by whoever writes the verdict.
    case campaignSubject = "campaign_subject"
    /// No `verdict`, or none of the five words.
    case badVerdict = "bad_verdict"
    /// A word about accounts (`banned`, `limited`, `restored`) said of a fingerprint.
    case notAnAccount = "not_an_account"
    /// An `until` that cannot be read or lies outside 2000 ..< 2100.
    case badUntil = "bad_until"
    /// An `until` at or before `time`: it would never hold.
    case expired

    /// What to do about it, in a few words.
    public var advice: String {
        switch self {
        case .empty, .malformedJSON: "write one JSON object"
        case .oversized: "shorten 'reason'"
        case .missingTime, .badTime:
            "write 'time' as 2026-06-01T12:30:00Z or as milliseconds since 1970"
        case .missingSubject:
            "write 'subject' as findings name their entity: account:a17, payment:card_9"
        case .campaignSubject: "'stillwatch verdict campaign:UID' writes a verdict for each member"
        case .badVerdict:
            "write 'verdict' as one of "
                + VerdictWord.allCases.map(\.rawValue).joined(separator: ", ")
        case .notAnAccount: "a fingerprint is confirmed or benign"
        case .badUntil: "write 'until' as 2026-06-01T12:30:00Z or as milliseconds since 1970"
        case .expired: "'until' lies behind 'time'"
        }
    }
}
