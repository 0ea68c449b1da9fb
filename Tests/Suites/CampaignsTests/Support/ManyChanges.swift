import Campaigns
import Primitives
import TestSupport

/// Evidence that changes at random: farms that grow and fade, leads that open and close, cards that move.
enum ManyChanges {
    static let rules = Run.rules([
        Run.rule(
            "test.a", when: "accounts() >= 6 && score() >= 6", class: "distillation",
            severity: "high", "for: 2m\nkeep_firing_for: 30m\nsuppress: { update_every: 20m }"),
        Run.rule(
            "test.b", when: "accounts() >= 4 && share(new) >= 0 || groups() >= 2",
            "keep_firing_for: 15m\nsuppress: { update_every: 1h, cooldown: 5m }"),
        Run.rule("test.c", when: "accounts() >= 8", class: "resale", severity: "low"),
    ])

    /// Times short enough for everything to happen within some hours.
    static let settings: CampaignSettings = {
        var settings = CampaignSettings()
        settings.lingerMs = 2 * World.hour
        settings.splitMs = World.hour
        settings.windowMs = 12 * World.hour
        settings.continueMs = 6 * World.hour
        settings.hardCap = 30
        settings.softCap = 60
        settings.hardPerAccount = 4
        settings.fingerprintsPerAccount = 8
        settings.ownFrames = 1
        settings.largeRegion = 6
        return settings
    }()

    private static let rulesOf = [
        ("farm.frame", "prompt_template"), ("farm.frame", "system_prompt"),
        ("farm.card", "payment"),
        ("seen.card", "payment"), ("seen.device", "device"), ("seen.address", "ip"),
        ("seen.card", "card_bin"),
    ]

    static func world(seed: UInt64, sources: Int, steps: Int = 160) -> World {
        var random = TestRandom(seed: seed)
        var world = World(sources: sources, population: 4000)
        for _ in 0..<steps {
            if Int.random(in: 0..<3, using: &random) == 0 {
                world.pass(Int64.random(in: 1...25, using: &random) * World.minute)
            }
            step(&world, &random)
        }
        world.pass(World.hour)
        return world
    }

    private static func step(_ world: inout World, _ random: inout TestRandom) {
        let (rule, kind) = rulesOf[Int.random(in: 0..<rulesOf.count, using: &random)]
        let value = "\(kind)\(Int.random(in: 0..<6, using: &random))"
        switch Int.random(in: 0..<10, using: &random) {
        case 0: world.lead(rule, kind, value, .close)
        case 1: world.lead(rule, kind, value, .update)
        default:
            // Accounts come in runs, so that fingerprints share many of them.
            let from = Int.random(in: 0..<24, using: &random) * 4
            let count = Int.random(in: 1...20, using: &random)
            world.lead(rule, kind, value)
            world.edges(
                kind, value, names("a", from..<from + count),
                requests: Int64.random(in: 1...50, using: &random),
                createdDaysAgo: Bool.random(using: &random) ? 3 : 100)
        }
    }
}

extension Run {
    enum Part { case findings, members }

    /// What was told, as text: findings or members.
    func text(of part: Part) -> String {
        var run = self
        if part == .findings { run.output.members = [] } else { run.output.findings = [] }
        return run.text
    }
}
