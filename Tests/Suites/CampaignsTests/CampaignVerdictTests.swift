import Campaigns
import Detection
import Primitives
import TestSupport
import Testing
import Topology

/// What verdicts do to campaigns.
@Suite("Verdicts and campaigns")
struct CampaignVerdictTests {
    private static let rules = Run.rules([
        Run.rule("test.farm", when: "accounts() >= 15", "keep_firing_for: 24h"),
        Run.rule(
            "test.known", when: "confirmed() >= 1 && accounts() >= 2", severity: "high",
            "keep_firing_for: 1h"),
    ])

    static func block(
        _ subject: String, _ word: VerdictWord, at time: EventTime, until: EventTime? = nil,
        offset: Int64 = 0
    ) -> [UInt8] {
        guard let subject = Subject(entity: subject) else { preconditionFailure("no subject") }
        let record = VerdictRecord(time: time, subject: subject, word: word, until: until)
        var buffer = ByteBuffer()
        VerdictBlock(record, offset: offset).encode(into: &buffer, application: 7)
        return buffer.array()
    }

    private static func run(_ world: World, _ blocks: [[UInt8]]) throws -> Run {
        try Run(blocks + world.log(until: world.time), rules)
    }

    /// A frame of 30 accounts with two cards, and a farm of 20 beside it.
    private static func world() -> World {
        var world = World(population: 100_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<30))
        world.lead("seen.card", "payment", "p", of: names("a", 0..<15))
        world.lead("seen.card", "payment", "q", of: names("a", 15..<30))
        world.lead("farm.frame", "prompt_template", "u", of: names("b", 0..<20))
        world.pass(2 * World.hour)
        return world
    }

    @Test("a benign fingerprint leaves its campaign at once, and comes back when that is over")
    func benignFingerprint() throws {
        var world = Self.world()
        let from = world.time
        world.pass(10 * World.hour)
        let until = world.time
        world.pass(2 * World.hour)
        world.edges("prompt_template", "t", names("a", 0..<30))
        world.pass(2 * World.hour)
        let blocks = ["prompt_template:t", "payment:p", "payment:q"].map {
            Self.block($0, .benign, at: from, until: until)
        }
        let run = try Self.run(world, blocks)
        let told = run.output.findings.filter { $0.status != .update }
        let first = try #require(told.first { $0.number("accounts") == 30 })
        let closed = try #require(told.first { $0.status == .close })
        #expect(closed.uid == first.uid && closed.campaign?.reason == "benign")
        #expect(closed.time.ms == from.ms + World.minute)
        let released = run.output.members.filter { $0.time == closed.time }
        #expect(released.count == 30 && released.allSatisfy { $0.row == nil })
        // Its own rules find it again as soon as the verdict is over.
        let again = told.filter { $0.status == .create && $0.time > closed.time }
        #expect(again.map(\.time) == [until])
        #expect(run.partition.map(\.count).sorted() == [20, 30])
    }

    @Test("a benign core lets go of its own accounts and of nobody else's")
    func benignCore() throws {
        var world = Self.world()
        let from = world.time
        world.pass(World.hour)
        let run = try Self.run(
            world, [Self.block("prompt_template:u", .benign, at: from)])
        #expect(run.partition.map(\.count) == [30])
    }

    @Test("a benign account is no member and ties nothing while the verdict holds")
    func benignAccount() throws {
        var world = Self.world()
        let from = world.time
        world.pass(2 * World.hour)
        world.edges("prompt_template", "t", names("a", 0..<2))
        world.pass(World.hour)
        let until = world.time
        world.pass(World.hour)
        world.edges("prompt_template", "t", names("a", 1..<2))
        world.pass(World.hour)
        let run = try Self.run(
            world,
            [
                Self.block("account:a0", .benign, at: from),
                Self.block("account:a1", .benign, at: from, until: until),
            ])
        let names = run.campaigns.values.reduce(Set<String>()) { $0.union($1) }
        #expect(!names.contains("a0") && names.contains("a1") && names.count == 49)
        let released = run.output.members.filter { $0.row == nil }
        #expect(
            released.map { String(decoding: $0.account, as: UTF8.self) } == ["a0", "a1"])
        #expect(released.allSatisfy { $0.time.ms == from.ms + World.minute })
    }

    @Test("confirmed fingerprints count in rules and evidence until they are over")
    func confirmed() throws {
        var world = World(population: 100_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<5))
        world.pass(World.hour)
        let (from, until) = (world.time, world.time.advanced(byMs: 2 * World.hour))
        world.pass(6 * World.hour)
        let run = try Self.run(
            world, [Self.block("prompt_template:t", .confirmed, at: from, until: until)])
        let told = run.output.findings
        #expect(told.first?.rule.id == "test.known" && told.first?.number("confirmed") == 1)
        #expect(told.first?.time.ms == from.ms + World.minute)
        #expect(told.last?.status == .close)
        #expect(told.last?.time.ms == until.ms + World.hour - World.minute)
    }

    /// Ten accounts with a card are banned; `others` turn up after `delay` with the same frame.
    private static func banned(_ delay: Int64, card: String, restored: Bool = false) throws -> Run {
        var world = World(population: 100_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<20), requests: 100)
        world.lead("seen.card", "payment", "p", of: names("a", 0..<20), requests: 100)
        world.pass(World.day)
        world.edges("prompt_template", "t", names("a", 0..<20), requests: 100)
        let ban = world.time
        world.pass(delay)
        world.edges("prompt_template", "t", names("n", 0..<10), requests: 50)
        world.lead("seen.card", "payment", card, of: names("n", 0..<10), requests: 50)
        world.pass(7 * World.hour)
        var blocks = (0..<10).map { block("account:a\($0)", .banned, at: ban) }
        if restored {
            blocks += (0..<10).map {
                block("account:a\($0)", .restored, at: ban.advanced(byMs: 1), offset: 1)
            }
        }
        let rules = Run.rules([
            Run.rule(
                "test.farm", when: "accounts() >= 15",
                "keep_firing_for: 24h\nsuppress: { update_every: 1h }")
        ])
        return try Run(blocks + world.log(until: world.time), rules)
    }

    @Test("accounts that come within an hour of a ban replace what was lost")
    func replacement() throws {
        let soon = try #require(try Self.banned(30 * World.minute, card: "p").output.findings.last)
        #expect(soon.number("banned") == 10)
        // Ten of 50 requests a day in the place of ten of about 200.
        let share = try #require(soon.number("replacement"))
        #expect(share > 0.2 && share < 0.3, "\(share)")
        #expect(soon.number("failover") == nil)
        let late = try #require(try Self.banned(90 * World.minute, card: "p").output.findings.last)
        #expect(late.number("replacement") == 0)
    }

    @Test("a frame that others take over, with none of the cards of the banned, has failed over")
    func failover() throws {
        let other = try #require(try Self.banned(3 * World.hour, card: "z").output.findings.last)
        #expect(other.number("failover") == 1)
    }

    @Test("what is restored was not banned")
    func restored() throws {
        let run = try Self.banned(30 * World.minute, card: "p", restored: true)
        #expect(run.output.findings.last?.number("banned") == nil)
        #expect(run.output.findings.last?.number("replacement") == nil)
    }

    /// Verdicts on what the random worlds have, with their times.
    static func random(_ world: World, _ random: inout TestRandom) -> [(
        time: Int64, block: [UInt8]
    )] {
        let span = World.start...max(World.start + 1, world.time.ms)
        return (0..<40).map { offset in
            let time = Int64.random(in: span, using: &random)
            let until = time + .random(in: 1...(8 * World.hour), using: &random)
            let kinds = ["prompt_template", "system_prompt", "payment", "device", "ip", "account"]
            let kind = kinds[Int.random(in: 0..<kinds.count, using: &random)]
            let isAccount = kind == "account"
            let name =
                isAccount
                ? "a\(Int.random(in: 0..<96, using: &random))"
                : "\(kind)\(Int.random(in: 0..<6, using: &random))"
            let words = VerdictWord.allCases.filter { isAccount || $0.isJudgement }
            let word = words[Int.random(in: 0..<words.count, using: &random)]
            return (
                time,
                block(
                    "\(kind):\(name)", word, at: EventTime(ms: time),
                    until: EventTime(ms: until), offset: Int64(offset))
            )
        }
    }

    @Test(
        "verdicts that come before their time have the same effect wherever they stand",
        arguments: 1...12)
    func order(seed: UInt64) throws {
        var random = TestRandom(seed: seed)
        let world = ManyChanges.world(seed: seed, sources: 2)
        let verdicts = Self.random(world, &random)
        let log = world.log(until: world.time) { Int.random(in: 0..<$0, using: &random) }
        let (rules, settings) = (ManyChanges.rules, ManyChanges.settings)
        let first = try Run(verdicts.map(\.block) + log, rules, settings)
        #expect(first.counters.verdictsLate == 0)
        // In another order, and each just in front of the first block of its tick or a later one.
        var mixed: [[UInt8]] = []
        var left = verdicts.shuffled(using: &random)
        for block in log {
            let through = block.withUnsafeBytes { try? EvidenceBlock($0).header.through.ms } ?? 0
            mixed += left.filter { $0.time <= through }.map(\.block)
            left.removeAll { $0.time <= through }
            mixed.append(block)
        }
        let second = try Run(mixed, rules, settings)
        #expect(second.text == first.text, "seed \(seed)")
        // Up to a verdict's time there is no trace of it.
        let without = try Run(log, rules, settings)
        let start = verdicts.map(\.time).min() ?? 0
        let early = { (run: Run) in run.output.findings.filter { $0.time.ms <= start }.count }
        #expect(early(without) == early(first))
    }
}
