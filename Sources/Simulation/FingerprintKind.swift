/// The kinds of fingerprints simulated events carry.
enum FingerprintKind: UInt8, CaseIterable {
    case payment, cardBin, device, tls, ip, subnet, asn, userAgent
    case promptTemplate, systemPrompt, toolSet, emailDomain, signupCohort

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

/// What pools that everyone shares hold.
enum PublicPool {
    static let models: [StaticString] = [
        "aster-large-4", "aster-medium-4", "aster-small-4", "aster-reason-2", "aster-large-3",
    ]
    static let tasks: [StaticString] = [
        "coding", "writing", "extraction", "classification", "math", "chat", "translation",
    ]
    static let operations: [StaticString] = ["chat", "responses", "embeddings"]
    static let accessPaths: [StaticString] = ["api", "console", "cloud_marketplace", "aggregator"]
    static let plans: [StaticString] = ["free", "pay_as_you_go", "team", "enterprise"]
    static let agents: [StaticString] = [
        "aster-python/", "aster-node/", "openapi-python/", "okhttp/", "go-http-client/",
        "chain-py/", "axios/", "curl/",
    ]
    static let mailDomains: [StaticString] = [
        "mail.example", "inbox.example", "post.example", "freemail.example", "webmail.example",
    ]

    /// TLS prints in wide use: one for each release line of a popular SDK.
    static let tlsPrints = 24
    /// User agents in wide use; `agent % 24` is the TLS print that goes with it.
    static let userAgents = 240
    static let cardBins = 400
    static let networks = 300
    static let templates = 40
    static let toolSets = 30
}
