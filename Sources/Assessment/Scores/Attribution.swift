import Primitives

/// Whom the labels say a finding is about.
public struct Attribution: Sendable, Equatable {
    /// What the subject is; nil where no label says.
    public var verdict: Verdict?
    /// Its campaign, as an index into the labels'; nil where it has none.
    public var campaign: Int?

    /// No label says.
    static let none = Attribution(verdict: nil, campaign: nil)
}

/// Finds the labels that a finding's entity stands under.
///
/// An account by its own label. A campaign by what most of the labelled accounts are that were its members when it was
/// found. A fingerprint by its own labels first: of several the exclusive one, then the confirmed
/// one, then the one of more accounts, among campaigns that had begun. A fingerprint without a label by what most of
/// the labelled accounts are that had it before.
public struct Attributor: Sendable {
    private let labels: LabelSet
    private let activity: Activity

    /// Attribution by `labels` and what was seen of their accounts.
    public init(_ labels: LabelSet, _ activity: Activity) {
        self.labels = labels
        self.activity = activity
    }

    /// What the labels say of an episode's entity.
    public func attribution(of episode: Episode) -> Attribution {
        if episode.kind == "account" {
            let name = String(episode.entity.dropFirst("account:".count))
            return labels.accountIndex[name].map(attribution) ?? .none
        }
        if episode.isCampaign { return most(of: accounts(of: episode, by: episode.opened)) }
        let claims = (labels.fingerprints[episode.entity] ?? []).filter {
            begun($0.campaign, by: episode.opened)
        }
        if let claim = claims.max(by: { rank($0) < rank($1) }) {
            return Attribution(verdict: claim.verdict, campaign: claim.campaign)
        }
        return byCarriers(of: episode)
    }

    /// The labelled accounts that an episode is about: its own, those its evidence names, and those that had the
    /// fingerprint before it closed; of a campaign its members. Ascending.
    func accounts(of episode: Episode) -> [Int] {
        if episode.isCampaign { return accounts(of: episode, by: EventTime(ms: .max)) }
        if episode.kind == "account" {
            return labels.accountIndex[String(episode.entity.dropFirst("account:".count))]
                .map { [$0] } ?? []
        }
        let named = episode.accounts.compactMap { labels.accountIndex[$0] }
        let end = episode.closed ?? EventTime(ms: .max)
        return Set(named + activity.accounts(with: episode.entity, before: end)).sorted()
    }

    /// The labelled accounts that were told of as members of a campaign by a time. Ascending.
    private func accounts(of episode: Episode, by time: EventTime) -> [Int] {
        episode.joined.filter { $0.value <= time }.compactMap { labels.accountIndex[$0.key] }
            .sorted()
    }

    /// When a campaign began: by its label, else by its first event.
    func start(of campaign: Int) -> EventTime? {
        let label = labels.campaigns[campaign]
        return label.from ?? activity.span(of: label.accounts)?.lowerBound
    }

    private func begun(_ campaign: Int?, by time: EventTime) -> Bool {
        guard let campaign, let start = start(of: campaign) else { return true }
        return start < time
    }

    private func rank(_ claim: LabelSet.Claim) -> (Int, Int) {
        (claim.isExclusive ? 2 : claim.verdict == .confirmed ? 1 : 0, claim.accounts)
    }

    private func attribution(_ account: Int) -> Attribution {
        Attribution(
            verdict: labels.accounts[account].verdict, campaign: labels.accounts[account].campaign)
    }

    private func byCarriers(of episode: Episode) -> Attribution {
        most(of: activity.accounts(with: episode.entity, before: episode.opened))
    }

    /// What most of some accounts are.
    private func most(of accounts: [Int]) -> Attribution {
        var counts: [(attribution: Attribution, accounts: Int)] = []
        for account in accounts {
            let own = attribution(account)
            if let known = counts.firstIndex(where: { $0.attribution == own }) {
                counts[known].accounts += 1
            } else {
                counts.append((own, 1))
            }
        }
        return counts.max { $0.accounts < $1.accounts }?.attribution ?? .none
    }
}
