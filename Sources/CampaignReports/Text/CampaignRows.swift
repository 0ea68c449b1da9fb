import Primitives

/// A campaign as the rows of a table: its members and the fingerprints of its leads.
public enum CampaignRows {
    /// The heads of the columns.
    public static let columns = [
        "type", "kind", "value", "campaign", "class", "since", "confidence", "ties", "accounts",
    ]

    /// The rows: fingerprints first, then accounts; with a key, both are named under it where they name a person.
    public static func rows(
        _ found: CampaignCase, members: [CampaignMember], key: ExportKey?
    ) -> [[String]] {
        let (uid, name) = (found.uid.description, found.last.campaignClass.rawValue)
        var seen: Set<String> = []
        var rows: [[String]] = []
        for lead in found.evidence.leads where seen.insert(lead.fingerprint).inserted {
            let fingerprint = FingerprintName(lead, key)
            rows.append([
                "fingerprint", fingerprint.kind, fingerprint.value, uid, name, "", "", "",
                String(lead.accounts),
            ])
        }
        for member in members {
            rows.append([
                "account", "account", key?.name("account", member.account) ?? member.account, uid,
                name, Timestamp.rfc3339(ms: member.since.ms), String(member.confidence),
                String(member.ties), "",
            ])
        }
        return rows
    }
}
