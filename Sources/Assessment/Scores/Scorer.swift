import Detection
import Primitives

/// Compares episodes with labels.
public struct Scorer: Sendable {
    private let labels: LabelSet
    private let activity: Activity
    private let attributor: Attributor
    /// The kinds rules judge; `account` among them where rules judge accounts.
    private let judged: Set<String>
    /// The last moment of the history.
    private let end: EventTime
    /// Where subjects are watched; nil for the whole history.
    private let watched: Range<EventTime>?

    /// A scorer for rules that judge the kinds `judged`, over a history that ends at `end`.
    ///
    /// - Parameter start: where a warm-up ends, from which on subjects must have events; nil without one.
    public init(
        _ labels: LabelSet, _ activity: Activity, judged: Set<String>, start: EventTime? = nil,
        end: EventTime
    ) {
        self.labels = labels
        self.activity = activity
        self.judged = judged
        self.end = end
        watched = start.map { $0..<EventTime(ms: .max) }
        attributor = Attributor(labels, activity)
    }

    /// What the labels say of an episode's entity.
    public func attribution(of episode: Episode) -> Attribution {
        attributor.attribution(of: episode)
    }

    /// The score of `all`, which are by time; with `range`, of those opened and the subjects active in it.
    public func score(_ all: [Episode], in range: Range<EventTime>? = nil) -> Score {
        let episodes = range.map { range in all.filter { range.contains($0.opened) } } ?? all
        let range = range ?? watched
        let first = firstFindings(episodes)
        let farms = perFarm(episodes, first, range)
        let campaigns = farms.prefix { $0.isCampaign }.map(\.farm)
        let confirmed = farms.map(\.farm).filter { $0.verdict == .confirmed }
        var leaked = ActivityLedger.Load()
        var total = ActivityLedger.Load()
        for farm in confirmed {
            leaked.add(farm.leaked)
            total.add(farm.total)
        }
        let watched = campaigns.filter { $0.verdict == .confirmed }
        return Score(
            accounts: accounts(episodes, first, range), entities: entities(episodes, range),
            farms: Confusion(
                found: watched.count { $0.found != nil },
                wrong: campaigns.count { $0.verdict == .benign && $0.found != nil },
                missed: watched.count { $0.found == nil }),
            perFarm: farms.map(\.farm), absent: labels.campaigns.count - campaigns.count,
            farmDetection: SurvivalCurve(
                // Of one that is known from its finding alone nobody can say how long it took.
                watched.filter { $0.accounts > 0 || $0.start != $0.found }.map {
                    subject($0.start, found: $0.found, ended: $0.ended)
                }),
            accountDetection: accountDetection(first, range), bans: bans(first, range),
            leaked: leaked, total: total)
    }

    /// The first finding about each labelled account.
    private func firstFindings(_ episodes: [Episode]) -> [Int: EventTime] {
        var first: [Int: EventTime] = [:]
        for episode in episodes {
            for account in attributor.accounts(of: episode) {
                // An account may take up the fingerprint only when the finding is there already.
                let began = start(of: account) ?? episode.opened
                let told = episode.joined[labels.accounts[account].name] ?? episode.opened
                let time = max(episode.opened, told, began)
                first[account] = min(first[account] ?? time, time)
            }
        }
        return first
    }

    private func start(of account: Int) -> EventTime? {
        labels.accounts[account].from ?? activity.span(of: [account])?.lowerBound
    }

    private func isActive(_ span: ClosedRange<EventTime>?, _ range: Range<EventTime>?) -> Bool {
        guard let span else { return false }
        guard let range else { return true }
        return span.lowerBound < range.upperBound && span.upperBound >= range.lowerBound
    }

    /// The labelled accounts with events.
    private func active(_ range: Range<EventTime>?) -> [Int] {
        labels.accounts.indices.filter { isActive(activity.span(of: [$0]), range) }
    }

    private func subject(
        _ start: EventTime, found: EventTime?, ended: EventTime?
    ) -> SurvivalCurve.Subject {
        let limit = ended ?? end
        if let found, found <= limit {
            return .init(ms: max(0, found.ms - start.ms), isDetected: true)
        }
        return .init(ms: max(0, limit.ms - start.ms), isDetected: false)
    }
}

extension Scorer {
    private func accounts(
        _ episodes: [Episode], _ first: [Int: EventTime], _ range: Range<EventTime>?
    ) -> Confusion {
        var result = Confusion()
        for account in active(range) {
            switch (labels.accounts[account].verdict, first[account] != nil) {
            case (.confirmed, true): result.found += 1
            case (.confirmed, false): result.missed += 1
            case (.benign, true): result.wrong += 1
            case (.benign, false): break
            }
        }
        var unlabelled: Set<String> = []
        for episode in episodes {
            let own = episode.kind == "account" ? [String(episode.entity.dropFirst(8))] : []
            for name in own + episode.accounts where labels.accountIndex[name] == nil {
                unlabelled.insert(name)
            }
        }
        result.unlabelled = unlabelled.count
        return result
    }

    private func entities(_ episodes: [Episode], _ range: Range<EventTime>?) -> Confusion {
        var verdicts: [String: Verdict?] = [:]
        for episode in episodes where verdicts[episode.entity] == nil {
            verdicts[episode.entity] = attributor.attribution(of: episode).verdict
        }
        var result = Confusion()
        for verdict in verdicts.values {
            switch verdict {
            case .confirmed: result.found += 1
            case .benign: result.wrong += 1
            case nil: result.unlabelled += 1
            }
        }
        result.missed = targets(range).count { verdicts[$0] == nil }
        return result
    }

    /// The confirmed entities that rules could find.
    private func targets(_ range: Range<EventTime>?) -> [String] {
        let prints = labels.fingerprints.filter { entity, claims in
            judged.contains(String(entity.prefix { $0 != ":" }))
                && claims.contains { claim in
                    claim.verdict == .confirmed && claim.isExclusive
                        && (claim.campaign.map { isActive(span(of: $0), range) } ?? true)
                }
        }.map(\.key)
        guard judged.contains("account") else { return prints }
        let confirmed = active(range).filter { labels.accounts[$0].verdict == .confirmed }
        return prints + confirmed.map { "account:\(labels.accounts[$0].name)" }
    }

    private func span(of campaign: Int) -> ClosedRange<EventTime>? {
        activity.span(of: labels.campaigns[campaign].accounts)
    }

    private func accountDetection(
        _ first: [Int: EventTime], _ range: Range<EventTime>?
    ) -> SurvivalCurve {
        let confirmed = active(range).filter { labels.accounts[$0].verdict == .confirmed }
        return SurvivalCurve(
            confirmed.map { account in
                subject(
                    start(of: account) ?? end, found: first[account],
                    ended: labels.accounts[account].to)
            })
    }

    private func bans(
        _ first: [Int: EventTime], _ range: Range<EventTime>?
    ) -> Score.Enforcement {
        var result = Score.Enforcement()
        for account in active(range) where labels.accounts[account].verdict == .confirmed {
            guard let ban = labels.accounts[account].to else { continue }
            if let found = first[account], found < ban {
                result.findingFirst += 1
            } else {
                result.banFirst += 1
            }
        }
        return result
    }
}

extension Scorer {
    /// A subject of `Score.perFarm`, and whether it is a campaign rather than a lone account.
    private typealias FarmRow = (farm: Score.Farm, isCampaign: Bool)

    private func perFarm(
        _ episodes: [Episode], _ first: [Int: EventTime], _ range: Range<EventTime>?
    ) -> [FarmRow] {
        var found: [Int: (time: EventTime, rule: String, count: Int)] = [:]
        for episode in episodes {
            guard let campaign = attributor.attribution(of: episode).campaign else { continue }
            found[campaign, default: (episode.opened, episode.rule, 0)].count += 1
        }
        var rows: [FarmRow] = []
        for (index, campaign) in labels.campaigns.enumerated() {
            let seen = span(of: index) ?? told(campaign, found[index]?.time)
            guard let span = seen, isActive(span, range) else { continue }
            let farm = Score.Farm(
                name: campaign.name, verdict: campaign.verdict,
                accounts: campaign.accounts.count { activity.span(of: [$0]) != nil },
                start: campaign.from ?? span.lowerBound, last: span.upperBound,
                ended: campaign.to ?? ban(of: campaign), found: found[index]?.time,
                rule: found[index]?.rule, findings: found[index]?.count ?? 0,
                leaked: activity.load(of: index, until: found[index]?.time),
                total: activity.load(of: index, until: nil))
            rows.append((farm, true))
        }
        return rows + loneAccounts(first, range)
    }

    /// When a campaign was there of which no account is labelled: when its label says, or from its first finding on.
    private func told(_ campaign: LabelSet.Campaign, _ found: EventTime?) -> ClosedRange<EventTime>?
    {
        guard campaign.accounts.isEmpty, let first = campaign.from ?? found, first <= end else {
            return nil
        }
        return first...max(first, campaign.to ?? end)
    }

    /// A campaign of which every account was banned has ended with the last of them.
    private func ban(of campaign: LabelSet.Campaign) -> EventTime? {
        let bans = campaign.accounts.compactMap { labels.accounts[$0].to }
        return !bans.isEmpty && bans.count == campaign.accounts.count ? bans.max() : nil
    }

    private func loneAccounts(_ first: [Int: EventTime], _ range: Range<EventTime>?) -> [FarmRow] {
        active(range).filter {
            labels.accounts[$0].campaign == nil && labels.accounts[$0].verdict == .confirmed
        }.compactMap { account in
            guard let span = activity.span(of: [account]) else { return nil }
            let label = labels.accounts[account]
            let own = labels.campaigns.count + account
            let farm = Score.Farm(
                name: "account \(label.name)", verdict: label.verdict, accounts: 1,
                start: label.from ?? span.lowerBound, last: span.upperBound, ended: label.to,
                found: first[account], rule: nil, findings: first[account] == nil ? 0 : 1,
                leaked: activity.load(of: own, until: first[account]),
                total: activity.load(of: own, until: nil))
            return (farm, false)
        }
    }
}
