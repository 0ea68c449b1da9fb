import Primitives

/// What a campaign is.
public enum CampaignClass: String, Sendable, CaseIterable {
    /// Answers are harvested to train a model.
    case distillation
    /// One operator runs many accounts.
    case multiAccountAbuse = "multi_account_abuse"
    /// Access is sold on.
    case resale
    /// Accounts are shared.
    case sharedAccess = "shared_access"
    /// The service is tried out for weaknesses.
    case probing
}

/// What a finding says of a campaign beside its evidence.
public struct CampaignFacts: Equatable, Sendable {
    /// What the campaign is.
    public var campaignClass: CampaignClass
    /// The campaign this one turned out to be part of; only on a close.
    public var redirectTo: FindingID?
    /// Why: what was shared, such as `shared_payment` or `same_frame`; `returning` where a closed campaign goes on,
    /// `benign` where verdicts have taken everything from it.
    public var reason: String?
    /// The campaign this one was part of.
    public var splitFrom: FindingID?
    /// A campaign that closed before and that this one follows.
    public var successorOf: FindingID?

    /// Facts about a campaign.
    public init(
        campaignClass: CampaignClass, redirectTo: FindingID? = nil, reason: String? = nil,
        splitFrom: FindingID? = nil, successorOf: FindingID? = nil
    ) {
        self.campaignClass = campaignClass
        self.redirectTo = redirectTo
        self.reason = reason
        self.splitFrom = splitFrom
        self.successorOf = successorOf
    }

    /// The facts as members of an object: those that apply, in a fixed order.
    func write(to writer: inout JSONWriter) {
        writer.member("class", campaignClass.rawValue)
        if let redirectTo { writer.member("redirect_to", redirectTo.description) }
        if let reason { writer.member("reason", reason) }
        if let splitFrom { writer.member("split_from", splitFrom.description) }
        if let successorOf { writer.member("successor_of", successorOf.description) }
    }

    /// The campaigns it names, without repeats: its related findings.
    var related: [FindingID] {
        var ids: [FindingID] = []
        for id in [redirectTo, splitFrom, successorOf] {
            if let id, !ids.contains(id) { ids.append(id) }
        }
        return ids
    }
}
