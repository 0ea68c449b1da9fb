import CampaignReports
import Configuration
import Primitives

/// `campaign list`: the campaigns there are.
enum CampaignListCommand {
    static let command = Command(
        "campaign list", summary: "List the campaigns that were found.",
        discussion: """
            One line a campaign: open ones, with --all also those that closed or became part of another. The most \
            severe first, then those with most accounts. A table on a terminal, JSON Lines elsewhere.
            \(CampaignSource.codes)
            """,
        options: [
            Option("all", .flag, help: "Also list campaigns that are closed or merged."),
            CampaignPrinting.output(["table", "ndjson"]),
        ] + CampaignSource.options,
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let book = try CampaignSource(invocation, members: false).book
        let shown = book.sorted.filter { $0.isOpen || invocation.has("all") }
        if shown.isEmpty {
            let rest = book.count - shown.count
            let more = rest > 0 ? "; \(rest) have ended: --all lists them" : ""
            Console.error("no open campaign among \(book.findings) findings\(more)\n")
        }
        if CampaignPrinting.isTable(invocation) {
            try Output.print(shown.isEmpty ? "" : table(shown))
        } else {
            try CampaignPrinting.printLines(shown) { $0.write(to: &$1) }
        }
        return .ok
    }

    private static func table(_ campaigns: [CampaignCase]) -> String {
        var table = TextTable(
            [
                "uid", "class", "severity", "state", "accounts", "requests", "score", "first seen",
                "last seen", "",
            ], numbers: [4, 5, 6])
        for campaign in campaigns {
            let last = campaign.last
            table.add([
                CampaignPrinting.short(campaign.uid), last.campaignClass.rawValue,
                last.severity.rawValue + (last.isShadow ? " (shadow)" : ""), campaign.state,
                String(campaign.evidence.accounts), String(campaign.evidence.requests),
                String(campaign.evidence.score), CampaignPrinting.time(last.firstSeen),
                CampaignPrinting.time(last.lastSeen), related(campaign),
            ])
        }
        return table.text
    }

    private static func related(_ campaign: CampaignCase) -> String {
        [
            campaign.last.redirectTo.map { "part of \(CampaignPrinting.short($0))" },
            campaign.splitFrom.map { "split from \(CampaignPrinting.short($0))" },
            campaign.successorOf.map { "follows \(CampaignPrinting.short($0))" },
        ].compactMap(\.self).joined(separator: ", ")
    }
}
