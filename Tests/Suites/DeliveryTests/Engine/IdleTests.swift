import Broker
@_spi(Simulation) import Delivery
import Testing

@Suite("Idle partitions")
struct IdleTests {
    /// A shard whose partition was read to its end.
    private func caughtUp() throws -> ShardBench {
        var settings = try TestEngine.settings()
        settings.idleTimeoutMs = 10_000
        let bench = try ShardBench(settings)
        bench.site.feed(from: 0, to: 2_000)
        try bench.take([ShardBench.input])
        try bench.run(ms: 1_000)
        return bench
    }

    private func idle(_ bench: ShardBench) -> Int {
        bench.told { if case .sourceIdle(0) = $0 { true } else { nil } }.count
    }

    @Test("a partition read to its end and silent is idle, and its blocks say so, once")
    func silent() throws {
        let bench = try caughtUp()
        try bench.run(ms: 7_900)
        #expect(bench.lookup.asked.isEmpty && idle(bench) == 0)
        let blocks = bench.site.logs[ShardBench.partials]?.count ?? 0
        try bench.run(ms: 1_000)
        #expect(bench.lookup.asked == [.bounds([ShardBench.input])])
        #expect(idle(bench) == 1)
        #expect(bench.site.logs[ShardBench.partials]?.count == blocks + 1)
        #expect(bench.site.logs[ShardBench.partials]?.last?.value?[4] == 1, "the idle flag")
        try bench.run(ms: 30_000)
        #expect(idle(bench) == 1)
    }

    @Test("a partition is not idle while its end is further, or nobody tells the end")
    func notAtItsEnd() throws {
        let further = try caughtUp()
        let bounds = [ShardBench.input: OffsetRange(low: 0, high: 11)]
        further.lookup.answers = [.success(Answer(bounds: bounds)), .failure(.of(.unreachable))]
        try further.run(ms: 9_300)
        #expect(further.lookup.asked.count >= 2)
        let troubles = further.told { if case .clusterTrouble = $0 { true } else { nil } }
        #expect(troubles.count == 1)

        let silent = try caughtUp()
        silent.lookup.isSilent = true
        try silent.run(ms: 60_000)
        #expect(silent.lookup.asked.count == 1 && idle(silent) == 0)
    }

    @Test("a partition not read to its end is never idle")
    func behind() throws {
        var settings = try TestEngine.settings()
        settings.idleTimeoutMs = 10_000
        let bench = try ShardBench(settings)
        bench.input.tellsEnds = false
        bench.site.feed(from: 0, to: 2_000)
        try bench.take([ShardBench.input])
        try bench.run(ms: 60_000)
        #expect(bench.lookup.asked.isEmpty)
    }

    @Test(
        "silence that was not lived through counts a second at most",
        arguments: [3_600_000, 20_000])
    func jumps(byMs: Int64) throws {
        let bench = try caughtUp()
        try bench.run(ms: byMs, everyMs: byMs)
        try bench.run(ms: 7_000)
        #expect(bench.lookup.asked.isEmpty)
        try bench.run(ms: 2_000)
        #expect(bench.lookup.asked.count == 1)
    }

    @Test("a record ends the silence")
    func record() throws {
        let bench = try caughtUp()
        try bench.run(ms: 8_000)
        bench.site.feed(from: 2_000, to: 3_000)
        try bench.run(ms: 9_000)
        #expect(bench.lookup.asked.isEmpty)
        try bench.run(ms: 2_000)
        #expect(idle(bench) == 1)
        bench.site.feed(from: 3_000, to: 4_000)
        try bench.run(ms: 12_000)
        #expect(idle(bench) == 2)
    }

    @Test(
        "records that are no events do not end the silence, and dead letters go on",
        arguments: [200, 1_000])
    func refused(everyMs: Int64) throws {
        let bench = try caughtUp()
        for _ in 0..<12_000 / everyMs {
            bench.site.append(
                to: ShardBench.input, Array("{".utf8), timestampMs: TestEngine.originMs)
            try bench.run(ms: everyMs)
        }
        #expect(idle(bench) == 1)
        let letters = bench.told { if case .deadLetter(0, _, _, _) = $0 { true } else { nil } }
            .count
        #expect(letters == 12_000 / Int(everyMs))
        bench.site.feed(from: 2_000, to: 3_000)
        try bench.run(ms: 12_000)
        #expect(idle(bench) == 2, "an event does")
    }

    @Test("a note of panes of another width moves no pane", arguments: [1, 60])
    func otherWidth(seconds: Int64) throws {
        let site = Site()
        site.feed(from: 0, to: 2_000)
        let highestMs = TestEngine.originMs + 1_800
        // The first open pane as panes of a second, or of more, would have it.
        let pane = highestMs / 1_000 * seconds
        site.committed[ShardBench.input] = PartitionOffset(
            ShardBench.input, offset: 10, metadata: "2;\(highestMs);\(pane);-;batch")
        let bench = try ShardBench(TestEngine.settings(), site: site)
        try bench.take([ShardBench.input, ShardBench.partials])
        site.feed(from: 2_000, to: 12_000)
        try bench.run(ms: 2_000)
        #expect(!site.alerts.isEmpty)
    }

    @Test("a record that comes while the end is being looked up keeps the partition from idling")
    func recordMeanwhile() throws {
        let bench = try caughtUp()
        bench.lookup.isSilent = true
        try bench.run(ms: 10_000)
        #expect(bench.lookup.asked.count == 1)
        bench.site.feed(from: 2_000, to: 3_000)
        try bench.run(ms: 40)
        bench.lookup.isSilent = false
        try bench.run(ms: 40)
        #expect(idle(bench) == 0)
    }
}
