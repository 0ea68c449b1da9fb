import Campaigns
import Detection
import Primitives
import Testing
import Topology

@Suite("Leads that speak for themselves, and limits")
struct LeadTests {
    @Test(
        "A lead is handed out while no campaign speaks for it, names the one it comes into, and is closed once"
    )
    func leads() throws {
        var world = World(population: 100_000)
        world.lead("farm.card", "payment", "p", of: names("a", 0..<20))
        world.lead("seen.card", "payment", "family", of: names("f", 0..<4))
        world.pass(World.hour)
        // Now it is a campaign: content comes beside identity.
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<20))
        for _ in 0..<3 {
            world.pass(World.hour)
            world.lead("farm.card", "payment", "p", .update)
            world.lead("seen.card", "payment", "family", .update)
        }
        world.pass(World.hour)
        world.lead("farm.card", "payment", "p", .close)
        world.lead("seen.card", "payment", "family", .close)
        let run = try Run(world, Run.rules("groups() >= 2 && accounts() >= 15"))
        let uid = try #require(run.output.findings.first?.uid)
        let steps = run.output.leads.map { step in
            "\(step.lead.rule) \(step.lead.status.rawValue) \(step.campaign == uid ? "in" : "alone")"
        }
        #expect(
            steps == [
                "farm.card create alone", "seen.card create alone",
                // The frame came into the campaign as it opened: it is never handed out.
                "farm.card update in", "seen.card update alone",
                "seen.card update alone", "seen.card update alone", "seen.card close alone",
            ])
    }

    @Test("What was in a campaign that closed speaks for itself from its next step on")
    func afterwards() throws {
        var world = World(population: 100_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<20))
        world.lead("farm.card", "payment", "p", of: names("a", 0..<20))
        world.pass(World.hour)
        world.lead("farm.frame", "prompt_template", "t", .close)
        world.pass(3 * World.day)
        world.lead("farm.card", "payment", "p", .update)
        world.pass(World.hour)
        let run = try Run(world, Run.rules("groups() >= 2 && accounts() >= 15"))
        #expect(run.output.leads.map(\.lead.rule) == ["farm.card"])
        #expect(run.output.leads.map(\.lead.status) == [.create])
    }

    @Test("A flood of tiny leads goes first, and the farm stays")
    func flood() throws {
        var settings = CampaignSettings()
        settings.maxFingerprints = 500
        settings.maxEdges = 3000
        var world = FarmTests.farm(population: 100_000)
        for round in 0..<10 {
            world.pass(World.minute)
            for i in 0..<100 {
                let people = names("x\(round).\(i).", 0..<3)
                world.lead("seen.card", "payment", "flood\(round).\(i)", of: people)
            }
        }
        world.pass(World.hour)
        let run = try Run(world, Run.pair, settings)
        #expect(run.counters.evicted > 500)
        #expect(run.partition == [names("a", 0..<60).sorted()])
    }

    @Test("A lead with very many accounts keeps so many edges, and ties nothing")
    func enormous() throws {
        var settings = CampaignSettings()
        settings.hardCap = 100
        var world = FarmTests.farm(population: 100_000)
        world.lead("seen.device", "device", "d", of: names("y", 0..<1000) + names("a", 0..<60))
        world.pass(World.hour)
        let run = try Run(world, Run.pair, settings)
        #expect(run.counters.edgesOverLimit == 1060 - 126)
        #expect(run.partition == [names("a", 0..<60).sorted()])
    }

    @Test("Edges end with their window, and a hub that has shrunk ties again")
    func window() throws {
        var settings = CampaignSettings()
        settings.hardCap = 40
        settings.windowMs = 10 * World.day
        var world = World(population: 100_000)
        world.lead("farm.card", "payment", "p", of: names("a", 0..<20) + names("z", 0..<30))
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<20))
        for _ in 0..<12 {
            world.pass(World.day)
            world.edges("payment", "p", names("a", 0..<20))
            world.edges("prompt_template", "t", names("a", 0..<20))
        }
        let run = try Run(world, Run.rules("accounts() >= 15 && has(identity)"), settings)
        // For ten days the card has fifty accounts: an attribute, of which most are strangers.
        let opened = try #require(run.output.findings.first)
        #expect(opened.time.ms >= World.start + 10 * World.day)
        #expect(run.partition == [names("a", 0..<20).sorted()])
        #expect(run.members.allSatisfy { $0.row.ties == 2 })
    }

    @Test(
        "An edge without a name, of an account that was forgotten since it was named, names nobody")
    func nameless() throws {
        var settings = CampaignSettings()
        settings.windowMs = 2 * World.hour
        var world = World(population: 1000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<20))
        world.pass(World.hour)
        // Known still: what a lead that closes leaves to tell needs no name.
        world.edges("prompt_template", "t", names("a", 0..<5), named: false)
        world.pass(4 * World.hour)
        world.edges("prompt_template", "t", names("a", 0..<7), named: false)
        world.pass(World.minute)
        let run = try Run(world, Run.rules("accounts() >= 1"), settings)
        #expect(run.counters.strayEdges == 7)
        #expect(run.members.isEmpty)
        #expect(!run.output.members.contains { $0.account.isEmpty })
        #expect(run.output.members.count { $0.row == nil } == 20)
    }

    @Test("A source that ends with a tick it has told of is not late, and leaves nothing waiting")
    func endWithTick() throws {
        var task = Run.task()
        var output = CampaignOutput()
        let times = [0, World.start, World.start].map { EventTime(ms: $0) }
        for i in 0..<2 {
            let header = EvidenceBlock.Header(
                source: 0, sources: 1, application: 7, tickMs: 60_000, from: times[i],
                through: times[i + 1], accounts: 3, hasEnded: i == 1)
            try task.receive(World.block(header, []), at: i)
            task.advance(&output)
        }
        #expect(task.counters.lateBlocks == 0 && task.waitingBytes == 0)
        #expect(task.counters.blocksRead == 2)
    }

    @Test("Leads of rules that feed nothing here are counted and change nothing")
    func unknown() throws {
        var world = World(population: 1000)
        world.lead("other.rule", "payment", "p", of: names("a", 0..<20))
        let run = try Run(world, Run.rules("accounts() >= 1"))
        #expect(run.counters.unknownRules == 1)
        #expect(run.counters.strayEdges == 20)
        #expect(run.output.findings.isEmpty)
        #expect(run.output.leads.count == 1)
    }
}
