import Detection
import Primitives
import Topology

/// What is said of a member of a campaign.
public struct MemberRow: Equatable, Sendable {
    /// The campaign.
    public var campaign: FindingID
    /// What it is.
    public var campaignClass: CampaignClass
    /// When the account was first seen with a fingerprint of the campaign.
    public var since: EventTime
    /// How sure it is that the account belongs there, in percent: by its ties and by the campaign's groups of evidence.
    public var confidence: Int
    /// Cores and satellites of the campaign that the account was seen with.
    public var ties: Int
    /// When the campaign closed; nil while it is open. Members stay named for as long as their campaign stays together.
    public var closed: EventTime?

    /// A row with all its parts.
    public init(
        campaign: FindingID, campaignClass: CampaignClass, since: EventTime, confidence: Int,
        ties: Int, closed: EventTime? = nil
    ) {
        self.campaign = campaign
        self.campaignClass = campaignClass
        self.since = since
        self.confidence = confidence
        self.ties = ties
        self.closed = closed
    }
}

/// An account whose place among the members has changed.
public struct MemberChange: Equatable, Sendable {
    /// The account as events spell it.
    public var account: [UInt8]
    /// What is true of it from now on; nil where it is released.
    public var row: MemberRow?
    /// The end of the tick.
    public var time: EventTime

    /// A change.
    public init(account: [UInt8], row: MemberRow?, time: EventTime) {
        self.account = account
        self.row = row
        self.time = time
    }
}

/// A step of a lead that is to be handed out as a finding of its own rule.
public struct LeadStep: Sendable {
    /// The step; one whose opening was not handed out before has the status `create`.
    public var lead: Lead
    /// The open campaign that its fingerprint belongs to; nil where there is none.
    public var campaign: FindingID?
}

/// What the CAMPAIGN task has found.
public struct CampaignOutput: Sendable {
    /// Findings about campaigns, tick by tick.
    public var findings: [Finding] = []
    /// Members that were added, changed or released: by tick and account.
    public var members: [MemberChange] = []
    /// Leads that speak for themselves: those whose fingerprint is in no open campaign, one more step of those that
    /// came into one, and closes of whatever was handed out. In the order of evidence.
    public var leads: [LeadStep] = []

    /// Nothing.
    public init() {}
}
