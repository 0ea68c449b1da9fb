import CampaignReports
import Configuration
import Primitives

/// `campaign show`: everything that findings say of one campaign.
enum CampaignShowCommand {
    static let command = Command(
        "campaign show", summary: "Show everything that is said of one campaign.",
        discussion: """
            What it is, its numbers, the leads that speak for it, its busiest accounts, its history, and the campaigns \
            it has to do with. Text on a terminal, one JSON object elsewhere.
            \(CampaignSource.codes)
            """,
        arguments: [CampaignSource.uid],
        options: [CampaignPrinting.output(["table", "ndjson"])] + CampaignSource.options, run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let source = try CampaignSource(invocation, members: false)
        let found = try source.campaign(invocation.arguments[0])
        if CampaignPrinting.isTable(invocation) {
            try Output.print(text(found, source.book))
        } else {
            try CampaignPrinting.printLines([found]) { $0.write(to: &$1, whole: source.book) }
        }
        return .ok
    }

    private static func text(_ found: CampaignCase, _ book: CampaignBook) -> String {
        let evidence = found.evidence
        var text = facts(found, book).map { name, value in
            let space = String(repeating: " ", count: max(1, 14 - name.count))
            return name + space + value + "\n"
        }.joined()
        var leads = TextTable(["lead", "fingerprint", "accounts"], numbers: [2])
        for lead in evidence.leads {
            leads.add([lead.rule, lead.fingerprint, String(lead.accounts)])
        }
        var busiest = TextTable(["busiest account", "requests"], numbers: [1])
        for (account, requests) in evidence.busiest { busiest.add([account, String(requests)]) }
        var history = TextTable(
            ["time", "step", "class", "severity", "accounts", "requests", "score"],
            numbers: [4, 5, 6])
        for entry in found.history {
            history.add([
                CampaignPrinting.time(entry.time), entry.status.rawValue,
                entry.campaignClass.rawValue, entry.severity.rawValue, String(entry.accounts),
                String(entry.requests), String(entry.score),
            ])
        }
        if !evidence.leads.isEmpty { text += "\n" + leads.text }
        if !evidence.busiest.isEmpty { text += "\n" + busiest.text }
        return text + "\n" + history.text
    }

    private static func facts(
        _ found: CampaignCase, _ book: CampaignBook
    ) -> [(name: String, value: String)] {
        let (last, evidence) = (found.last, found.evidence)
        let kinds = evidence.kinds.map { "\($0.count) \($0.kind)" }.joined(separator: ", ")
        let merged = book.merged(into: found.uid).map(\.description).joined(separator: ", ")
        let facts: [(String, String?)] = [
            ("campaign", found.uid.description),
            ("class", "\(last.campaignClass.rawValue) (\(last.rule))"),
            ("severity", last.severity.rawValue + (last.isShadow ? " (shadow)" : "")),
            ("state", found.state + (last.reason.map { " (\($0))" } ?? "")),
            ("accounts", "\(evidence.accounts), \(evidence.newAccounts) of them new"),
            ("requests", "\(evidence.requests), \(evidence.tokens) output tokens"),
            (
                "seen",
                "\(CampaignPrinting.time(last.firstSeen)) to \(CampaignPrinting.time(last.lastSeen))"
            ),
            ("groups", evidence.groups.map(\.rawValue).joined(separator: ", ")),
            ("score", String(evidence.score)),
            ("fingerprints", kinds),
            ("elicitation", evidence.elicitation.map { String(($0 * 1000).rounded() / 1000) }),
            ("part of", last.redirectTo?.description),
            ("split from", found.splitFrom?.description),
            ("follows", found.successorOf?.description),
            ("includes", merged.isEmpty ? nil : merged),
        ]
        return facts.compactMap { name, value in value.map { (name: name, value: $0) } }
    }
}
