import Primitives

/// A campaign as one page of Markdown, for a ticket.
public struct CampaignMarkdown {
    private let found: CampaignCase
    private let book: CampaignBook
    private let members: [CampaignMember]
    private let key: ExportKey?

    /// Of a campaign with its members; with a key, accounts are named under it.
    public init(
        _ found: CampaignCase, in book: CampaignBook, members: [CampaignMember], key: ExportKey?
    ) {
        self.found = found
        self.book = book
        self.members = members
        self.key = key
    }

    /// The page.
    public var text: String {
        let last = found.last
        let evidence = found.evidence
        var text = "# Campaign \(found.uid)\n\n\(Self.safe(last.description))\n\n"
        text += Self.table(
            ["", ""],
            [
                ["class", last.campaignClass.rawValue], ["severity", last.severity.rawValue],
                ["state", found.state], ["rule", last.rule],
                ["accounts", Words.number(evidence.accounts)],
                ["requests", Words.number(evidence.requests)],
                ["output tokens", Words.number(evidence.tokens)],
                ["first seen", Words.time(last.firstSeen)],
                ["last seen", Words.time(last.lastSeen)],
                ["score", String(evidence.score)],
                ["groups of evidence", evidence.groups.map(\.rawValue).joined(separator: ", ")],
            ])
        text += "\n## Leads\n\n"
        text += Self.table(
            ["rule", "fingerprint", "accounts"],
            evidence.leads.map {
                [$0.rule, FingerprintName($0, key).text, Words.number($0.accounts)]
            })
        text += "\n## If nothing were wrong, this would have to be true\n\n"
        text += found.ifBenign.map { "- [ ] \($0)\n" }.joined()
        text += "\n## History\n\n"
        text += Self.table(
            ["time", "step", "class", "severity", "accounts", "requests", "score"],
            found.history.map {
                [
                    Words.time($0.time), $0.status.rawValue, $0.campaignClass.rawValue,
                    $0.severity.rawValue, Words.number($0.accounts), Words.number($0.requests),
                    String($0.score),
                ]
            })
        text += "\n## Members (\(Words.number(members.count)))\n\n"
        text += Self.table(
            ["account", "since", "confidence", "ties"],
            members.map {
                [
                    key?.name("account", $0.account) ?? $0.account, Words.time($0.since),
                    String($0.confidence), String($0.ties),
                ]
            })
        return text
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "None.\n" }
        let lines = [head, head.map { _ in "---" }] + rows.map { $0.map(safe) }
        return lines.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }

    /// The text without what Markdown would take for a mark or for HTML.
    private static func safe(_ text: String) -> String {
        var safe = ""
        for character in text {
            if character.isNewline {
                safe += " "
            } else if "\\`*_[]<>|#".contains(character) {
                safe += "\\\(character)"
            } else {
                safe.append(character)
            }
        }
        return safe
    }
}
