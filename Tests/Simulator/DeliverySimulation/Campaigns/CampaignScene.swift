import Campaigns
import ClusterSimulation
import Topology

/// The CAMPAIGN stage of a run, drawn from the seed: with times short enough for campaigns to begin, merge, come apart,
/// close and come back within the run, and now and then with limits low enough to be reached.
struct CampaignScene {
    let pipeline: CampaignPipeline
    /// Whether fingerprints may be forgotten over a limit: clusters cannot be recomputed from evidence alone then.
    let forgets: Bool

    private static let hourMs: Int64 = 3_600_000

    /// The stage of a seed; nil where the run has none.
    init?(seed: UInt64, isHistory: Bool) {
        let random = RandomStream(seed: seed, salt: 7)
        guard random.chance(0.45) else { return nil }
        var pipeline = CampaignPipeline()
        let tickMs: Int64 = isHistory ? 60_000 : random.choose([1_000, 2_000, 3_000]) ?? 2_000
        var settings = CampaignSettings()
        settings.tickMs = tickMs
        // Edges end by the hour. What goes on is told of once a day, so a shorter window takes it for over.
        let windows = [isHistory ? 4 * Self.hourMs : 15_000, 24 * Self.hourMs]
        settings.windowMs = random.choose(windows) ?? windows[0]
        settings.lingerMs =
            isHistory ? random.pick(1...3) * Self.hourMs / 2 : random.pick(1_000...6_000)
        settings.splitMs = tickMs * random.pick(2...4)
        settings.continueMs =
            isHistory ? random.pick(1...6) * Self.hourMs / 2 : random.pick(2_000...10_000)
        let day = 24 * Self.hourMs
        settings.rememberMs = random.choose([2 * settings.continueMs, 180 * day]) ?? day
        settings.hardCap = random.choose([7, 2_000, 2_000]) ?? 7
        settings.softCap = random.choose([9, 200_000, 200_000]) ?? 9
        // An account with more of them ties nothing: what it held together comes apart.
        settings.hardPerAccount = random.choose([2, 12, 12, 12]) ?? 2
        settings.fingerprintsPerAccount = random.choose([5, 128, 128, 128]) ?? 5
        settings.ownFrames = random.choose([1, 12]) ?? 1
        settings.largeRegion = random.choose([3, 128, 128]) ?? 3
        settings.minBits = Int(random.pick(1...3))
        forgets = random.chance(0.15)
        if forgets {
            settings.maxFingerprints = Int(random.pick(8...20))
            settings.maxEdges = Int(random.pick(40...120))
        }
        pipeline.settings = settings
        pipeline.evidence.tickMs = tickMs
        pipeline.evidence.isGrouped = random.chance(0.8)
        if random.chance(0.2) { pipeline.evidence.leadEdges = Int(random.pick(4...9)) }
        if random.chance(0.15) { pipeline.evidence.taskEdges = Int(random.pick(10...40)) }
        if random.chance(0.1) { pipeline.evidence.leads = Int(random.pick(3...9)) }
        self.pipeline = pipeline
    }

    /// How a rule feeds campaigns, as a line of its text.
    static func feed(_ group: String, weight: Int) -> String {
        "campaign: { group: \(group), weight: \(weight) }"
    }

    /// Rules that give no findings, and lead to campaigns.
    static let leads = [
        """
        id: sim.frame
        entity: fingerprint
        kinds: [prompt_template]
        \(feed("content", weight: 4))
        alert: false
        when: accounts(10s) >= 4
        keep_firing_for: 3s
        suppress: { update_every: 5s, cooldown: 0s }
        evidence: [accounts(10s), requests(10s)]
        """,
        """
        id: sim.means
        entity: fingerprint
        kinds: [payment, device]
        \(feed("identity", weight: 2))
        alert: false
        when: accounts(10s) >= 3
        keep_firing_for: 3s
        suppress: { update_every: 7s, cooldown: 0s }
        evidence: [accounts(10s)]
        """,
    ]

    /// Rules that say which clusters are campaigns, with times of some ticks.
    var rules: [String] {
        let tick = pipeline.settings.tickMs / 1_000
        return [
            """
            id: sim.farm
            class: distillation
            when: has(content) && groups() >= 2 && accounts() >= 4
            keep_firing_for: \(2 * tick)s
            suppress: { update_every: \(3 * tick)s, cooldown: 0s }
            """,
            """
            id: sim.many
            class: multi_account_abuse
            when: accounts() >= 3 && fingerprints() >= 2
            for: \(tick)s
            keep_firing_for: \(tick)s
            suppress: { update_every: \(4 * tick)s, cooldown: \(2 * tick)s }
            """,
        ]
    }
}
