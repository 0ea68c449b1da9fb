import Detection
import Primitives
import Snapshots
import TestSupport
import Testing
import Topology

@Suite("Where a restored task reads again")
struct ReplayNotesTests {
    private static func box() throws -> TaskBox {
        let rules = try TestRules.set([
            TestRules.text("all.accounts", entity: "account", when: "requests(1m) >= 1")
        ])
        return TaskBox(
            EntityTask(
                plan: TopologyPlan(rules: rules, timing: .init(), partitions: 1), rules: rules,
                partition: 0, sampleSize: 16, memoryBudget: 8 << 20))
    }

    /// A block of source 0 with an event in `pane`, which closes panes before `open`.
    private static func block(_ from: Int64, pane: UInt32, open: UInt32, source: UInt32 = 0)
        -> BlockText
    {
        BlockText(
            source: source, sources: 2, from: from, to: from + 1,
            highestMs: Int64(max(pane, open)) * 10_000, lowestPane: pane, firstOpenPane: open,
            sections: [(pane, [.init(value: "v\(from)")])])
    }

    private static func send(_ block: BlockText, to box: TaskBox) {
        box.receive(block.bytes)
        box.advance()
    }

    @Test("from the oldest block of which something waits, else from the position")
    func offset() throws {
        let box = try Self.box()
        #expect(box.task.replayOffset(position: 0) == 0)
        Self.send(Self.block(-1, pane: 100, open: 97), to: box)
        Self.send(Self.block(0, pane: 103, open: 98), to: box)
        #expect(box.task.replayOffset(position: 2) == 0)
        Self.send(Self.block(-1, pane: 110, open: 101, source: 1), to: box)
        #expect(box.task.replayOffset(position: 3) == 0)
        Self.send(Self.block(1, pane: 103, open: 103), to: box)
        #expect(box.task.replayOffset(position: 4) == 1)
        Self.send(Self.block(0, pane: 110, open: 110, source: 1), to: box)
        Self.send(Self.block(2, pane: 111, open: 111), to: box)
        #expect(box.task.replayOffset(position: 6) == 2)
        var end = Self.block(3, pane: 112, open: 113)
        end.flags = 2
        Self.send(end, to: box)
        end = Self.block(1, pane: 112, open: 113, source: 1)
        end.flags = 2
        Self.send(end, to: box)
        #expect(box.errors.isEmpty && box.task.replayOffset(position: 8) == 8)
    }

    @Test("too many repetitions to remember put a snapshot off until their panes are closed")
    func limits() throws {
        let box = try Self.box()
        Self.send(Self.block(-1, pane: 100, open: 97), to: box)
        let again = Self.block(-1, pane: 100, open: 97).bytes
        for _ in 0..<65_536 { box.receive(again) }
        func snapshot(_ sequence: UInt32) -> TaskSnapshot? {
            box.task.snapshot(
                SnapshotID(incarnation: 1, sequence: sequence), position: box.position)
        }
        let first = snapshot(1)
        #expect(first != nil && first?.manifest.replayFrom == 0)
        box.receive(again)
        #expect(snapshot(2) == nil)
        Self.send(Self.block(0, pane: 104, open: 101), to: box)
        Self.send(Self.block(-1, pane: 104, open: 102, source: 1), to: box)
        let later = snapshot(2)
        #expect(later?.manifest.replayFrom == 65_538)
        #expect(box.task.counters.duplicateBlocks == 65_537)
    }
}
