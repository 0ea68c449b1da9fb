import CampaignOracle
import Campaigns
import Detection
import Primitives
import Testing

@Suite("Campaigns against a naive recomputation")
struct OracleTests {
    /// Two cards as cores, each with seven accounts, and devices with some of either card; at last, where `again`, all of
    /// them have another lead.
    private static func cards(shared width: Int, again: Bool) -> World {
        var world = World(population: 100_000)
        world.lead("farm.card", "payment", "p", of: names("a", 0..<7))
        world.lead("farm.card", "payment", "q", of: names("b", 0..<7))
        world.pass(10 * World.minute)
        for i in 0..<4 {
            let both = names("a", i..<i + width) + names("b", i..<i + width)
            world.lead("seen.device", "device", "d\(i)", of: both)
        }
        world.pass(World.hour)
        if again {
            for card in ["p", "q"] { world.lead("seen.card", "payment", card) }
            for i in 0..<4 { world.lead("seen.address", "device", "d\(i)") }
            world.pass(World.hour)
        }
        return world
    }

    @Test(
        "Which cores are one does not depend on what has changed last",
        arguments: [(1, 2), (2, 2), (3, 1)], [false, true])
    func bridges(_ shape: (shared: Int, campaigns: Int), again: Bool) throws {
        let world = Self.cards(shared: shape.shared, again: again)
        let settings = CampaignSettings()
        let run = try Run(world, Run.rules("accounts() >= 0 && fingerprints() >= 1"), settings)
        let naive = NaiveClusters(
            world.told, settings, feeds: World.feeds, population: 100_000, until: world.now)
        #expect(Set(run.members.map(\.row.campaign)).count == shape.campaigns)
        #expect(naive.clusters().count == shape.campaigns)
    }

    @Test(
        "Once all is settled, campaigns are what clusters computed from nothing say",
        arguments: 1...30)
    func settled(seed: UInt64) throws {
        var settings = ManyChanges.settings
        settings.windowMs = 20 * World.day
        var world = ManyChanges.world(seed: seed, sources: 2, steps: 120)
        // Long enough for leads to be forgotten and for parts to come apart.
        world.pass(settings.lingerMs + settings.splitMs + World.hour)
        let run = try Run(world, Run.rules("accounts() >= 0 && fingerprints() >= 1"), settings)

        let naive = NaiveClusters(
            world.told, settings, feeds: World.feeds,
            population: world.population / world.sources * world.sources, until: world.now)
        let clusters = naive.clusters()
        var uidOf: [Int: FindingID] = [:]
        let rows = Dictionary(
            uniqueKeysWithValues: run.members.map { ($0.account, $0.row) })
        var members = 0
        for (name, homes) in naive.homes(clusters) {
            let row = rows[name]
            let account = String(decoding: name, as: UTF8.self)
            guard let home = homes.first else {
                #expect(row == nil, "\(account) is in too many")
                continue
            }
            members += 1
            // Of equal campaigns the older counts, which cannot be told here.
            guard homes.count == 1 else { continue }
            let uid = try #require(row?.campaign, "\(account) is a member of none")
            #expect(uidOf[home] ?? uid == uid, "\(account): seed \(seed)")
            uidOf[home] = uid
        }
        #expect(Set(uidOf.values).count == uidOf.count, "clusters have one uid each")
        #expect(rows.count == members)
        #expect(members > 5)
    }
}
