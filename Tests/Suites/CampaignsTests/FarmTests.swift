import Campaigns
import Detection
import Primitives
import Testing
import Topology

@Suite("Campaigns of farms")
struct FarmTests {
    /// A farm of 60 accounts with one frame, four cards of 15, and families beside it.
    static func farm(sources: Int = 1, population: Int = 5000) -> World {
        var world = World(sources: sources, population: population)
        let accounts = names("a", 0..<60)
        world.lead("farm.frame", "prompt_template", "t1", of: accounts, createdDaysAgo: 3)
        for card in 0..<4 {
            world.lead(
                "farm.card", "payment", "p\(card)", of: accounts[card * 15..<card * 15 + 15],
                createdDaysAgo: 3)
        }
        for family in 0..<20 {
            let people = names("f\(family).", 0..<4)
            world.lead("seen.card", "payment", "family\(family)", of: people)
            world.lead("seen.device", "device", "tablet\(family)", of: people)
        }
        return world
    }

    @Test("A farm is one campaign with every account, and families are none")
    func oneCampaign() throws {
        var world = Self.farm()
        world.pass(World.hour)
        let run = try Run(world)
        #expect(run.partition == [names("a", 0..<60).sorted()])
        let finding = try #require(run.output.findings.first)
        #expect(run.output.findings.count == 1)
        #expect(finding.status == .create)
        #expect(finding.campaign?.campaignClass == .distillation)
        #expect(finding.entityKind == "campaign")
        #expect(String(decoding: finding.entityValue, as: UTF8.self) == finding.uid.description)
        #expect(finding.number("accounts") == 60)
        #expect(finding.number("new_accounts") == 60)
        #expect(finding.number("fingerprints") == 5)
        #expect(finding.number("groups") == 2)
        #expect(finding.number("score") == 7)
        // The same requests come with the frame and a card: they count once.
        #expect(finding.number("requests") == 600)
        #expect(finding.number("tokens") == 60_000)
        #expect(run.members.allSatisfy { $0.row.ties == 2 && $0.row.confidence == 80 })
        #expect(run.members.allSatisfy { $0.row.since.ms == World.start - World.minute })
    }

    @Test(
        "What has to do with many fingerprints waits for the tenth tick, what has with few does not",
        arguments: [4, 128])
    func turns(largeRegion: Int) throws {
        var settings = CampaignSettings()
        settings.largeRegion = largeRegion
        var world = Self.farm()
        world.pass(World.hour)
        while world.time.ms / World.minute % 10 != 3 { world.pass(World.minute) }
        let tick = world.time.ms / World.minute
        world.lead("seen.card", "payment", "late", of: names("a", 0..<10) + names("n", 0..<3))
        world.pass(World.hour)
        let run = try Run(world, Run.pair, settings)
        let joined = run.output.members.filter { $0.account == Array("n0".utf8) }
        #expect(joined.map(\.time.ms) == [(largeRegion == 4 ? tick + 7 : tick) * World.minute])
        #expect(run.partition == [(names("a", 0..<60) + names("n", 0..<3)).sorted()])
    }

    @Test("Parts with frames of their own that use the same cards are one campaign")
    func parts() throws {
        var world = World(population: 50_000)
        for part in 0..<3 {
            let accounts = names("p\(part).", 0..<30)
            world.lead("farm.frame", "prompt_template", "t\(part)", of: accounts)
        }
        // Each card has four accounts of one part and one of another.
        for card in 0..<18 {
            let (part, other) = (card % 3, (card + 1) % 3)
            let four = names("p\(part).", (card / 3 * 4)..<(card / 3 * 4 + 4))
            world.lead(
                "seen.card", "payment", "c\(card)", of: four + ["p\(other).\(card / 3 * 4)"])
        }
        #expect(try Run(world).partition.map(\.count) == [90])
    }

    @Test("Who uses frames that a farm passes on is no member, and a crowd beside it no part of it")
    func crowd() throws {
        var world = Self.farm()
        let crowd = names("c", 0..<400)
        // Some of the farm's accounts use the crowd's tool, and strangers use the frames that the farm passes on.
        let half = (0..<60).filter { $0 % 2 == 0 }.map { "a\($0)" }
        let some = (0..<60).filter { $0 % 4 == 0 }.map { "a\($0)" }
        world.lead("farm.frame", "tool_set", "popular", of: crowd + some)
        for frame in 0..<14 {
            let customers = names("x\(frame).", 0..<8)
            world.lead("farm.frame", "prompt_template", "r\(frame)", of: half + customers)
        }
        let farm = Set(names("a", 0..<60))
        let ofFarm = try Run(world).partition.filter { !farm.isDisjoint(with: $0) }
        #expect(ofFarm.map(Set.init) == [farm])
        // An operator with a few frames of his own has all that use them as members, cards or not.
        var isolated = Self.farm()
        isolated.edges("prompt_template", "t1", names("i", 0..<20))
        #expect(try Run(isolated).partition.map(\.count) == [80])
    }

    @Test(
        "The issuer of a farm's cards belongs to its campaign, brings no members, and is silent by itself"
    )
    func issuer() throws {
        var world = Self.farm()
        let customers = names("c", 0..<6)
        world.pass(World.hour)
        world.lead("farm.card", "card_bin", "400390", of: names("a", 0..<60) + customers)
        world.pass(World.hour)
        world.lead("farm.card", "card_bin", "400390", .update)
        world.pass(6 * World.hour)
        let run = try Run(world)
        #expect(run.partition == [names("a", 0..<60).sorted()])
        #expect(run.output.findings.last?.number("fingerprints(card_bin)") == 1)
        let steps = run.output.leads.filter { $0.lead.subject.kind == "card_bin" }
        #expect(steps.allSatisfy { $0.campaign != nil || $0.lead.status == .create })
        #expect(steps.count <= 2)
    }

    @Test("Of a public tool that a farm uses, those who share nothing else with it are no members")
    func publicTool() throws {
        var world = Self.farm()
        // Half of the farm has no cards, and all of it uses a tool that strangers use as well.
        let isolated = names("i", 0..<60)
        world.edges("prompt_template", "t1", isolated)
        let all = names("a", 0..<60) + isolated
        world.lead("farm.frame", "tool_set", "public", of: all + names("s", 0..<30))
        // What it resells is passed on in many frames.
        let half = (0..<60).filter { $0 % 2 == 0 }.map { "a\($0)" }
        for frame in 0..<14 {
            let customers = names("x\(frame).", 0..<8)
            world.lead("farm.frame", "prompt_template", "r\(frame)", of: half + customers)
        }
        let farm = Set(all)
        let ofFarm = try Run(world).partition.filter { !farm.isDisjoint(with: $0) }
        #expect(ofFarm.map(Set.init) == [farm])
    }

    @Test("Without content it is abuse of accounts, of medium severity")
    func withoutContent() throws {
        var world = World(population: 5000)
        world.lead("farm.card", "payment", "p", of: names("a", 0..<20))
        world.lead("seen.device", "device", "d", of: names("a", 0..<20))
        let run = try Run(world)
        let finding = try #require(run.output.findings.first)
        #expect(finding.campaign?.campaignClass == .multiAccountAbuse)
        #expect(finding.rule.severity == .medium)
        #expect(finding.number("accounts") == 20)
    }

    @Test("Two farms stay two, whatever hub their accounts share")
    func hub() throws {
        var world = World(population: 100_000)
        for farm in ["a", "b"] {
            world.lead("farm.frame", "prompt_template", "t\(farm)", of: names(farm, 0..<100))
            for card in 0..<5 {
                let own = names(farm, card * 20..<card * 20 + 20)
                world.lead("farm.card", "payment", "\(farm)\(card)", of: own)
            }
        }
        let without = try Run(world)
        #expect(without.partition.map(\.count) == [100, 100])
        var settings = CampaignSettings()
        settings.hardCap = 150
        let all = names("a", 0..<100) + names("b", 0..<100)
        world.lead("seen.device", "device", "everybody", of: all)
        world.lead("seen.address", "ip", "proxy", of: all)
        let with = try Run(world, Run.pair, settings)
        #expect(with.partition == without.partition)
        #expect(Set(with.campaigns.keys) == Set(without.campaigns.keys))
    }

    @Test("Accounts and leads that have nothing to do with it change no campaign")
    func unrelated() throws {
        let alone = try Run(Self.farm())
        var world = Self.farm()
        for stranger in 0..<50 {
            let people = names("s\(stranger).", 0..<5)
            world.lead("seen.card", "payment", "stranger\(stranger)", of: people)
        }
        let run = try Run(world)
        #expect(run.text == alone.text)
    }

    @Test("The frame may come last, and the cards' accounts are its members then")
    func frameLast() throws {
        var world = World(population: 10_000)
        for card in 0..<4 {
            let own = names("a", card * 10..<card * 10 + 10)
            world.lead("seen.card", "payment", "p\(card)", of: own)
            world.pass(World.hour)
        }
        world.lead("farm.frame", "system_prompt", "s", of: names("a", 0..<40))
        world.pass(World.hour)
        let run = try Run(world, Run.rules("accounts() >= 15"))
        #expect(run.partition == [names("a", 0..<40).sorted()])
        #expect(run.output.findings.map(\.status) == [.create])
    }

    @Test("A card mostly of others does not join, and does not bring its accounts")
    func mostlyOthers() throws {
        var world = World(population: 10_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<50))
        world.lead("seen.card", "payment", "p", of: names("a", 0..<6) + names("x", 0..<6))
        let run = try Run(world, Run.rules("accounts() >= 15"))
        #expect(run.partition == [names("a", 0..<50).sorted()])
    }

    @Test("Context adds weight and no members")
    func context() throws {
        var world = World(population: 10_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<50))
        world.lead(
            "seen.address", "subnet", "10.0.0.0/24", of: names("a", 0..<40) + names("x", 0..<2))
        let run = try Run(world, Run.rules("has(network) && accounts() >= 15"))
        #expect(run.partition == [names("a", 0..<50).sorted()])
        let finding = try #require(run.output.findings.first)
        #expect(finding.number("groups") == 2)
        #expect(finding.number("fingerprints") == 2)
    }

    @Test("An account with very many cards ties no families")
    func everybodysCards() throws {
        var world = World(population: 10_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("evil", 0..<20))
        for family in 0..<40 {
            let people = names("f\(family).", 0..<3)
            world.lead("seen.card", "payment", "c\(family)", of: people + names("evil", 0..<20))
        }
        let run = try Run(world, Run.rules("accounts() >= 15"))
        #expect(run.partition == [names("evil", 0..<20).sorted()])
    }

    @Test("A share that chance explains ties nothing")
    func chance() throws {
        // Of 100 accounts 80 use the frame, so that four of four with one card are no wonder.
        for (population, isTied) in [(100, false), (100_000, true)] {
            var world = World(population: population)
            world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<80))
            world.lead("seen.card", "payment", "p", of: names("a", 0..<4))
            let run = try Run(world, Run.rules("accounts() >= 15 && has(identity)"))
            #expect(run.output.findings.isEmpty != isTied, "\(population)")
        }
    }

    @Test("Two frames over the same cards are one farm")
    func bridged() throws {
        var world = World(population: 100_000)
        world.lead("farm.frame", "prompt_template", "t1", of: names("a", 0..<100))
        world.lead("farm.frame", "prompt_template", "t2", of: names("a", 100..<200))
        // Ten cards, each with ten accounts of the one frame and ten of the other.
        for card in 0..<10 {
            let own = names("a", card * 10..<card * 10 + 10)
            let other = names("a", 100 + card * 10..<110 + card * 10)
            world.lead("seen.card", "payment", "p\(card)", of: own + other)
        }
        let run = try Run(world, Run.rules("accounts() >= 15"))
        #expect(run.partition == [names("a", 0..<200).sorted()])
    }
}
