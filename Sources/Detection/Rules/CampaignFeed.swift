/// That a rule feeds campaigns: while it holds for a fingerprint, that is a lead.
public struct CampaignFeed: Equatable, Sendable {
    /// What its leads are signs of.
    public var group: EvidenceGroup
    /// How much a lead says by itself, from 1; from 3 on it is the core of a campaign of its own.
    public var weight: Int

    /// A feed with a weight.
    public init(group: EvidenceGroup, weight: Int) {
        self.group = group
        self.weight = weight
    }
}
