import Detection
import Primitives

/// Why a campaign was found, or an account belongs to one, in sentences: for a reviewer, and for the account's owner.
///
/// What the owner reads names no other account, no fingerprint, no rule and no number that a rule asks for.
public struct Explanation {
    private let found: CampaignCase
    private let book: CampaignBook
    private let member: CampaignMember?

    /// Of a campaign; of one of its members where `member` is there.
    public init(_ found: CampaignCase, in book: CampaignBook, member: CampaignMember? = nil) {
        self.found = found
        self.book = book
        self.member = member
    }

    /// All of it.
    public var text: String {
        var parts: [String] = []
        if let member { parts.append(section("Account \(member.account)", accountLines(member))) }
        parts.append(section("Campaign \(found.uid)", campaignLines))
        parts.append(section("The evidence", evidenceLines))
        parts.append(section("If nothing were wrong, this would have to be true", found.ifBenign))
        parts.append(section("For the owner of an account", ownerLines))
        return parts.joined(separator: "\n")
    }

    private func section(_ title: String, _ lines: [String]) -> String {
        "\(title)\n" + lines.map { "- \($0)\n" }.joined()
    }

    // MARK: For the reviewer

    private func accountLines(_ member: CampaignMember) -> [String] {
        let percent = Int((member.confidence * 100).rounded())
        let fingerprints =
            member.ties == 1 ? "one fingerprint" : "\(Words.number(member.ties)) fingerprints"
        var lines = [
            "It was first seen with a fingerprint of the campaign on \(Words.time(member.since)).",
            "\(fingerprints) of the campaign tie it there; that it belongs there is \(percent) % sure, by its ties "
                + "and by the campaign's groups of evidence.",
        ]
        let busiest = found.evidence.busiest.first { $0.account == member.account }
        if let busiest {
            lines.append(
                "It is one of the campaign's busiest accounts, with \(Words.number(busiest.requests)) requests so far."
            )
        }
        for lead in book.leads(of: found.uid) where lead.accounts.contains(member.account) {
            lines.append(
                "\(lead.rule) names it among the busiest accounts of \(lead.entity), on \(Words.time(lead.time))."
            )
        }
        lines.append(
            "What it shares with whom: stillwatch hunt FILE --fingerprint account:\(member.account)"
        )
        return lines
    }

    private var campaignLines: [String] {
        let last = found.last
        var lines = [
            "\(last.rule) calls it \(last.campaignClass.rawValue), severity \(last.severity.rawValue): "
                + last.description,
            stateLine,
            "Its accounts were seen with its fingerprints from \(Words.time(last.firstSeen)) to "
                + "\(Words.time(last.lastSeen)).",
        ]
        if let id = found.splitFrom {
            lines.append("It was part of campaign \(id) before its accounts went apart.")
        }
        if let id = found.successorOf {
            lines.append(
                "It brings along what campaign \(id) left behind, which closed more than seven days earlier."
            )
        }
        let merged = book.merged(into: found.uid).map(\.description)
        if !merged.isEmpty {
            lines.append("These turned out to be part of it: \(merged.joined(separator: ", ")).")
        }
        return lines
    }

    private var stateLine: String {
        let opened = found.history.map(\.time).min() ?? found.last.time
        let first = "It was first told of on \(Words.time(opened)) and "
        let time = Words.time(found.last.time)
        guard !found.isOpen else { return first + "is open; what is said here is of \(time)." }
        guard let other = found.last.redirectTo else { return first + "closed on \(time)." }
        let reason = Words.reason(found.last.reason)
        return first + "became part of campaign \(other) on \(time), because \(reason)."
    }

    private var evidenceLines: [String] {
        let evidence = found.evidence
        let groups = evidence.groups.map(\.rawValue).joined(separator: ", ")
        var lines = [
            "\(Words.number(evidence.accounts)) accounts belong to it; \(Words.number(evidence.newAccounts)) were "
                + "younger than 14 days when they were first seen in it.",
            "So far evidence tells of \(Words.number(evidence.requests)) requests with its fingerprints and of "
                + "\(Words.number(evidence.tokens)) output tokens; there are more, as it tells of an account once a "
                + "day at most.",
            "\(evidence.groups.count) groups of evidence, which are independent of each other: \(groups). The "
                + "strongest sign of each counts; together they weigh \(evidence.score).",
            "\(Words.number(evidence.fingerprints)) fingerprints: "
                + evidence.kinds.map { "\(Words.number($0.count)) \($0.kind)" }
                .joined(separator: ", ") + ".",
        ]
        if let share = evidence.elicitation {
            lines.append(
                "Up to \(Int((share * 100).rounded())) % of the requests with one of them elicit reasoning."
            )
        }
        for lead in evidence.leads {
            lines.append(
                "\(lead.rule) holds for \(lead.fingerprint), which \(Words.number(lead.accounts)) accounts share."
            )
        }
        if let each = evidence.accountsPerEdge {
            lines.append(
                "A limit was reached: of the accounts of some fingerprint only every \(each)th is known."
            )
        }
        if evidence.leavesTiesOut {
            lines.append("A limit was reached: its weakest ties were left out.")
        }
        return lines
    }

    // MARK: For the owner

    private var ownerLines: [String] {
        let last = found.last
        let since = member?.since ?? last.firstSeen
        var lines = [
            "Since \(Words.time(since)) this account has been used together with many others as if one party ran "
                + "them all.",
            "What they have in common: "
                + found.evidence.groups.map(\.forOwner).joined(separator: "; ") + ".",
            "What it looks like: \(last.campaignClass.forOwner).",
            "This was found by rules over request metadata. No prompt and no answer was read.",
        ]
        lines += found.ifBenign.map { "Tell us if this is so: \($0)" }
        return lines
    }
}

/// Words for people.
enum Words {
    /// A number with its thousands apart.
    static func number(_ number: Int) -> String {
        var groups: [String] = []
        var digits = String(number.magnitude)[...]
        while !digits.isEmpty {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits = digits.dropLast(3)
        }
        return (number < 0 ? "-" : "") + groups.joined(separator: ",")
    }

    /// A time to the second.
    static func time(_ time: EventTime) -> String {
        String(Timestamp.rfc3339(ms: time.ms).prefix(19)) + "Z"
    }

    /// Why campaigns were merged.
    static func reason(_ reason: String?) -> String {
        switch reason {
        case "same_frame": "their accounts send the same frame"
        case "handoff": "one took over from the other"
        case let text? where text.hasPrefix("shared_"):
            "their accounts share a \(text.dropFirst("shared_".count))"
        default: "their accounts act as one"
        }
    }
}

extension EvidenceGroup {
    fileprivate var forOwner: String {
        switch self {
        case .identity: "how they are paid for or were signed up"
        case .network: "where their requests come from"
        case .client: "the software that sends them"
        case .content: "how their requests are put together"
        case .time: "when they are used, and how evenly"
        case .economics: "what they ask for and how much they draw"
        }
    }
}

extension CampaignClass {
    fileprivate var forOwner: String {
        switch self {
        case .distillation: "answers are collected to train another model"
        case .multiAccountAbuse: "one party runs many accounts"
        case .resale: "access is sold on"
        case .sharedAccess: "accounts are shared"
        case .probing: "the service is tried out for weaknesses"
        }
    }
}
