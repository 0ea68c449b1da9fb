import CampaignReports
import Configuration
import Detection

/// `campaign explain`: why, in sentences.
enum CampaignExplainCommand {
    static let command = Command(
        "campaign explain",
        summary: "Say why a campaign was found, or why an account belongs to one.",
        discussion: """
            In plain sentences: first for a reviewer, with leads, groups of evidence, ties and what would have to be \
            true if nothing were wrong; then what the owner of an account can be told, without rules, numbers or \
            anybody else's name.
            An account's name is looked up first; account:NAME and campaign:UID say which is meant.
            \(CampaignSource.codes)
            """,
        arguments: [
            Argument("uid|account", help: "A campaign, by the beginning of its uid, or an account.")
        ],
        options: CampaignSource.options, run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let text = invocation.arguments[0]
        // A campaign that is named as such needs no members.
        let source = try CampaignSource(invocation, members: !text.hasPrefix("campaign:"))
        let member = try account(text, source)
        guard let member else {
            try Output.print(Explanation(try source.campaign(text), in: source.book).text)
            return .ok
        }
        let uid = source.book.survivor(of: member.campaign)
        guard let found = source.book[uid] else {
            throw Failure(
                .usage,
                "account '\(member.account)' belongs to campaign \(uid), of which \(source.findingsPlace) has no "
                    + "finding")
        }
        try Output.print(Explanation(found, in: source.book, member: member).text)
        return .ok
    }

    /// The member that `text` names; nil where it names a campaign.
    private static func account(
        _ text: String, _ source: CampaignSource
    ) throws(Failure) -> CampaignMember? {
        let prefix = "\(Vocabulary.account):"
        if text.hasPrefix(prefix) {
            let name = String(text.dropFirst(prefix.count))
            guard let member = source.members[name] else {
                throw Failure(.usage, "account '\(name)' belongs to no campaign")
            }
            return member
        }
        let isCampaign = !source.book.matches(text).isEmpty
        guard let member = source.members[text] else {
            if isCampaign { return nil }
            throw source.unknown(text, "; and no member is called so")
        }
        guard !isCampaign else {
            throw Failure(
                .usage,
                "'\(text)' is an account and begins a campaign: account:\(text) or campaign:\(text)"
            )
        }
        return member
    }
}
