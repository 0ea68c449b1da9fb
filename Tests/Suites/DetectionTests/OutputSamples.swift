import Detection
import Primitives

/// Findings of every shape the encoder must write.
enum OutputSamples {
    static let encoders = FindingFormat.allCases.map {
        FindingEncoder(format: $0, productVersion: "0.1.0", source: "/stillwatch/test")
    }

    static func finding(
        kind: String = "payment", value: [UInt8] = Array("p1".utf8),
        status: Finding.Status = .create, severity: Severity = .high, shadow: Bool = false,
        attack: [String] = ["AML.T0024.002", "AML.T0008.005"],
        evidence: [(name: String, value: EvidenceValue)] = standardEvidence
    ) -> Finding {
        let start = EventTime(ms: 1_767_225_600_000)
        let rule = RuleInfo(
            id: "farm.shared_payment", version: 3, severity: severity, title: "Shared payment",
            description: "Accounts that share one payment instrument.", attack: attack,
            falsePositives: ["Reseller with one corporate card"],
            references: ["https://example.com/farms"], tags: ["farm"], shadow: shadow)
        return Finding(
            uid: FindingID(rule: rule.id, entityKind: kind, entityValue: value, start: start),
            rule: rule, status: status, entityKind: kind, entityValue: value,
            time: start.advanced(byMs: 60_000), firstSeen: start,
            lastSeen: start.advanced(byMs: 50_000), evidence: evidence,
            sequence: status == .create ? 0 : 1)
    }

    static func top(_ values: KeyValuePairs<String, Int64>) -> EvidenceValue {
        .top(values.map { (value: Array($0.key.utf8), count: $0.value) })
    }

    static let standardEvidence: [(name: String, value: EvidenceValue)] = [
        ("accounts(24h)", .number(20)),
        ("evenness(24h)", .number(0.9375)),
        ("payers(24h)", .undefined),
        ("top(account, 2)", top(["a1": 12, "a2": 11])),
    ]

    /// Every kind, status, severity, and what hostile or empty input may bring.
    static func all() -> [Finding] {
        let kinds = [
            "account", "payment", "card_bin", "device", "tls_ja4", "ip", "asn", "subnet",
            "prompt_template", "user_agent", "email_domain",
        ]
        var findings = kinds.map { finding(kind: $0) }
        findings += Finding.Status.allCases.map { finding(status: $0) }
        findings += Severity.allCases.map { finding(severity: $0) }
        let addresses = [
            "192.0.2.1", "2001:db8::1", "::", "::ffff:192.0.2.1", "1:2:3:4:5:6:7::",
            "fe80::1%eth0", "1.2.3", "999.1.1.1", "not an address", "1::2::3", "",
        ]
        findings += addresses.map { finding(kind: "ip", value: Array($0.utf8)) }
        findings += [
            finding(shadow: true),
            finding(attack: []),
            finding(attack: ["T1078.004", "AML.T9999", "nonsense", ""]),
            finding(evidence: []),
            finding(kind: "account", value: [0xFF, 0xFE, 0x61, 0xC3]),
            finding(kind: "user_agent", value: Array("a\"\\\n\u{0}\u{7F}\u{85}z".utf8)),
            finding(evidence: [
                ("x(1h)", .number(.infinity)), ("x(1h)", .number(1)), ("y\"(1h)", .number(-0.5)),
                ("top(account, 3)", .top([(value: [0x80], count: 3)])), ("top(ip, 0)", .top([])),
            ]),
        ]
        return findings + campaigns()
    }

    /// Findings about campaigns: with all facts, and with as few as there can be.
    static func campaigns() -> [Finding] {
        let start = EventTime(ms: 1_767_225_600_000)
        let ids = (1...4 as ClosedRange<UInt64>).map {
            FindingID(fingerprint: $0, birth: start)
        }
        let facts = [
            CampaignFacts(campaignClass: .distillation),
            CampaignFacts(
                campaignClass: .multiAccountAbuse, redirectTo: ids[1], reason: "shared_payment",
                splitFrom: ids[2], successorOf: ids[3]),
        ]
        var lead = finding()
        lead.memberOf = ids[0]
        return [lead]
            + facts.map { facts in
                var finding = finding(
                    kind: "campaign", value: Array(ids[0].description.utf8), status: .update,
                    evidence: [
                        ("accounts", .number(60)),
                        ("group_names", .names(["identity", "content"])),
                        ("top(account, 10)", top(["a1": 12])),
                    ])
                finding.uid = ids[0]
                finding.campaign = facts
                return finding
            }
    }

    static func text(_ finding: Finding, _ encoder: FindingEncoder) -> String {
        var writer = JSONWriter()
        encoder.encode(finding, into: &writer)
        return writer.buffer.string()
    }
}
