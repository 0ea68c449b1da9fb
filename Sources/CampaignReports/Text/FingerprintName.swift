import Detection

/// How exports name a fingerprint: the values of kinds that one person has only under a key.
struct FingerprintName {
    /// The kind.
    let kind: String
    /// The value, or its name under a key.
    let value: String

    /// Kinds whose values are of no single person; the values of all others are named under the key.
    static let open: Set<String> = [
        "card_bin", "signup_cohort", "prompt_template", "system_prompt", "tool_set", "tls_ja4",
        "asn", "subnet", "user_agent", "email_domain",
    ]

    init(_ lead: CampaignEvidence.Lead, _ key: ExportKey?) {
        kind = lead.kind
        let isOpen = Self.open.contains(lead.kind)
        value = isOpen ? lead.value : key?.name(lead.kind, lead.value) ?? lead.value
    }

    /// As findings name it.
    var text: String { "\(kind):\(value)" }
}
