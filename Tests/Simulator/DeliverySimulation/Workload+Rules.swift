import Detection
import Primitives
import YAML

/// The rules that a run's records are judged by.
extension Workload {
    /// The id of the rule that is added while a run goes on.
    static let addedRule = "sim.added"

    /// Three rules that speak often, and with `isChanged` one more, of the same features. With `campaigns` two of the three
    /// feed campaigns, as do two that give no findings of their own, and there are rules about campaigns.
    static func rules(isChanged: Bool = false, campaigns: CampaignScene? = nil) throws -> RuleSet {
        let diagnostics = Diagnostics()
        let width = PaneWidth(ms: 1_000) ?? .standard
        var loader = RuleLoader(diagnostics: diagnostics, paneWidth: width)
        func load(_ kind: String, _ texts: [String]) {
            let head = "apiVersion: stillwatch/v1\nkind: \(kind)\nversion: 1\nseverity: high\n"
            for (i, text) in texts.enumerated() {
                loader.load(
                    SourceText(
                        name: "\(kind)\(i)", text: head + "description: A rule.\n" + text + "\n"))
            }
        }
        load("Rule", texts(feeding: campaigns != nil) + (isChanged ? [added] : []))
        if let campaigns {
            load("Rule", CampaignScene.leads)
            load("CampaignRule", campaigns.rules)
        }
        if let first = diagnostics.errors.first { throw first }
        return try RuleSet(loader.rules, campaigns: loader.campaignRules, paneWidth: width)
    }

    private static func texts(feeding: Bool) -> [String] {
        [
            """
            id: sim.card
            entity: fingerprint
            kinds: [payment]
            \(feeding ? CampaignScene.feed("identity", weight: 3) : "")
            when: accounts(20s) >= 4 && requests(20s) >= 10
            keep_firing_for: 3s
            suppress: { update_every: 4s, cooldown: 5s }
            evidence: [accounts(20s), requests(20s), requests(2m), evenness(20s), top(account, 3, 20s)]
            """,
            """
            id: sim.account
            entity: account
            when: requests(10s) >= 6
            for: 2s
            keep_firing_for: 2s
            suppress: { update_every: 5s, cooldown: 8s }
            evidence: [requests(10s), distinct(ip, 30s), sum(output_tokens, 1m), age()]
            """,
            """
            id: sim.address
            entity: fingerprint
            kinds: [ip, device]
            \(feeding ? CampaignScene.feed("network", weight: 1) : "")
            when: accounts(30s) >= 3 && evenness(30s) >= 0.4 && requests(30s) >= 9
            keep_firing_for: 5s
            suppress: { update_every: 6s, cooldown: 10s }
            evidence: [accounts(30s), new_share(30s), evenness(30s), payers(30s)]
            """,
        ]
    }

    private static let added = """
        id: \(addedRule)
        entity: fingerprint
        kinds: [payment]
        when: accounts(20s) >= 3 && requests(20s) >= 6
        keep_firing_for: 3s
        suppress: { update_every: 4s, cooldown: 5s }
        evidence: [accounts(20s), requests(20s)]
        """
}
