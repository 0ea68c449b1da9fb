import CampaignReports
import Configuration
import Primitives

/// `campaign members`: who belongs to a campaign.
enum CampaignMembersCommand {
    static let command = Command(
        "campaign members", summary: "List the accounts that belong to a campaign.",
        discussion: """
            Every account with the time since when, how sure it is (0 to 1), and the number of the campaign's \
            fingerprints that tie it there. A campaign that became part of another is followed there. A table on a \
            terminal, JSON Lines elsewhere.
            \(CampaignSource.codes)
            """,
        arguments: [CampaignSource.uid],
        options: [CampaignPrinting.output(["table", "csv", "ndjson"])] + CampaignSource.options,
        run: run)

    private static let columns = ["account", "campaign", "class", "since", "confidence", "ties"]

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let source = try CampaignSource(invocation, members: true)
        let found = try source.survivor(invocation.arguments[0])
        let members = source.members.members(of: found.uid, in: source.book)
        if members.isEmpty {
            Console.error("campaign \(found.uid) is \(found.state) and has no members now\n")
        }
        if CampaignPrinting.isTable(invocation) {
            var table = TextTable(columns, numbers: [4, 5])
            for member in members {
                table.add(cells(member, CampaignPrinting.short(member.campaign)))
            }
            try Output.print(members.isEmpty ? "" : table.text)
        } else if invocation.value("output") == "csv" {
            let rows = members.map { cells($0, $0.campaign.description) }
            try Output.print(([columns] + rows).map(CSV.line).joined())
        } else {
            try CampaignPrinting.printLines(members) { $0.write(to: &$1) }
        }
        return .ok
    }

    private static func cells(_ member: CampaignMember, _ uid: String) -> [String] {
        [
            member.account, uid, member.campaignClass.rawValue,
            CampaignPrinting.time(member.since), String(member.confidence), String(member.ties),
        ]
    }
}
