import Detection
import Events
import Primitives
import TestSupport
import Testing
import Topology

@Suite("Hostile blocks")
struct HostileBlockTests {
    static let rules = try? TestRules.set([
        TestRules.text(
            "prints.all", when: "requests(1m) >= 1 && accounts(1h) >= 1",
            [
                "kinds: [payment, ip]",
                "evidence: [top(account, 3), sum(output_tokens, 1h), evenness(1h), payers(24h)]",
            ]),
        TestRules.text(
            "accounts.all", entity: "account", when: "requests(1m) >= 1",
            ["evidence: [distinct(model, 1h), ratio(errors, 1m), top(ip, 2)]"]),
    ])

    private static func plan() throws -> (TopologyPlan, RuleSet) {
        let rules = try #require(rules)
        return (TopologyPlan(rules: rules, timing: .init(), partitions: 1), rules)
    }

    private static func task(_ plan: TopologyPlan, _ rules: RuleSet) -> TaskBox {
        TaskBox(
            EntityTask(
                plan: plan, rules: rules, partition: 0, sampleSize: 64, memoryBudget: 8 << 20))
    }

    /// A whole block as an ingest task writes it.
    private static func block(_ plan: TopologyPlan) throws -> [UInt8] {
        var decoder = try EventDecoder(tracked: TrackedNames(kinds: plan.kinds.map(\.name)))
        let events = (0..<12).map { i in
            var event = TestEvent(
                1_780_000_000_000 + Int64(i) * 7000, account: "account-\(i % 4)",
                ["payment": "card\(i % 2)", "ip": "10.0.0.\(i % 3)"])
            event.model = "m\(i % 2)"
            event.outputTokens = 100
            event.createdMs = 1_770_000_000_000
            return event
        }
        let reader = SourceReader(IngestTask(plan: plan, source: 0, sources: 1), events)
        return try #require(reader.step(100, &decoder).first).1
    }

    /// Feeds bytes, then a sound block that ends the input: whatever came before, the task goes on.
    private static func survive(_ bytes: [UInt8], _ plan: TopologyPlan, _ rules: RuleSet) -> TaskBox
    {
        let box = task(plan, rules)
        box.receive(bytes)
        box.advance()
        return box
    }

    @Test("a block cut off anywhere is refused")
    func truncation() throws {
        let (plan, rules) = try Self.plan()
        let whole = try Self.block(plan)
        let intact = Self.survive(whole, plan, rules).task.counters
        #expect(intact.partials > 20 && intact.corruptPartials == 0)
        for length in 0..<whole.count {
            let box = Self.survive(Array(whole[..<length]), plan, rules)
            #expect(box.errors.count == 1 && box.task.counters.partials == 0, "cut at \(length)")
        }
    }

    @Test("a flipped bit never crashes or hangs the task")
    func bitFlips() throws {
        let (plan, rules) = try Self.plan()
        let whole = try Self.block(plan)
        for bit in stride(from: 0, to: whole.count * 8, by: isFullRun ? 1 : 5) {
            var broken = whole
            broken[bit / 8] ^= 1 << UInt8(bit % 8)
            let box = Self.survive(broken, plan, rules)
            #expect(box.task.entities <= 40, "bit \(bit)")
        }
    }

    @Test("random bytes, and random bytes behind a sound header, never crash or hang the task")
    func randomBytes() throws {
        let (plan, rules) = try Self.plan()
        let whole = try Self.block(plan)
        var random = TestRandom(seed: 21)
        for round in 0..<(isFullRun ? 200_000 : 3000) {
            var bytes = whole
            let keep = Int.random(in: 0...whole.count, using: &random)
            let changes =
                round % 2 == 0 ? whole.count - keep : Int.random(in: 1...20, using: &random)
            for change in 0..<changes {
                let at =
                    round % 2 == 0
                    ? keep + change : Int.random(in: 64..<whole.count, using: &random)
                bytes[at] = UInt8.random(in: 0...255, using: &random)
            }
            _ = Self.survive(bytes, plan, rules)
        }
    }

    @Test("offsets and times beyond any real ones are refused")
    func absurdHeaders() throws {
        let (plan, rules) = try Self.plan()
        var blocks: [BlockText] = []
        blocks.append(BlockText(from: .min, to: .min))
        blocks.append(BlockText(from: 5, to: 4))
        blocks.append(BlockText(from: 0, to: .max))
        blocks.append(BlockText(highestMs: .max))
        blocks.append(BlockText(highestMs: .min + 1))
        blocks.append(BlockText(highestMs: 1_780_000_000_000, firstOpenPane: .max))
        blocks.append(BlockText(source: 1, sources: 1))
        blocks.append(BlockText(sources: .max))
        blocks.append(
            BlockText(from: 3, to: 3, highestMs: 1_780_000_000_000, lowestPane: 178_000_000))
        blocks[blocks.count - 1].sections = [(178_000_000, [.init()])]
        for (i, block) in blocks.enumerated() {
            let box = Self.survive(block.bytes, plan, rules)
            #expect(box.errors == [.corrupt], "block \(i)")
            #expect(box.task.closedThrough == nil, "block \(i)")
        }
        blocks.append(BlockText(highestMs: 1_780_000_000_000, lowestPane: 178_000_000))
        blocks[blocks.count - 1].sections = [(178_000_000, [.init()])]
        var wrong = blocks[blocks.count - 1].bytes
        wrong[52] ^= 1
        #expect(
            Self.survive(wrong, plan, rules).errors == [.corrupt], "the schema's digest is checked")
    }

    @Test("a block of panes with another width is refused by name")
    func paneWidth() throws {
        let (plan, rules) = try Self.plan()
        let box = Self.survive(BlockText(paneMs: 5000).bytes, plan, rules)
        #expect(box.errors == [.paneWidth(block: 5000, expected: 10_000)])
    }

    @Test("partials of panes the source has not seen are corrupt")
    func unseenPanes() throws {
        let (plan, rules) = try Self.plan()
        var block = BlockText(highestMs: 1_780_000_000_000, lowestPane: 178_000_000)
        block.sections = [(178_000_000, [.init()]), (178_000_001, [.init()])]
        let box = Self.survive(block.bytes, plan, rules)
        #expect(box.task.counters.corruptPartials == 1)
    }

    @Test("names longer than any event's are cut, not a crash, however many there are")
    func longNames() throws {
        let rules = try #require(Self.rules)
        let plan = TopologyPlan(rules: rules, timing: .init(), partitions: 1)
        for length in [512, 1023, 1024, 40_000] {
            let box = TaskBox(
                EntityTask(
                    plan: plan, rules: rules, partition: 0, sampleSize: 4096, memoryBudget: 1 << 30)
            )
            for i in 0..<4500 {
                var block = BlockText(
                    from: Int64(i) - 1, to: Int64(i), highestMs: 1_780_000_000_000,
                    lowestPane: 178_000_000, firstOpenPane: 177_999_997)
                block.accountDimensions = [("ip", true)]
                let name = Array("\(i)-".utf8) + [UInt8](repeating: 0x61, count: length)
                let size = [UInt8(length & 255), UInt8(length >> 8)]
                block.sections = [
                    (178_000_000, [.init(present: 1, dimensions: size + name.prefix(length))])
                ]
                box.receive(block.bytes)
            }
            box.receive(
                BlockText(
                    flags: 2, from: 4499, to: 4499, highestMs: 1_780_000_000_000,
                    lowestPane: 178_000_000, firstOpenPane: 178_000_001
                ).bytes)
            box.advance()
            #expect(box.errors.isEmpty)
            #expect(box.task.counters.partials == 4500, "\(length) bytes a name")
        }
    }
}
