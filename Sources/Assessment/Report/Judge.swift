import Primitives

/// Labels, and what is needed to judge findings by them.
public struct Judge: Sendable {
    /// The labels.
    public let labels: LabelSet
    /// Compares episodes with them.
    public let scorer: Scorer
    private let budget: Budget?

    /// Judges by `labels`; with `budget`, also what a team can look at.
    public init(_ labels: LabelSet, _ scorer: Scorer, budget: Budget?) {
        self.labels = labels
        self.scorer = scorer
        self.budget = budget
    }

    func judgement(
        of found: JudgedRange.Episodes, before: JudgedRange.Episodes?
    ) -> BacktestReport.Judgement {
        BacktestReport.Judgement(
            score: scorer.score(found.all), before: before.map { scorer.score($0.all) },
            atCapacity: budget.map { ($0, atCapacity($0, found.opened)) },
            campaigns: labels.campaigns.count, accounts: labels.accounts.count,
            fingerprints: labels.fingerprints.count)
    }

    /// Findings rather than entities: each costs a person time.
    private func atCapacity(_ budget: Budget, _ episodes: [Episode]) -> Confusion {
        var result = Confusion()
        for episode in budget.taken(episodes) {
            switch scorer.attribution(of: episode).verdict {
            case .confirmed: result.found += 1
            case .benign: result.wrong += 1
            case nil: result.unlabelled += 1
            }
        }
        return result
    }

    /// Whether what the labels say of an episode is what an expectation calls `label`.
    func carries(_ label: String, _ attribution: Attribution) -> Bool {
        switch label {
        case "confirmed": attribution.verdict == .confirmed
        case "benign": attribution.verdict == .benign
        case "unlabelled": attribution.verdict == nil
        default: attribution.campaign.map { labels.campaigns[$0].name == label } ?? false
        }
    }
}
