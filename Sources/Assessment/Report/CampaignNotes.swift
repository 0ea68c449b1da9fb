import Primitives
import YAML

/// What a reader must know of the campaigns in a report.
public struct CampaignNotes: Sendable {
    /// How long campaigns remember, in milliseconds.
    public var windowMs: Int64
    /// Whether a live run hands out a campaign in place of the findings on its fingerprints.
    public var isGrouped: Bool

    /// The notes of a report with campaigns.
    public init(windowMs: Int64, isGrouped: Bool) {
        self.windowMs = windowMs
        self.isGrouped = isGrouped
    }
}

extension BacktestReport {
    /// What campaigns of a report are, where they are not what a live run hands out.
    var campaignNotices: [String] {
        guard let campaigns else { return [] }
        var notices: [String] = []
        if campaigns.isGrouped, episodes.contains(where: \.isCampaign) {
            notices.append(
                "Findings on fingerprints of a campaign are judged one by one beside it; a live run hands out the "
                    + "campaign in their place (campaigns.alerts: grouped).")
        }
        if warmup.range.from != nil, warmup.range.warmupMs < campaigns.windowMs {
            notices.append(
                "Campaigns remember \(durationText(ms: campaigns.windowMs)), and "
                    + "\(durationText(ms: warmup.range.warmupMs)) were read in front of the range: one that had begun "
                    + "before may be told of later, smaller or under another name. --warmup reads more."
            )
        }
        if !sweeps.isEmpty {
            notices.append(
                "A sweep counts what its rule finds by itself; --compare shows what another threshold does to "
                    + "campaigns.")
        }
        return notices
    }
}
