import Campaigns
import Detection
import Primitives
import TestSupport
import Testing
import Topology

@Suite("Order, batches and repetitions")
struct OrderTests {
    @Test(
        "What is told depends neither on how sources interleave nor on batches", arguments: 1...12)
    func interleaving(seed: UInt64) throws {
        let world = ManyChanges.world(seed: seed, sources: 3)
        let whole = try Run(
            world.log(until: world.time), ManyChanges.rules, ManyChanges.settings)
        #expect(!whole.output.findings.isEmpty)
        for round in 0..<4 as Range<UInt64> {
            var random = TestRandom(seed: seed * 100 + round)
            let log = world.log(until: world.time) { Int.random(in: 0..<$0, using: &random) }
            let run = try Run(log, ManyChanges.rules, ManyChanges.settings) { _ in
                Int.random(in: 0..<5, using: &random) == 0
            }
            #expect(run.text == whole.text, "seed \(seed), round \(round)")
        }
    }

    @Test("How the fingerprints are spread over sources does not matter", arguments: 1...6)
    func sources(seed: UInt64) throws {
        let one = ManyChanges.world(seed: seed, sources: 1)
        let four = ManyChanges.world(seed: seed, sources: 4)
        let runs = try [one, four].map { try Run($0, ManyChanges.rules, ManyChanges.settings) }
        #expect(runs[0].text == runs[1].text)
    }

    @Test("Blocks that come again change nothing, and gaps are counted")
    func repeated() throws {
        let world = ManyChanges.world(seed: 3, sources: 1)
        let log = world.log(until: world.time)
        let whole = try Run(log, ManyChanges.rules, ManyChanges.settings)
        var doubled: [[UInt8]] = []
        for (i, block) in log.enumerated() {
            doubled.append(block)
            if i % 3 == 0 { doubled.append(block) }
            if i > 4, i % 5 == 0 { doubled.append(log[i - 4]) }
        }
        let run = try Run(doubled, ManyChanges.rules, ManyChanges.settings)
        #expect(run.text == whole.text)
        #expect(run.counters.duplicateBlocks == doubled.count - log.count)
        #expect(run.counters.evidenceGaps == 0)
        let holed = try Run(
            Array(log[..<5] + log[7...]), ManyChanges.rules, ManyChanges.settings)
        #expect(holed.counters.evidenceGaps == 1)
    }

    @Test("A source that has not told holds all back; one that has ended nobody")
    func progress() throws {
        var world = World(sources: 2, population: 10_000)
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<30))
        world.pass(World.hour)
        let blocks = world.blocks(until: world.time.ms)
        var task = Run.task(Run.rules("accounts() >= 15"))
        var output = CampaignOutput()
        for block in blocks[0] { try task.receive(block, at: 0) }
        task.advance(&output)
        #expect(task.closedThrough == nil)
        let ended = World.block(
            EvidenceBlock.Header(
                source: 1, sources: 2, application: 7, tickMs: 60_000, from: EventTime(ms: 0),
                through: EventTime(ms: World.start), accounts: 0, hasEnded: true), [])
        try task.receive(ended, at: 1)
        task.advance(&output)
        #expect(task.closedThrough == world.time)
    }

    @Test("Bytes that are no block are refused, and blocks of others passed over")
    func badBlocks() throws {
        var task = Run.task()
        #expect(throws: BlockError.unknownFormat) { try task.receive([1, 2, 3, 4, 5], at: 0) }
        var world = World()
        world.lead("farm.frame", "prompt_template", "t", of: names("a", 0..<3))
        let block = world.blocks(until: world.time.ms)[0][0]
        #expect(throws: BlockError.corrupt) { try task.receive(Array(block.dropLast(3)), at: 0) }
        var other = block
        other[9] = 99
        try task.receive(other, at: 0)
        #expect(task.counters.foreignBlocks == 1)
        #expect(task.counters.blocksRead == 0)
    }
}
