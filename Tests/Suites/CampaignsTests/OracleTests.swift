import Campaigns
import Detection
import Primitives
import Testing

@Suite("Campaigns against a naive recomputation")
struct OracleTests {
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

        let naive = NaiveClusters(world, settings)
        let clusters = naive.clusters()
        var uidOf: [Int: FindingID] = [:]
        let rows = Dictionary(
            uniqueKeysWithValues: run.members.map {
                (String(decoding: $0.account, as: UTF8.self), $0.row)
            })
        var members = 0
        for (account, homes) in naive.homes(clusters).sorted(by: { $0.key < $1.key }) {
            let row = rows[account]
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
