import CampaignReports
import Detection
import Primitives

/// Findings about campaigns and members of them, as the engine writes them.
enum Samples {
    static let start = EventTime(ms: 1_780_272_000_000)
    static let hour: Int64 = 3_600_000

    static func uid(_ number: UInt64) -> FindingID {
        FindingID(fingerprint: number, birth: start)
    }

    static func top(_ values: KeyValuePairs<String, Int64>) -> EvidenceValue {
        .top(values.map { (value: Array($0.key.utf8), count: $0.value) })
    }

    static func facts(_ change: (inout CampaignFacts) -> Void = { _ in }) -> CampaignFacts {
        var facts = CampaignFacts(campaignClass: .distillation)
        change(&facts)
        return facts
    }

    static func finding(
        _ number: UInt64, _ status: Finding.Status = .create, hours: Int64 = 3, accounts: Int = 60,
        facts: CampaignFacts = facts(), description: String = "Accounts tied together."
    ) -> Finding {
        let id = uid(number)
        return Finding(
            uid: id,
            rule: RuleInfo(
                id: "campaign.distillation", version: 1, severity: .high, title: "One operator",
                description: description),
            status: status, entityKind: "campaign", entityValue: Array(id.description.utf8),
            time: start.advanced(byMs: hours * hour), firstSeen: start,
            lastSeen: start.advanced(byMs: hours * hour - 60_000),
            evidence: [
                ("accounts", .number(Double(accounts))), ("new_accounts", .number(50)),
                ("fingerprints", .number(4)), ("requests", .number(12_345)),
                ("tokens", .number(6_789_012)), ("groups", .number(3)),
                ("group_names", .names(["identity", "content", "economics"])),
                ("score", .number(11)), ("fingerprints(payment)", .number(3)),
                ("fingerprints(prompt_template)", .number(1)), ("elicitation", .number(0.725)),
                (
                    "leads",
                    .names([
                        "farm.shared_frame prompt_template:t (1) x' (60 accounts)",
                        "lead.shared_means payment:p:17 (20 accounts)",
                        "lead.network subnet:192.0.2.0/24 (9 accounts)",
                    ])
                ),
                ("top(account, 10)", top(["a1": 300, "a2": 290])),
            ], sequence: status == .create ? 0 : 1, campaign: facts)
    }

    /// A finding about a card that belongs to a campaign.
    static func lead(of number: UInt64) -> Finding {
        var lead = finding(9)
        lead.rule.id = "farm.shared_identity"
        lead.entityKind = "payment"
        lead.entityValue = Array("p:17".utf8)
        lead.evidence = [("top(account, 5)", top(["a1": 3]))]
        lead.campaign = nil
        lead.memberOf = uid(number)
        return lead
    }

    static func line(_ finding: Finding, _ format: FindingFormat = .flat) -> [UInt8] {
        var writer = JSONWriter()
        FindingEncoder(format: format, productVersion: "0").encode(finding, into: &writer)
        return Array(writer.buffer.bytes)
    }

    static func book(_ findings: [Finding], _ format: FindingFormat = .flat) -> CampaignBook {
        var book = CampaignBook()
        for finding in findings { _ = book.add(line: line(finding, format)) }
        return book
    }

    static func row(_ account: String, _ number: UInt64, ties: Int = 3) -> [UInt8] {
        Array(
            (#"{"account":"\#(account)","campaign":"\#(uid(number))","class":"distillation","#
                + #""since":1780272000000,"confidence":0.85,"ties":\#(ties)}"#).utf8)
    }

    static func table(_ rows: [[UInt8]]) -> MemberTable {
        var table = MemberTable()
        for row in rows { _ = table.add(row: row) }
        return table
    }

    static let key = ExportKey(Array("0123456789abcdef\n".utf8))

    static func text(_ bundle: StixBundle) -> String {
        var writer = JSONWriter()
        bundle.write(to: &writer)
        return writer.buffer.string()
    }
}
