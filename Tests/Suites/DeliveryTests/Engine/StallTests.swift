import Broker
@_spi(Simulation) import Delivery
import Testing

@Suite("Partitions that do not move")
struct StallTests {
    private let slow = TopicPartition(.input, 0)
    private let fast = TopicPartition(.input, 1)

    private func told(_ bench: ShardBench) -> [Stall] {
        bench.told { if case .stalled(let stall) = $0 { stall } else { nil } }
    }

    private func reasons(_ bench: ShardBench) -> [TopicPartition: Stall.Reason] {
        Dictionary(told(bench).map { ($0.partition, $0.reason) }) { $1 }
    }

    /// A shard with a partition that is not read to its end, at 0 s, and one that is held behind it.
    private func held(waitingLimit: Int = 1 << 30) throws -> ShardBench {
        var settings = try TestEngine.settings()
        settings.alignmentLimitMs = 10_000
        let bench = try ShardBench(settings, board: AlignmentBoard(waitingLimit: waitingLimit))
        bench.input.tellsEnds = false
        bench.site.feed(0, from: 0, to: 200)
        bench.site.feed(1, from: 0, to: 15_000)
        try bench.take([slow, fast, ShardBench.partials], sources: 2)
        return bench
    }

    @Test("held for a minute behind a partition that does not move: told once, with who and why")
    func alignment() throws {
        let bench = try held()
        try bench.run(ms: 59_000, everyMs: 500)
        #expect(told(bench).isEmpty)
        #expect(bench.shard.status().stalls.count == 2, "the statistics line has it before")
        try bench.run(ms: 4_000, everyMs: 500)
        #expect(
            reasons(bench) == [
                slow: .broker,
                fast: .alignment(behind: 0, slowest: .init(ms: TestEngine.originMs)),
            ])
        #expect(told(bench).allSatisfy { $0.forMs >= 60_000 })
        try bench.run(ms: 200_000, everyMs: 500)
        #expect(told(bench).count == 2)
    }

    @Test("waiting partials over their part of the memory are the reason where they are")
    func memory() throws {
        let bench = try held(waitingLimit: 1)
        bench.site.feed(0, from: 200, to: 4_000)
        try bench.run(ms: 65_000, everyMs: 500)
        guard case .memory(behind: 0, _)? = reasons(bench)[fast] else {
            Issue.record("\(reasons(bench))")
            return
        }
    }

    @Test("what is held behind a partition that moves is not told of")
    func catchingUp() throws {
        let bench = try held()
        for second in 1...100 {
            bench.site.feed(0, from: Int64(second) * 10, to: Int64(second) * 10 + 1)
            try bench.run(ms: 1_000, everyMs: 500)
        }
        #expect(told(bench).isEmpty)
        #expect(bench.shard.status().stalls.map(\.partition) == [fast])
    }

    @Test("a clock that jumps over an hour is no hour without a record")
    func jumpingClock() throws {
        let bench = try held()
        try bench.run(ms: 3_000, everyMs: 500)
        try bench.run(ms: 3_600_000, everyMs: 3_600_000)
        try bench.run(ms: 20_000, everyMs: 500)
        #expect(told(bench).isEmpty)
    }

    @Test("a jump ahead that waits for an event is told of; a partition read to its end is not")
    func pendingJump() throws {
        let bench = try ShardBench(TestEngine.settings())
        bench.site.feed(0, from: 0, to: 2_000)
        bench.site.feed(1, from: 0, to: 2_000)
        // Its record's timestamp is no help, as of imported history.
        bench.site.append(
            to: fast, TestEngine.event(3_600_000, 1), timestampMs: TestEngine.originMs + 9_000_000)
        try bench.take([slow, fast, ShardBench.partials], sources: 2)
        try bench.run(ms: 70_000, everyMs: 500)
        #expect(reasons(bench) == [fast: .pendingJump])
        #expect(bench.site.committed[fast]?.offset == 10)
    }

    @Test("a store that does not answer is a reason, too")
    func restoring() throws {
        let restoring = try ShardBench(TestEngine.settings())
        restoring.site.feed(0, from: 0, to: 2_000)
        restoring.state.isReadSilent = true
        try restoring.take([slow, ShardBench.partials])
        try restoring.run(ms: 70_000, everyMs: 500)
        #expect(reasons(restoring) == [ShardBench.partials: .restoring])
    }
}
