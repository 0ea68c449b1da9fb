@_spi(Simulation) import Delivery
import Snapshots
import Testing

@Suite("Snapshots of a task")
struct SnapshotTests {
    /// A shard that has read some seconds, and whose snapshots are due every five.
    private func bench(inTopic: Bool) throws -> ShardBench {
        var settings = try TestEngine.settings(state: inTopic ? 1 : 0)
        settings.snapshotIntervalMs = 5_000
        settings.idleTimeoutMs = 600_000
        let bench = try ShardBench(settings)
        bench.site.feed(from: 0, to: 4_000)
        try bench.take([ShardBench.input, ShardBench.partials])
        try bench.run(ms: 1_000)
        return bench
    }

    /// Reads on for some time, so that as many snapshots are taken.
    private func takeSnapshots(_ count: Int, _ bench: ShardBench) throws {
        for _ in 0..<count {
            bench.site.feed(from: bench.fedTo, to: bench.fedTo + 2_000)
            try bench.run(ms: 5_100)
        }
    }

    private func taken(_ bench: ShardBench) -> [UInt32] {
        bench.told { if case .snapshotTaken(_, let id, _, _) = $0 { id.sequence } else { nil } }
    }

    private func failed(_ bench: ShardBench) -> [UInt32] {
        bench.told { if case .snapshotFailed(_, let id, _) = $0 { id.sequence } else { nil } }
    }

    /// Pages that no manifest in the store names.
    private func orphans(_ site: Site) -> Int {
        let named = Set(site.manifests.flatMap { $0.window.entries.map(\.id) })
        return site.keys.count { $0.kind != .manifest && !named.contains($0.id) }
    }

    @Test("snapshots come with their interval, and only where something was read")
    func interval() throws {
        let bench = try bench(inTopic: true)
        try takeSnapshots(3, bench)
        #expect(taken(bench) == [1, 2, 3])
        try bench.run(ms: 30_000)
        #expect(taken(bench).count <= 4, "nothing more was read")
        let quiet = taken(bench).count
        try bench.run(ms: 30_000)
        #expect(taken(bench).count == quiet)
    }

    @Test(
        "a manifest stands where the state stands, at or before what is committed",
        arguments: [true, false])
    func position(inTopic: Bool) throws {
        let bench = try bench(inTopic: inTopic)
        try takeSnapshots(3, bench)
        let committed = try #require(bench.site.committed[ShardBench.partials]?.offset)
        for manifest in bench.site.manifests {
            #expect(manifest.position <= committed && manifest.position > 0)
            #expect(manifest.replayFrom <= manifest.position)
            #expect(manifest.id.incarnation == 1)
        }
    }

    @Test(
        "the two newest manifests are kept with all their pages, and nothing else",
        arguments: [true, false])
    func kept(inTopic: Bool) throws {
        let bench = try bench(inTopic: inTopic)
        try takeSnapshots(5, bench)
        #expect(bench.site.manifests.map(\.id.sequence) == [5, 4])
        #expect(orphans(bench.site) == 0)
        for manifest in bench.site.manifests {
            for key in manifest.pageKeys(notNamedBy: []) {
                #expect(bench.site.keys.contains(key), "\(manifest.id)")
            }
        }
    }

    @Test("pages go before the manifest, the manifest before the removal of what it replaces")
    func order() throws {
        let bench = try bench(inTopic: false)
        try takeSnapshots(4, bench)
        #expect(
            bench.state.takeCalls() == [
                "write 1", "publish 1", "write 2", "publish 2", "write 3", "publish 3", "remove",
                "write 4", "publish 4", "remove",
            ])
    }

    @Test("no manifest goes out while its pages are not safe", arguments: [true, false])
    func pagesFirst(inTopic: Bool) throws {
        let bench = try bench(inTopic: inTopic)
        bench.state.isSilent = true
        try takeSnapshots(3, bench)
        #expect(taken(bench) == [1], "one at a time")
        #expect(bench.site.manifests.isEmpty)
        #expect(bench.state.takeCalls() == ["write 1"])
        bench.state.isSilent = false
        try bench.run(ms: 500)
        #expect(bench.site.manifests.last?.id.sequence == 1)
    }

    @Test(
        "a manifest does not count before its commit batch is committed", arguments: [true, false])
    func batchFirst(inTopic: Bool) throws {
        let bench = try bench(inTopic: inTopic)
        bench.producer.isSilent = true
        try takeSnapshots(2, bench)
        #expect(taken(bench) == [1])
        #expect(bench.site.manifests.isEmpty)
        #expect(bench.state.takeCalls() == ["write 1"])
    }

    @Test("in a topic, a manifest and the removal of the one before the last share a transaction")
    func sameTransaction() throws {
        let bench = try bench(inTopic: true)
        var batches: [[Bool]] = []
        bench.producer.onCommit = { [site = bench.site] sent, positions in
            let records = sent.filter { $0.partition.topic == .state }
            if !records.isEmpty { batches.append(records.map { $0.value != nil }) }
            #expect(records.isEmpty || positions.contains { $0.partition == ShardBench.partials })
            site.apply(sent, positions)
        }
        try takeSnapshots(4, bench)
        #expect(batches == [[true], [true], [true, false], [true, false]])
    }

    @Test(
        "a snapshot that could not be written leaves the one before good, and is cleared away",
        arguments: [true, false])
    func writeFails(inTopic: Bool) throws {
        let bench = try bench(inTopic: inTopic)
        try takeSnapshots(2, bench)
        bench.state.failures = [.of(.unreachable)]
        try takeSnapshots(1, bench)
        #expect(failed(bench) == [3])
        #expect(bench.site.manifests.map(\.id.sequence) == [2, 1])
        #expect(orphans(bench.site) > 0, "the failure left pages behind")
        try takeSnapshots(1, bench)
        #expect(bench.site.manifests.map(\.id.sequence) == [4, 2])
        #expect(orphans(bench.site) == 0)
    }

    /// Makes the state larger than what every snapshot writes in any case, 1 MiB.
    private func grow(_ bench: ShardBench) throws {
        for number in 0..<22_000 {
            bench.site.append(
                to: ShardBench.input, TestEngine.event(4_000, 100 + number, card: 100 + number),
                timestampMs: TestEngine.originMs + 4_000)
        }
        bench.site.feed(from: 4_000, to: 10_000)
        try bench.run(ms: 2_000)
    }

    /// Whether each of the newest snapshots holds everything.
    private func areFull(_ bench: ShardBench) throws -> [Bool] {
        try bench.run(ms: 300)
        return try #require(bench.site.manifests.first).window.entries.map(\.span.isAll)
    }

    @Test(
        "a snapshot holds what has changed and a part of the rest; behind a failed one, everything")
    func fullAfterFailure() throws {
        let bench = try bench(inTopic: true)
        try grow(bench)
        try takeSnapshots(2, bench)
        #expect(try areFull(bench).first == false)
        bench.state.failures = [.of(.unreachable)]
        try takeSnapshots(2, bench)
        #expect(failed(bench).count == 1)
        #expect(try areFull(bench) == [true])
    }

    @Test("a manifest that could not be published is told, and the next one stands in its place")
    func publicationFails() throws {
        let bench = try bench(inTopic: false)
        try takeSnapshots(1, bench)
        bench.state.failures = [nil, .of(.configuration)]
        try takeSnapshots(1, bench)
        #expect(failed(bench) == [2])
        #expect(bench.site.manifests.map(\.id.sequence) == [1])
        try takeSnapshots(2, bench)
        #expect(bench.site.manifests.map(\.id.sequence) == [4, 3])
        #expect(orphans(bench.site) == 0)
    }

    @Test("a task that was given up and came back writes everything: others may have removed pages")
    func comesBack() throws {
        let bench = try bench(inTopic: true)
        try grow(bench)
        try takeSnapshots(2, bench)
        #expect(try areFull(bench).first == false)
        let both = [ShardBench.input, ShardBench.partials]
        try bench.release(both, under: FakeMembership())
        try bench.run(ms: 100)
        try bench.take(both, "m2")
        try takeSnapshots(1, bench)
        #expect(try areFull(bench) == [true])
    }

    @Test("no snapshot is begun while partitions are settled or the membership is over")
    func notNow() throws {
        let bench = try bench(inTopic: true)
        bench.producer.outcomes["offsets"] = [
            .failed(.of(.abortTransaction, .illegalGeneration))
        ]
        bench.site.feed(from: 4_000, to: 6_000)
        try bench.run(ms: 500)
        try bench.run(ms: 20_000)
        #expect(taken(bench).isEmpty)
        try bench.take([], "m2")
        try bench.run(ms: 1_000)
        #expect(taken(bench) == [1])
    }
}
