/// What there is to know of a campaign when its rules are evaluated.
public struct CampaignView: Equatable, Sendable {
    /// Its members.
    public var accounts = 0
    /// Members that were younger than 14 days when they were first seen in it.
    public var newAccounts = 0
    /// Requests of its members, as far as evidence tells of them.
    public var requests: Int64 = 0
    /// Their output tokens.
    public var tokens: Int64 = 0
    /// How many fingerprints of each kind belong to it, by kind.
    public var fingerprints: [(kind: String, count: Int)] = []
    /// The weight of the strongest open lead of each group, by the group's place in `EvidenceGroup.allCases`; 0 for none.
    public var groupWeights = EvidenceGroup.allCases.map { _ in 0 }
    /// The largest share of requests that elicit reasoning, by what the open leads show; NaN where none shows it.
    public var elicitation = Double.nan

    /// Fingerprints of it that people have confirmed.
    public var confirmed = 0
    /// Members that are banned.
    public var banned = 0
    /// The requests a day of accounts that came within an hour behind a ban, by those of the banned ones; NaN without.
    public var replacement = Double.nan
    /// Frames that others have taken over from banned accounts.
    public var failover = 0

    /// A campaign without anything.
    public init() {}

    /// The groups with an open lead.
    public var groups: [EvidenceGroup] {
        zip(EvidenceGroup.allCases, groupWeights).filter { $0.1 > 0 }.map(\.0)
    }

    /// The strongest lead of each group, summed across groups: within a group signs repeat each other.
    public var score: Int { groupWeights.reduce(0, +) }

    /// Equal in all parts; what is undefined equals another that is.
    public static func == (a: CampaignView, b: CampaignView) -> Bool {
        a.accounts == b.accounts && a.newAccounts == b.newAccounts && a.requests == b.requests
            && a.tokens == b.tokens && a.groupWeights == b.groupWeights
            && a.fingerprints.elementsEqual(b.fingerprints, by: { $0 == $1 })
            && a.elicitation.isEqualOrUndefined(b.elicitation)
            && a.replacement.isEqualOrUndefined(b.replacement)
            && (a.confirmed, a.banned, a.failover) == (b.confirmed, b.banned, b.failover)
    }
}

extension Double {
    fileprivate func isEqualOrUndefined(_ other: Double) -> Bool {
        self == other || isNaN && other.isNaN
    }
}

/// A number a campaign has at one moment.
enum CampaignFeature: Hashable, Sendable {
    case accounts, newAccounts, newShare, requests, tokens, score, groups, elicitation
    case confirmed, banned, replacement, failover
    case has(EvidenceGroup)
    case weight(EvidenceGroup)
    /// Fingerprints of a kind, of all where it is nil.
    case fingerprints(String?)

    /// Its value; NaN where it is undefined.
    func value(_ view: CampaignView) -> Double {
        switch self {
        case .accounts: Double(view.accounts)
        case .newAccounts: Double(view.newAccounts)
        case .newShare:
            view.accounts == 0 ? .nan : Double(view.newAccounts) / Double(view.accounts)
        case .requests: Double(view.requests)
        case .tokens: Double(view.tokens)
        case .score: Double(view.score)
        case .groups: Double(view.groups.count)
        case .elicitation: view.elicitation
        case .confirmed: Double(view.confirmed)
        case .banned: Double(view.banned)
        case .replacement: view.replacement
        case .failover: Double(view.failover)
        case .has(let group): view.groups.contains(group) ? 1 : 0
        case .weight(let group):
            Double(view.groupWeights[EvidenceGroup.allCases.firstIndex(of: group) ?? 0])
        case .fingerprints(let kind):
            Double(view.fingerprints.reduce(0) { $0 + (kind ?? $1.kind == $1.kind ? $1.count : 0) })
        }
    }
}

/// A function of the conditions of campaign rules: how it is called and what it means.
struct CampaignFunction: Sendable {
    /// What its argument is.
    enum Parameter: Sendable {
        case none, group
        case kindOrNone
        /// The word `new`.
        case new
    }

    let name: String
    let parameter: Parameter
    var type = ValueType.number
    let meaning: String
    /// The feature, of a group or a kind where the function takes one.
    let feature: @Sendable (EvidenceGroup?, String?) -> CampaignFeature

    /// The call as documentation writes it.
    var usage: String {
        switch parameter {
        case .none: "\(name)()"
        case .group: "\(name)(group)"
        case .kindOrNone: "\(name)([kind])"
        case .new: "\(name)(new)"
        }
    }

    static let all: [CampaignFunction] = [
        CampaignFunction(name: "accounts", parameter: .none, meaning: "the members") { _, _ in
            .accounts
        },
        CampaignFunction(
            name: "new_accounts", parameter: .none,
            meaning: "members younger than 14 days when they were first seen in it"
        ) { _, _ in .newAccounts },
        CampaignFunction(
            name: "share", parameter: .new, meaning: "the new members by all members"
        ) { _, _ in .newShare },
        CampaignFunction(
            name: "requests", parameter: .none,
            meaning: "the members' requests with its fingerprints, as far as evidence tells of them"
        ) { _, _ in .requests },
        CampaignFunction(
            name: "tokens", parameter: .none, meaning: "the output tokens of those requests"
        ) { _, _ in .tokens },
        CampaignFunction(
            name: "fingerprints", parameter: .kindOrNone,
            meaning: "its fingerprints, or those of a kind"
        ) { .fingerprints($1) },
        CampaignFunction(
            name: "groups", parameter: .none, meaning: "the groups of evidence with an open lead"
        ) { _, _ in .groups },
        CampaignFunction(
            name: "has", parameter: .group, type: .flag,
            meaning: "whether the group has an open lead"
        ) { group, _ in group.map { .has($0) } ?? .groups },
        CampaignFunction(
            name: "weight", parameter: .group,
            meaning: "the weight of the group's strongest open lead"
        ) { group, _ in group.map { .weight($0) } ?? .score },
        CampaignFunction(
            name: "score", parameter: .none,
            meaning: "the weights of the strongest open lead of each group, summed"
        ) { _, _ in .score },
        CampaignFunction(
            name: "elicitation", parameter: .none,
            meaning:
                "the largest `ratio(signals.reasoning_elicitation, ...)` that an open lead shows; undefined without one"
        ) { _, _ in .elicitation },
        CampaignFunction(
            name: "confirmed", parameter: .none,
            meaning: "its fingerprints of which a verdict holds that says `confirmed`"
        ) { _, _ in .confirmed },
        CampaignFunction(
            name: "banned", parameter: .none,
            meaning: "members of whom a verdict holds that says `banned`"
        ) { _, _ in .banned },
        CampaignFunction(
            name: "replacement", parameter: .none,
            meaning:
                "the requests a day of accounts that came within an hour behind the ban of a member, by those of the "
                + "banned members; undefined without a ban"
        ) { _, _ in .replacement },
        CampaignFunction(
            name: "failover", parameter: .none,
            meaning:
                "soft fingerprints half of whose earlier accounts are banned and that at least 3 others took over since, "
                + "who have no hard fingerprint in common with the banned"
        ) { _, _ in .failover },
    ]

    static let names = all.map(\.name)
}

extension FeatureReference {
    /// The table of all functions of campaign rules, in Markdown.
    public static func campaignMarkdown() -> String {
        let rows = CampaignFunction.all.map { "| `\($0.usage)` | \($0.meaning) |\n" }
        return "| function | meaning |\n|---|---|\n" + rows.joined()
    }
}
