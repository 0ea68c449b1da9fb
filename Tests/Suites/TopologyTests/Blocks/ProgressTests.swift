import Detection
import Primitives
import Testing
import Topology

/// Drives one entity task with blocks written by hand.
private final class Receiver {
    let task: TaskBox

    init() throws {
        let rules = try TestRules.set([
            TestRules.text("all.accounts", entity: "account", when: "requests(1m) >= 1")
        ])
        let plan = TopologyPlan(rules: rules, timing: .init(), partitions: 1)
        task = TaskBox(
            EntityTask(
                plan: plan, rules: rules, partition: 0, sampleSize: 64, memoryBudget: 8 << 20))
    }

    /// Sends a block and closes what may close; the first open pane then, 0 while all are held.
    func send(_ block: BlockText) -> Int64 {
        task.receive(block.bytes)
        task.advance()
        return (task.task.closedThrough?.ms ?? 0) / 10_000
    }
}

@Suite("Progress of sources")
struct ProgressTests {
    /// A block of a source that has come to `pane`, with those before `open` closed.
    private func block(
        _ source: UInt32, of sources: UInt32, pane: UInt32, open: UInt32, flags: UInt8 = 0,
        offsets: ClosedRange<Int64> = -1...0
    ) -> BlockText {
        BlockText(
            flags: flags, source: source, sources: sources, from: offsets.lowerBound,
            to: offsets.upperBound, highestMs: Int64(pane) * 10_000, lowestPane: pane,
            firstOpenPane: open)
    }

    @Test("nothing closes until every source has reported, then the slowest decides")
    func slowest() throws {
        let receiver = try Receiver()
        #expect(receiver.send(block(0, of: 3, pane: 100, open: 97)) == 0)
        #expect(receiver.send(block(2, of: 3, pane: 90, open: 87)) == 0)
        #expect(receiver.send(block(1, of: 3, pane: 95, open: 92)) == 87)
        #expect(receiver.send(block(2, of: 3, pane: 99, open: 96, offsets: 0...1)) == 92)
    }

    @Test("the watermark never goes back")
    func neverBack() throws {
        let receiver = try Receiver()
        #expect(receiver.send(block(0, of: 1, pane: 100, open: 97)) == 97)
        #expect(receiver.send(block(0, of: 1, pane: 100, open: 50, offsets: 0...1)) == 97)
        #expect(receiver.send(block(0, of: 1, pane: 101, open: 98, offsets: 1...2)) == 98)
    }

    @Test("sources that a topic made anew has no more hold nobody back")
    func fewerSources() throws {
        let receiver = try Receiver()
        for source in UInt32(0)..<4 {
            _ = receiver.send(block(source, of: 4, pane: 90, open: 87, offsets: -1...9))
        }
        // Begun anew, and not heard of before: it says nothing of the others.
        #expect(receiver.send(block(4, of: 5, pane: 99, open: 96, flags: 8)) == 87)
        #expect(receiver.send(block(0, of: 2, pane: 100, open: 97, flags: 8)) == 87)
        #expect(receiver.send(block(1, of: 2, pane: 98, open: 95, flags: 8)) == 95)
        #expect(receiver.send(block(0, of: 2, pane: 101, open: 98, offsets: 0...1)) == 95)
    }

    @Test("a source that turns up late holds the watermark where it is until it reports")
    func newSource() throws {
        let receiver = try Receiver()
        #expect(receiver.send(block(0, of: 1, pane: 100, open: 97)) == 97)
        #expect(receiver.send(block(0, of: 2, pane: 200, open: 197, offsets: 0...1)) == 97)
        #expect(receiver.send(block(1, of: 2, pane: 50, open: 47)) == 97)
        #expect(receiver.send(block(1, of: 2, pane: 150, open: 147, offsets: 0...1)) == 147)
    }

    @Test("idle and ended sources hold nobody back; where none is active, all that was seen closes")
    func idleAndEnded() throws {
        for flags: UInt8 in [1, 2] {
            let receiver = try Receiver()
            #expect(receiver.send(block(0, of: 2, pane: 50, open: 47)) == 0)
            #expect(receiver.send(block(1, of: 2, pane: 100, open: 97)) == 47)
            #expect(
                receiver.send(block(0, of: 2, pane: 50, open: 51, flags: flags, offsets: 0...0))
                    == 97)
            #expect(
                receiver.send(block(1, of: 2, pane: 100, open: 101, flags: flags, offsets: 0...0))
                    == 101)
            #expect(receiver.task.task.hasEnded == (flags == 2))
        }
    }

    @Test("a source without an event reports by being idle")
    func emptySource() throws {
        let receiver = try Receiver()
        #expect(receiver.send(block(0, of: 2, pane: 100, open: 97)) == 0)
        #expect(receiver.send(BlockText(flags: 1, source: 1, sources: 2, to: -1)) == 97)
    }

    @Test("a block whose offsets are known is dropped and counted; missing offsets are counted")
    func continuity() throws {
        let receiver = try Receiver()
        var first = block(0, of: 1, pane: 100, open: 97, offsets: -1...9)
        first.sections = [(100, [BlockText.Partial(value: "x")])]
        for _ in 0..<3 { _ = receiver.send(first) }
        #expect(receiver.task.task.counters.duplicateBlocks == 2)
        #expect(receiver.task.task.counters.missingRecords == 0)
        var third = first
        (third.from, third.to) = (19, 29)
        _ = receiver.send(third)
        #expect(receiver.task.task.counters.missingRecords == 10)
        #expect(receiver.task.task.counters.blocksRead == 2)
        var end = first
        (end.from, end.to, end.flags, end.firstOpenPane) = (29, 29, 2, 101)
        end.sections = []
        #expect(receiver.send(end) == 101)
        #expect(receiver.task.task.counters.partials == 2)
        #expect(receiver.task.findings.count == 1)
    }

    @Test("a partial of a pane that is closed counts in the first open one, and is counted")
    func latePartial() throws {
        let receiver = try Receiver()
        _ = receiver.send(block(0, of: 1, pane: 100, open: 97))
        var late = block(0, of: 1, pane: 100, open: 98, offsets: 0...1)
        late.sections = [(90, [BlockText.Partial(value: "x")])]
        _ = receiver.send(late)
        #expect(receiver.task.task.counters.latePartials == 1)
        let times = receiver.task.findings.map(\.time.ms)
        #expect(times == [980_000])
    }
}
