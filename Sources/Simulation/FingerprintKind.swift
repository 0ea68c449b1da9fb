/// The kinds of fingerprints simulated events carry.
enum FingerprintKind: UInt8, CaseIterable {
    case payment, cardBin, device, tls, ip, subnet, asn, userAgent
    case promptTemplate, systemPrompt, toolSet, emailDomain, signupCohort
    case reasoningBlobIn, reasoningBlobOut

    /// The kind as events spell it.
    var name: StaticString {
        switch self {
        case .payment: "payment"
        case .cardBin: "card_bin"
        case .device: "device"
        case .tls: "tls_ja4"
        case .ip: "ip"
        case .subnet: "subnet"
        case .asn: "asn"
        case .userAgent: "user_agent"
        case .promptTemplate: "prompt_template"
        case .systemPrompt: "system_prompt"
        case .toolSet: "tool_set"
        case .emailDomain: "email_domain"
        case .signupCohort: "signup_cohort"
        case .reasoningBlobIn: "reasoning_blob_in"
        case .reasoningBlobOut: "reasoning_blob_out"
        }
    }
}

/// A fingerprint as a number; `RawWriter` spells its value.
///
/// Numbers under 2^32 name members of pools that unrelated accounts use too (SDK prints, free mail
/// domains, card issuers, ...), except that addresses are always 32 bits wide.
struct SimulatedFingerprint: Hashable {
    var kind: FingerprintKind
    var number: UInt64

    /// True when accounts outside the population may carry it as well.
    var isPublic: Bool { number >> 32 == 0 && kind != .ip && kind != .subnet }
}
