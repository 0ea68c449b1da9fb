@_spi(Simulation) import Delivery
import Testing

@Suite("The last snapshots of a clean stop")
struct LastSnapshotTests {
    /// A shard that has read some seconds, long before any snapshot is due.
    private func bench(
        inTopic: Bool, _ change: (inout EngineSettings) -> Void = { _ in }
    ) throws -> ShardBench {
        var settings = try TestEngine.settings(state: inTopic ? 1 : 0)
        settings.snapshotIntervalMs = 3_600_000
        settings.idleTimeoutMs = 600_000
        change(&settings)
        return try ShardBench.settled(settings)
    }

    private func timedOut(_ bench: ShardBench) -> [Int] {
        bench.told { if case .lastSnapshotsTimedOut(let tasks) = $0 { tasks } else { nil } }
    }

    @Test(
        "a drain leaves a snapshot at the committed offset, and the next start reads nothing again",
        arguments: [true, false])
    func complete(inTopic: Bool) throws {
        let bench = try bench(inTopic: inTopic)
        #expect(bench.site.manifests.isEmpty)
        try bench.drain()
        try bench.run(ms: 2_000)
        #expect(bench.events == ["drained"])
        let committed = try #require(bench.site.committed[ShardBench.partials]?.offset)
        #expect(bench.site.manifests.map(\.position) == [committed])
        #expect(timedOut(bench).isEmpty)
        let next = try ShardBench.restoring(bench.site) { settings in
            settings.outputs.state = inTopic ? 1 : 0
        }
        #expect(next.digest == bench.digest)
        let summary = try #require(next.restored.first)
        #expect(summary.snapshot != nil && summary.entities > 0)
        #expect(next.rebuilt.isEmpty && next.unusable.isEmpty)
    }

    @Test("where the last snapshot holds everything already, a drain takes none")
    func unneeded() throws {
        let bench = try bench(inTopic: true)
        try bench.drain()
        try bench.run(ms: 2_000)
        let next = try ShardBench.restoring(bench.site) { $0.outputs.state = 1 }
        try next.drain()
        try next.run(ms: 2_000)
        #expect(next.events == ["drained"])
        #expect(bench.site.manifests.count == 1)
    }

    @Test("a store that says nothing holds a drain up for the time given, not longer")
    func silent() throws {
        let bench = try bench(inTopic: true) { $0.lastSnapshotsMs = 5_000 }
        bench.state.isSilent = true
        try bench.drain()
        try bench.run(ms: 4_900)
        #expect(bench.events.isEmpty)
        try bench.run(ms: 300)
        #expect(bench.events == ["drained"])
        #expect(timedOut(bench) == [1])
        #expect(bench.site.manifests.isEmpty, "a snapshot without its pages is none")
    }

    @Test("a write that fails is tried again while there is time")
    func again() throws {
        let bench = try bench(inTopic: true)
        bench.state.failures = [.of(.retry)]
        try bench.drain()
        try bench.run(ms: 500)
        #expect(bench.events.isEmpty)
        try bench.run(ms: 3_000)
        #expect(bench.events == ["drained"] && timedOut(bench).isEmpty)
        let committed = try #require(bench.site.committed[ShardBench.partials]?.offset)
        #expect(bench.site.manifests.map(\.position) == [committed])
    }

    @Test("a drain whose last commit batch is refused ends: others may have the partitions")
    func refused() throws {
        let bench = try bench(inTopic: true)
        bench.producer.outcomes["offsets"] = [.failed(.of(.abortTransaction, .illegalGeneration))]
        try bench.drain()
        try bench.run(ms: 400)
        #expect(bench.events == ["drained"])
        #expect(bench.site.manifests.isEmpty)
    }
}

@Suite("What a first start says")
struct FirstStartTests {
    private func start(_ site: Site) throws -> ShardBench {
        try ShardBench.restoring(site, ms: 500)
    }

    @Test("with nothing committed there is nothing to rebuild, though older partials are gone")
    func nothing() throws {
        let site = Site()
        site.feed(from: 0, to: 4_000)
        let bench = try start(site)
        #expect(bench.rebuilt.isEmpty)
        #expect(bench.restored.map(\.isEmpty) == [true])
    }

    @Test("what is rebuilt from records counts the entities it came to")
    func rebuilt() throws {
        let (site, _) = try Site.withSnapshots(0)
        let bench = try ShardBench.restoring(site)
        let summary = try #require(bench.restored.first)
        #expect(summary.snapshot == nil && summary.entities > 0 && !summary.isEmpty)
    }
}
