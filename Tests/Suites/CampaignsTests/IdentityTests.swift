import Campaigns
import Detection
import Primitives
import Testing
import Topology

@Suite("Campaigns that last")
struct IdentityTests {
    private static let rules = Run.rules("accounts() >= 15")

    /// Two farms that nothing ties.
    private static func twoFarms() -> World {
        var world = World(population: 100_000)
        world.lead("farm.frame", "prompt_template", "ta", of: names("a", 0..<40))
        world.pass(World.hour)
        world.lead("farm.frame", "prompt_template", "tb", of: names("b", 0..<30))
        world.pass(World.hour)
        return world
    }

    @Test("A campaign keeps its uid while it grows")
    func growth() throws {
        var world = World(population: 100_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<20))
        for day in 1..<10 {
            world.pass(World.day)
            world.edges("prompt_template", "t", names("a", day * 20..<day * 20 + 20))
            world.lead(
                "seen.card", "payment", "p\(day)", of: names("a", day * 20..<day * 20 + 20))
        }
        let run = try Run(world, Self.rules)
        #expect(Set(run.output.findings.map(\.uid)).count == 1)
        #expect(run.output.findings.map(\.sequence) == Array(0..<run.output.findings.count))
        #expect(run.output.findings.count > 20)
        #expect(run.partition.map(\.count) == [200])
    }

    @Test(
        "Two campaigns that become one: the older lasts, the other says where it went, after three ticks"
    )
    func merge() throws {
        var world = Self.twoFarms()
        let merge = world.now
        // A card with accounts of both tells nothing; a frame that has both farms does.
        world.lead(
            "farm.frame", "system_prompt", "s", of: names("a", 0..<40) + names("b", 0..<30))
        world.pass(World.hour)
        let run = try Run(world, Self.rules)
        let opened = run.output.findings.filter { $0.status == .create }
        #expect(opened.count == 2)
        let closed = try #require(run.output.findings.first { $0.status == .close })
        #expect(closed.uid == opened[1].uid)
        #expect(closed.campaign?.redirectTo == opened[0].uid)
        #expect(closed.campaign?.reason == "same_frame")
        #expect(closed.time.ms == (merge + 2) * World.minute)
        #expect(run.partition.map(\.count) == [70])
        #expect(run.campaigns.keys.first == opened[0].uid)
        // Every account of the other was told to belong to the first, and those of the first to have one more tie.
        let moved = run.output.members.filter { $0.time == closed.time }
        #expect(moved.count == 70)
        #expect(moved.allSatisfy { $0.row?.campaign == opened[0].uid })
    }

    @Test("A tie of two ticks merges nothing")
    func flicker() throws {
        var world = Self.twoFarms()
        let all = names("a", 0..<40) + names("b", 0..<30)
        var settings = CampaignSettings()
        settings.lingerMs = World.minute
        world.lead("farm.frame", "system_prompt", "s", of: all)
        world.pass(World.minute)
        world.lead("farm.frame", "system_prompt", "s", .close)
        world.pass(World.hour)
        let run = try Run(world, Self.rules, settings)
        #expect(run.output.findings.allSatisfy { $0.status == .create })
        #expect(run.partition.map(\.count) == [40, 30])
    }

    @Test(
        "What comes apart is a campaign of its own after six hours, and says of which it was part")
    func split() throws {
        var world = World(population: 100_000)
        let all = names("a", 0..<70)
        world.lead("farm.frame", "system_prompt", "s", of: all)
        world.lead("farm.frame", "prompt_template", "ta", of: all[..<40])
        world.lead("farm.frame", "prompt_template", "tb", of: all[40...])
        world.pass(World.hour)
        var settings = CampaignSettings()
        settings.lingerMs = World.hour
        world.lead("farm.frame", "system_prompt", "s", .close)
        let apart = world.now + 60
        world.pass(9 * World.hour)
        let run = try Run(world, Self.rules, settings)
        let opened = run.output.findings.filter { $0.status == .create }
        #expect(opened.count == 2)
        #expect(opened[1].campaign?.splitFrom == opened[0].uid)
        #expect(opened[1].time.ms == (apart + 6 * 60) * World.minute)
        #expect(run.campaigns[opened[0].uid]?.count == 40)
        #expect(run.campaigns[opened[1].uid]?.count == 30)
    }

    @Test("A campaign closes when its leads have, and goes on under its uid when they come back")
    func returns() throws {
        var world = World(population: 100_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<20))
        world.lead("farm.card", "payment", "p", of: names("a", 0..<20))
        world.pass(World.hour)
        world.lead("farm.frame", "prompt_template", "t", .close)
        world.lead("farm.card", "payment", "p", .close)
        world.pass(3 * World.day)
        world.lead("farm.frame", "prompt_template", "t", of: names("b", 0..<20))
        world.lead("farm.card", "payment", "p", of: names("b", 0..<20))
        world.pass(World.hour)
        let run = try Run(world, Run.rules("groups() >= 2"))
        #expect(
            run.output.findings.map(\.status).filter { $0 != .update } == [
                .create, .close, .create,
            ])
        #expect(Set(run.output.findings.map(\.uid)).count == 1)
        #expect(run.output.findings.map(\.sequence) == Array(0..<run.output.findings.count))
        #expect(run.output.findings.last?.campaign?.reason == "returning")
        #expect(run.members.count == 40)
        // Between the two its members are those of a campaign that is closed.
        let close = try #require(run.output.findings.first { $0.status == .close })
        let kept = run.output.members.filter { $0.time == close.time }
        #expect(kept.count == 20 && kept.allSatisfy { $0.row?.closed == close.time })
        #expect(run.output.members.allSatisfy { $0.row != nil })
        #expect(run.members.allSatisfy { $0.row.closed == nil })
    }

    @Test(
        "Who was a member when a campaign closed is released when it falls apart, a week after its leads"
    )
    func release() throws {
        var world = World(population: 100_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<20))
        world.lead("farm.card", "payment", "p", of: names("a", 0..<20))
        world.pass(World.hour)
        world.lead("farm.frame", "prompt_template", "t", .close)
        world.lead("farm.card", "payment", "p", .close)
        let ended = world.time.ms
        world.pass(8 * World.day)
        let run = try Run(world, Run.rules("groups() >= 2"))
        let released = run.output.members.filter { $0.row == nil }
        #expect(released.count == 20 && run.members.isEmpty)
        let settings = CampaignSettings()
        #expect(
            released.allSatisfy {
                $0.time.ms >= ended + settings.lingerMs
                    && $0.time.ms <= ended + settings.lingerMs + 2 * World.minute
            })
    }

    @Test("What comes back after weeks is another campaign, and says whom it follows")
    func successor() throws {
        var world = World(population: 100_000)
        for pool in ["a", "b"] {
            world.lead("farm.frame", "prompt_template", "t", of: names(pool, 0..<20))
            world.lead("farm.card", "payment", "p", of: names(pool, 0..<20))
            world.pass(World.hour)
            world.lead("farm.frame", "prompt_template", "t", .close)
            world.lead("farm.card", "payment", "p", .close)
            world.pass(20 * World.day)
        }
        let run = try Run(world, Run.rules("groups() >= 2"))
        let opened = run.output.findings.filter { $0.status == .create }
        #expect(opened.count == 2)
        #expect(opened[0].uid != opened[1].uid)
        #expect(opened[0].campaign?.successorOf == nil)
        #expect(opened[1].campaign?.successorOf == opened[0].uid)
        #expect(run.members.isEmpty)
    }

    @Test(
        "The most severe rule that holds names the class, and a campaign that changes class stays one"
    )
    func changesClass() throws {
        var world = World(population: 100_000)
        world.lead("farm.card", "payment", "p", of: names("a", 0..<20))
        world.pass(World.hour)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<20))
        world.pass(World.hour)
        let run = try Run(world)
        #expect(Set(run.output.findings.map(\.uid)).count == 1)
        #expect(
            run.output.findings.map(\.campaign?.campaignClass) == [
                .multiAccountAbuse, .distillation,
            ])
        #expect(run.output.findings.map(\.status) == [.create, .update])
        #expect(run.members.allSatisfy { $0.row.campaignClass == .distillation })
    }

    @Test("What is told up to a time does not depend on what comes after it")
    func prefix() throws {
        let world = ManyChanges.world(seed: 11, sources: 2)
        let log = world.log(until: world.time)
        let whole = try Run(log, ManyChanges.rules, ManyChanges.settings)
        for cut in [log.count / 3, log.count / 2, log.count - 3] {
            let part = try Run(Array(log[..<cut]), ManyChanges.rules, ManyChanges.settings)
            #expect(whole.text(of: .findings).hasPrefix(part.text(of: .findings)))
            #expect(whole.text(of: .members).hasPrefix(part.text(of: .members)))
        }
    }
}
