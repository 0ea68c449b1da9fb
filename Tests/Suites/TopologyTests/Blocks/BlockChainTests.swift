import Detection
import Events
import Primitives
import Snapshots
import TestSupport
import Testing
import Topology

/// The fixed part of a block, read from the documented format.
private struct BlockHead {
    let flags: UInt8
    let part: UInt8
    let schemaLength: UInt16
    let from: Int64
    let to: Int64
    let size: Int

    init(_ block: [UInt8]) {
        size = block.count
        (flags, part, schemaLength, from, to) = block.withUnsafeBytes { bytes in
            (
                bytes[4], bytes[5], bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self),
                bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self),
                bytes.loadUnaligned(fromByteOffset: 24, as: Int64.self)
            )
        }
    }

    var hasMore: Bool { flags & 4 != 0 }
}

@Suite("The chain of a source's blocks")
struct BlockChainTests {
    private static let start: Int64 = 1_780_000_000_000

    private static func plan(partitions: Int) throws -> (TopologyPlan, RuleSet) {
        let rules = try TestRules.set([
            TestRules.text(
                "all.accounts", entity: "account", when: "requests(1m) >= 2",
                ["evidence: [requests(1m)]", "suppress: { update_every: 0s }"])
        ])
        return (TopologyPlan(rules: rules, timing: .init(), partitions: partitions), rules)
    }

    private static func events(_ count: Int) -> [TestEvent] {
        (0..<count).map { TestEvent(start + Int64($0) * 3000, account: "a\($0 % 7)") }
    }

    @Test("every partition gets the same unbroken chain of ranges, empty blocks without a schema")
    func unbroken() throws {
        let (plan, _) = try Self.plan(partitions: 9)
        var decoder = try EventDecoder(tracked: TrackedNames(kinds: plan.kinds.map(\.name)))
        var random = TestRandom(seed: 71)
        let source = LogSource(plan, 0, of: 1, Self.events(400))
        var through = [Int64](repeating: -1, count: 9)
        var empty = 0
        while !source.hasEnded {
            if Int.random(in: 0..<5, using: &random) == 0 { source.restart(back: 0) }
            var seen = 0
            for (target, block) in source.step(.random(in: 0...12, using: &random), &decoder) {
                let head = BlockHead(block)
                #expect(head.from == through[target] && head.part == 0 && !head.hasMore)
                #expect((head.schemaLength == 0) == (head.size == 68))
                empty += head.schemaLength == 0 ? 1 : 0
                through[target] = head.to
                seen += 1
            }
            #expect(seen == 0 || seen == 9)
            #expect(Set(through).count == 1)
        }
        #expect(through[0] == 399 && empty > 50)
    }

    @Test("records that hold nothing move the chain on, up to the position that is committed")
    func holes() throws {
        let (plan, _) = try Self.plan(partitions: 1)
        var task = IngestTask(plan: plan, source: 0, sources: 1, after: 41)
        var ranges: [ClosedRange<Int64>] = []
        func flush(_ through: Int64) {
            task.flush(through: through) { _, block in
                let head = BlockHead(Array(block))
                ranges.append(head.from...head.to)
            }
        }
        flush(41)
        flush(59)
        flush(59)
        flush(60)
        #expect(ranges == [41...59, 59...60])
    }

    @Test("what is too large for a block comes in numbered parts that cover the same range")
    func parts() throws {
        let (plan, rules) = try Self.plan(partitions: 1)
        var decoder = try EventDecoder(tracked: TrackedNames(kinds: plan.kinds.map(\.name)))
        var task = IngestTask(plan: plan, source: 0, sources: 1)
        for i in 0..<9000 {
            let name = "account-\(i)-" + String(repeating: "x", count: 230)
            TestEvent(Self.start + Int64(i), account: name).json.withUnsafeBytes {
                task.ingest($0, offset: Int64(i), timestampMs: nil, decoder: &decoder)
            }
        }
        task.finish(decoder: &decoder)
        var blocks: [[UInt8]] = []
        task.flush(through: task.processedOffset, state: .ended) { blocks.append(Array($1)) }
        let heads = blocks.map(BlockHead.init)
        #expect(heads.count >= 3 && heads.allSatisfy { $0.size <= 900_000 && $0.schemaLength > 0 })
        #expect(heads.map(\.part) == (0..<UInt8(heads.count)).map { $0 })
        #expect(heads.dropLast().allSatisfy(\.hasMore) && heads.last?.hasMore == false)
        #expect(heads.allSatisfy { $0.from == -1 && $0.to == 8999 })
        // The panes are closed by the last part, not by what the first ones say.
        let box = TaskBox(
            EntityTask(
                plan: plan, rules: rules, partition: 0, sampleSize: 16, memoryBudget: 64 << 20))
        for block in blocks {
            #expect(box.task.closedThrough == nil)
            box.receive(block)
            box.advance()
        }
        #expect(box.task.hasEnded && box.task.counters.partials == 9000)
        #expect(box.task.counters.latePartials == 0)
    }

    // MARK: What a receiver makes of it

    private static func box() throws -> TaskBox {
        let (plan, rules) = try plan(partitions: 1)
        return TaskBox(
            EntityTask(
                plan: plan, rules: rules, partition: 0, sampleSize: 16, memoryBudget: 8 << 20))
    }

    private static func block(
        _ from: Int64, _ to: Int64, part: UInt8 = 0, more: Bool = false, open: UInt32 = 97
    ) -> BlockText {
        var block = BlockText(
            flags: more ? 4 : 0, part: part, from: from, to: to, highestMs: 1_000_000,
            lowestPane: 100,
            firstOpenPane: open)
        if to > from { block.sections = [(100, [.init(value: "v\(from)-\(part)")])] }
        return block
    }

    private static func counters(_ blocks: [BlockText]) throws -> Counters {
        let box = try box()
        for block in blocks {
            box.receive(block.bytes)
            box.advance()
        }
        #expect(box.errors.isEmpty)
        return box.task.counters
    }

    @Test("a lost second half shows as a gap at the next block, a lost first half at the second")
    func lostHalves() throws {
        let lostSecond = try Self.counters([
            Self.block(-1, 9), Self.block(9, 19, more: true), Self.block(19, 29),
        ])
        #expect(lostSecond.missingRecords == 10 && lostSecond.blocksRead == 3)
        let lostFirst = try Self.counters([
            Self.block(-1, 9), Self.block(9, 19, part: 1), Self.block(19, 29),
        ])
        #expect(lostFirst.missingRecords == 10 && lostFirst.blocksRead == 3)
        let lostMiddle = try Self.counters([
            Self.block(-1, 9), Self.block(9, 19, more: true), Self.block(9, 19, part: 2),
            Self.block(19, 29),
        ])
        #expect(lostMiddle.missingRecords == 10 && lostMiddle.blocksRead == 4)
    }

    @Test("parts that come again are passed over, before and after the last one")
    func repeatedParts() throws {
        let parts = [
            Self.block(-1, 9), Self.block(9, 19, more: true),
            Self.block(9, 19, part: 1, more: true),
            Self.block(9, 19, part: 2), Self.block(19, 29),
        ]
        for i in parts.indices {
            for j in i..<parts.count {
                var blocks = parts
                blocks.insert(parts[i], at: j + 1)
                let counters = try Self.counters(blocks)
                #expect(
                    counters.duplicateBlocks == 1 && counters.blocksRead == 5, "\(i) behind \(j)")
                #expect(
                    counters.missingRecords == 0 && counters.repeatedRecords == 0,
                    "\(i) behind \(j)")
            }
        }
    }

    @Test(
        "a source that starts again and cuts anew overlaps: what comes twice is counted, nothing is lost"
    )
    func overlaps() throws {
        let overlap = try Self.counters([
            Self.block(-1, 9), Self.block(9, 19), Self.block(9, 25), Self.block(25, 30),
        ])
        #expect(
            overlap.repeatedRecords == 10 && overlap.missingRecords == 0 && overlap.blocksRead == 4)
        let inParts = try Self.counters([
            Self.block(-1, 19), Self.block(9, 25, more: true), Self.block(9, 25, part: 1),
            Self.block(25, 30),
        ])
        #expect(
            inParts.repeatedRecords == 10 && inParts.missingRecords == 0 && inParts.blocksRead == 4)
        let betweenParts = try Self.counters([
            Self.block(-1, 9), Self.block(9, 19, more: true), Self.block(9, 9), Self.block(9, 14),
            Self.block(14, 25),
        ])
        #expect(betweenParts.repeatedRecords == 5 && betweenParts.missingRecords == 0)
        let known = try Self.counters([
            Self.block(-1, 9), Self.block(9, 19), Self.block(9, 15), Self.block(19, 20),
        ])
        #expect(known.duplicateBlocks == 1 && known.repeatedRecords == 0)
    }

    @Test("a gap is counted by its offsets, an announcement between two blocks by none")
    func gaps() throws {
        let counters = try Self.counters([
            Self.block(99, 109), Self.block(109, 109, open: 98), Self.block(119, 129),
            Self.block(129, 129),
        ])
        #expect(counters.missingRecords == 10 && counters.blocksRead == 4)
        #expect(counters.duplicateBlocks == 0)
    }

    @Test(
        "a source that starts again at any cut gives the receiver the same, without a gap or a repetition"
    )
    func restarts() throws {
        let (plan, rules) = try Self.plan(partitions: 2)
        var decoder = try EventDecoder(tracked: TrackedNames(kinds: plan.kinds.map(\.name)))
        func run(restartingAt cut: Int) throws -> (digest: UInt64, lines: [String], Counters) {
            let source = LogSource(plan, 0, of: 1, Self.events(200))
            let box = TaskBox(
                EntityTask(
                    plan: plan, rules: rules, partition: 1, sampleSize: 16, memoryBudget: 8 << 20))
            var cuts = 0
            while !source.hasEnded {
                if cuts == cut { source.restart(back: 0) }
                for (target, block) in source.step(7, &decoder) where target == 1 {
                    box.receive(block)
                    box.advance()
                }
                cuts += 1
            }
            return (box.task.stateDigest(), box.findings.map(NaiveOracle.line), box.task.counters)
        }
        let whole = try run(restartingAt: -1)
        #expect(whole.lines.count > 20)
        for cut in 0..<29 {
            let restarted = try run(restartingAt: cut)
            #expect(
                restarted.digest == whole.digest && restarted.lines == whole.lines, "cut \(cut)")
            let counters = restarted.2
            #expect(counters.missingRecords == 0 && counters.repeatedRecords == 0, "cut \(cut)")
            #expect(counters.duplicateBlocks == 0, "cut \(cut)")
        }
    }
}
