import Detection
import Primitives

/// A verdict about a campaign, as the verdicts about its fingerprints and members that it comes to.
public struct CampaignVerdicts: Sendable {
    /// The verdicts: fingerprints by name, then accounts by name.
    public let records: [VerdictRecord]
    /// Fingerprints that findings name and that are left out, since everybody shares their kind with somebody.
    public let leftOut: [String]

    /// What `verdict`, whose subject does not matter, comes to for a campaign with these members.
    ///
    /// Judgements are about fingerprints and accounts, measures about accounts alone.
    ///
    /// - Parameters:
    ///   - leads: findings about fingerprints of the campaign.
    ///   - isContext: whether a kind never ties by itself: addresses, user agents.
    public init(
        _ verdict: VerdictRecord, _ found: CampaignCase, members: [CampaignMember],
        leads: [LeadFinding], isContext: (String) -> Bool
    ) {
        var names: Set<String> = []
        if verdict.word.isJudgement {
            names = Set(found.evidence.leads.map(\.fingerprint) + leads.map(\.entity))
        }
        let subjects = names.sorted().compactMap { Subject(entity: $0) }
        leftOut = subjects.filter { isContext($0.kind) }.map(\.entity)
        let accounts = members.map {
            Subject(kind: Vocabulary.account, value: Array($0.account.utf8))
        }
        records = (subjects.filter { !isContext($0.kind) } + accounts).map { subject in
            var record = verdict
            record.subject = subject
            record.campaign = found.uid
            return record
        }
    }
}
