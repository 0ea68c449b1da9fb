/// What would have to be true of a campaign if nothing were wrong with it: what a reviewer asks for before anybody is banned.
extension CampaignClass {
    /// A sentence for the class and for each group of evidence, in the order of groups.
    public func ifBenign(_ groups: [EvidenceGroup]) -> [String] {
        [claim] + EvidenceGroup.allCases.filter(groups.contains).map(\.ifBenign)
    }

    private var claim: String {
        switch self {
        case .distillation:
            "Nobody keeps the answers to train a model on: the owner can name the product or study that uses them."
        case .multiAccountAbuse:
            "The accounts have owners of their own, or a contract lets one owner have as many."
        case .resale: "A contract lets whoever pays for the accounts pass access on."
        case .sharedAccess:
            "The people behind an account belong to one customer whose plan allows it."
        case .probing: "The attempts belong to a test that was agreed on."
        }
    }
}

extension EvidenceGroup {
    /// What would explain evidence of the group.
    var ifBenign: String {
        switch self {
        case .identity:
            "One payer is entitled to all these accounts: a company, a course or a family, which says so when asked."
        case .network: "One office, campus or gateway is where these accounts come from."
        case .client:
            "They run a client that its maker hands out, and accounts outside of the campaign run it as well."
        case .content:
            "What they share in their requests is published, by a tool or a course, and accounts outside of the "
                + "campaign send it as well."
        case .time:
            "Something gives them one rhythm: lessons, a deadline, one customer's scheduler, equal quotas that are "
                + "used up."
        case .economics:
            "Their users need long or worked answers themselves, as in tutoring or in an evaluation."
        }
    }
}

extension Finding {
    /// What would have to be true of the campaign if nothing were wrong; nil for a finding about something else.
    var ifBenign: [String]? {
        guard let campaign else { return nil }
        var groups: [EvidenceGroup] = []
        for case (name: "group_names", value: .names(let names)) in evidence {
            groups = names.compactMap(EvidenceGroup.init(rawValue:))
        }
        return campaign.campaignClass.ifBenign(groups)
    }
}
