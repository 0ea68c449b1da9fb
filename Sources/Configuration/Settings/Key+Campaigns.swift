import Campaigns
import YAML

extension Key {
    static let campaignKeys: [Key] = [
        .choice(
            "campaigns.alerts", \.campaigns.alerts, default: .grouped,
            effect: """
                What becomes of the findings of rules that feed campaigns. `grouped`: those of fingerprints that \
                belong to a campaign are not handed out one by one. `single`: all are. `off`: there is no \
                CAMPAIGN stage, and such rules give their findings as others do.
                """,
            example: "single"),
        .duration(
            "campaigns.window", \.campaigns.windowMs, in: 86_400_000...(35 * 86_400_000),
            default: "35d",
            effect: "How long an account counts as seen with a fingerprint after it last was.",
            example: "14d"),
        .mapping(
            "campaigns.kinds", \.campaigns.kinds, of: "fingerprint kind to hard | soft | context",
            effect: """
                What a kind may do in a campaign. `hard`: strangers do not share it, so a few shared accounts tie \
                (payment, device). `soft`: strangers may, so it ties where a rule says that these do not \
                (prompt_template, card_bin). `context`: it never ties. Kinds of your own are context.
                """,
            example: "{ fingerprints.badge: hard }", check: checkRole),
    ]

    /// What is wrong with a kind's role; nil for a good one.
    private static func checkRole(_ pair: Settings.Pair) -> String? {
        guard Role(rawValue: pair.value) != nil else {
            let words = Role.allCases.map(\.rawValue).joined(separator: ", ")
            return "must be one of \(words), not '\(pair.value)'"
        }
        return nil
    }
}
