import Broker
@_spi(Simulation) import Delivery
import Testing

@Suite("A shard over rebalances")
struct ShardRebalanceTests {
    private static let both = [ShardBench.input, ShardBench.partials]
    private static let released = "released \(both.text)"

    /// A shard that was refused a commit batch.
    private func held(_ code: BrokerError.Code = .illegalGeneration) throws -> ShardBench {
        let bench = try ShardBench.settled(TestEngine.settings())
        bench.producer.outcomes["offsets"] = [.failed(.of(.abortTransaction, code))]
        bench.site.feed(from: 20_000, to: 22_000)
        try bench.run(ms: 500)
        let told = bench.told { notice -> BrokerError.Code? in
            if case .batchRefused(_, let error) = notice { error.code } else { nil }
        }
        #expect(told == [code])
        return bench
    }

    @Test("revoked partitions are settled: nothing more is read, what was read is committed")
    func settled() throws {
        let bench = try ShardBench.settled(TestEngine.settings())
        bench.site.feed(from: 20_000, to: 22_000)
        try bench.run(ms: 20)
        try bench.release(Self.both, under: FakeMembership())
        bench.site.feed(from: 22_000, to: 24_000)
        try bench.run(ms: 1_000)
        #expect(bench.events == [Self.released])
        #expect(bench.site.committed[ShardBench.input]?.offset == 110)
        #expect(bench.input.attached.isEmpty && bench.partials.attached.isEmpty)
    }

    @Test("lost partitions are given up at once, and nothing of them is committed any more")
    func lost() throws {
        let bench = try ShardBench.settled(TestEngine.settings())
        let before = bench.site.committed
        bench.producer.isSilent = true
        bench.site.feed(from: 20_000, to: 22_000)
        try bench.run(ms: 500)
        try bench.release(Self.both, under: nil)
        try bench.run(ms: 20)
        #expect(bench.events == [Self.released])
        #expect(bench.site.committed == before)
        #expect(bench.digest == nil)
    }

    @Test("what was given up unsettled is read again by whoever comes next, and nothing twice")
    func takenAgain() throws {
        let undisturbed = try ShardBench.settled(TestEngine.settings(), feedTo: 30_000)
        let bench = try ShardBench.settled(TestEngine.settings())
        bench.producer.outcomes["flush"] = [.failed(.of(.fatal))]
        bench.site.feed(from: 20_000, to: 30_000)
        try bench.run(ms: 300)
        try bench.release(Self.both, under: nil)
        try bench.run(ms: 100)
        try bench.take(Self.both, "m2")
        try bench.run(ms: 3_000)
        #expect(bench.site.committed[ShardBench.input]?.offset == 150)
        #expect(bench.digest == undisturbed.digest)
        #expect(bench.site.alerts.map(\.value) == undisturbed.site.alerts.map(\.value))
    }

    @Test("partitions that cannot be settled in time are given up, and that is told")
    func settlesTooLong() throws {
        var settings = try TestEngine.settings()
        settings.settleMs = 5_000
        let bench = try ShardBench.settled(settings)
        bench.site.feed(from: 20_000, to: 22_000)
        bench.producer.isSilent = true
        try bench.run(ms: 500)
        try bench.release(Self.both, under: FakeMembership())
        try bench.run(ms: 4_900)
        #expect(bench.events.isEmpty)
        try bench.run(ms: 200)
        #expect(bench.events == [Self.released])
        let late = bench.told { if case .settlingTimedOut = $0 { true } else { nil } }
        #expect(late.count == 1)
    }

    @Test("partitions revoked under a membership that is over are given up without waiting")
    func revokedUnderNone() throws {
        let bench = try ShardBench.settled(TestEngine.settings())
        bench.site.feed(from: 20_000, to: 22_000)
        try bench.run(ms: 20)
        try bench.release(Self.both, under: FakeMembership(isValid: false))
        try bench.run(ms: 20)
        #expect(bench.events == [Self.released])
        #expect(bench.site.committed[ShardBench.input]?.offset == 100)
    }

    @Test("a refused commit batch holds the shard: nothing is read until the group speaks")
    func holds() throws {
        let bench = try held()
        let processed = bench.shard.status().counters.processed
        bench.site.feed(from: 22_000, to: 24_000)
        _ = bench.producer.takeCalls()
        try bench.run(ms: 10_000)
        #expect(bench.shard.status().counters.processed == processed)
        #expect(bench.producer.takeCalls().isEmpty)
    }

    @Test("held for 45 s, the shard ends the process")
    func heldTooLong() throws {
        let bench = try held()
        try bench.run(ms: 44_000, everyMs: 100)
        let failure = #expect(throws: EngineFailure.self) { try bench.run(ms: 2_000) }
        if case .fatal? = failure { return }
        Issue.record("\(String(describing: failure))")
    }

    @Test(
        "fenced partitions are dropped and taken again: all is as if nothing had happened",
        arguments: [BrokerError.Code.illegalGeneration, .unknownMemberID])
    func fenced(code: BrokerError.Code) throws {
        let bench = try held(code)
        try bench.release(Self.both, under: nil)
        try bench.take(Self.both, "m2")
        bench.site.feed(from: 22_000, to: 30_000)
        try bench.run(ms: 3_000)
        let undisturbed = try ShardBench.settled(TestEngine.settings(), feedTo: 30_000)
        #expect(bench.digest == undisturbed.digest)
        #expect(bench.site.alerts.map(\.value) == undisturbed.site.alerts.map(\.value))
    }

    @Test(
        "where the partitions stay, the refused commit batch is committed under the next membership"
    )
    func stays() throws {
        let bench = try held()
        _ = bench.producer.takeCalls()
        try bench.take([], "m2")
        try bench.run(ms: 1_000)
        #expect(bench.producer.takeCalls().prefix(5).contains("offsets m2"))
        #expect(bench.site.committed[ShardBench.input]?.offset == 110)
        #expect(bench.history.openedAt.isEmpty || bench.digest != nil)
    }

    @Test(
        "a commit batch that others have overtaken is dropped, and its partitions are given up unsettled"
    )
    func overtaken() throws {
        let bench = try held()
        bench.producer.committed[ShardBench.input] = PartitionOffset(
            ShardBench.input, offset: 105, metadata: "2;-;-;-;other")
        try bench.take([], "m2")
        try bench.run(ms: 1_000)
        let told = bench.told { if case .batchStale = $0 { true } else { nil } }
        #expect(told.count == 1)
        #expect(bench.site.committed[ShardBench.input]?.offset == 100)
        try bench.release(Self.both, under: FakeMembership("m2"))
        try bench.run(ms: 40)
        #expect(bench.events == [Self.released])
    }

    /// A shard whose commit batch of both stages is stale by the input alone.
    private func stale() throws -> ShardBench {
        let bench = try ShardBench.settled(TestEngine.settings())
        bench.site.feed(from: 20_000, to: 22_000)
        bench.producer.outcomes["offsets"] = [
            .done, .failed(.of(.abortTransaction, .illegalGeneration)),
        ]
        try bench.run(ms: 200)
        bench.site.feed(from: 22_000, to: 24_000)
        try bench.run(ms: 500)
        try #require(Set(bench.producer.positions.map(\.partition)) == Set(Self.both))
        bench.producer.committed[ShardBench.input] = PartitionOffset(
            ShardBench.input, offset: 115, metadata: "2;-;-;-;other")
        try bench.take([], "m2")
        try bench.run(ms: 200)
        try #require(bench.notices.contains { if case .batchStale = $0 { true } else { false } })
        _ = bench.producer.takeCalls()
        return bench
    }

    @Test(
        "what a dropped commit batch held is gone: nothing behind it is committed, settled or not")
    func nothingBehindStale() throws {
        let bench = try stale()
        let before = bench.site.committed
        try bench.release(Self.both, under: FakeMembership("m2"))
        try bench.run(ms: 1_000)
        #expect(bench.events == [Self.released])
        #expect(!bench.producer.takeCalls().contains { $0.hasPrefix("send") })
        #expect(bench.site.committed == before)
        // Taken again, it goes on from what is committed.
        try bench.take(Self.both, "m3")
        try bench.run(ms: 1_000)
        #expect(bench.producer.takeCalls().contains("commit"))
    }

    @Test(
        "where the partitions of a dropped commit batch stay for 45 s, the shard ends the process")
    func staleAndStays() throws {
        let bench = try stale()
        try bench.take([], "m3")
        try bench.run(ms: 44_000, everyMs: 100)
        #expect(bench.producer.takeCalls().isEmpty)
        let failure = #expect(throws: EngineFailure.self) { try bench.run(ms: 2_000) }
        if case .fatal? = failure { return }
        Issue.record("\(String(describing: failure))")
    }

    @Test("partitions that go while others' outputs are in the commit batch end the process")
    func others() throws {
        let bench = try ShardBench.settled(TestEngine.settings())
        let failure = #expect(throws: EngineFailure.self) {
            try bench.release([ShardBench.input], under: nil)
        }
        if case .fatal? = failure { return }
        Issue.record("\(String(describing: failure))")
    }

    @Test(
        "a task that comes back unread goes on from memory; one that others have had is restored",
        arguments: [false, true])
    func suspended(isRead: Bool) throws {
        let bench = try ShardBench.settled(TestEngine.settings())
        let digest = bench.digest
        try bench.release(Self.both, under: FakeMembership())
        try bench.run(ms: 100)
        #expect(bench.events == [Self.released])
        let position = try #require(bench.site.committed[ShardBench.partials]?.offset)
        if isRead {
            bench.site.appendGap(to: ShardBench.partials, 1)
            bench.site.committed[ShardBench.partials] = PartitionOffset(
                ShardBench.partials, offset: position + 1, metadata: "2;-;-;-;other")
        }
        let began = restores(bench)
        try bench.take(Self.both, "m2")
        #expect(restores(bench) - began == (isRead ? 1 : 0))
        if !isRead { #expect(bench.digest == digest) }
        // The source says once more that it is read to its end.
        try bench.run(ms: 2_500)
        #expect(bench.digest == digest)
    }

    @Test(
        "suspended state is not resumed where another owner has committed, even at the same offset")
    func suspendedElsewhere() throws {
        let bench = try ShardBench.settled(TestEngine.settings())
        let entities = bench.shard.status().counters.entities
        try bench.release(Self.both, under: FakeMembership())
        try bench.run(ms: 100)
        bench.site.committed[ShardBench.partials]?.metadata = "2;-;-;-;other"
        let began = restores(bench)
        try bench.take(Self.both, "m2")
        #expect(restores(bench) == began + 1)
        try bench.run(ms: 500)
        #expect(entities > 0 && bench.shard.status().counters.entities == entities, "held once")
    }

    private static func work(_ bench: ShardBench) -> [Int] {
        let counters = bench.shard.status().counters
        return [
            counters.blocksRead, counters.partials, counters.panesClosed, counters.evaluations,
            counters.found,
        ]
    }

    @Test("suspended state is kept for its time only, and counted all the same")
    func suspendedTooLong() throws {
        var settings = try TestEngine.settings()
        settings.suspendMs = 3_000
        let bench = try ShardBench.settled(settings)
        let received = Self.work(bench)
        try bench.release(Self.both, under: FakeMembership())
        try bench.run(ms: 2_900)
        #expect(Self.work(bench) == received)
        try bench.run(ms: 200)
        #expect(Self.work(bench) == received)
        let began = restores(bench)
        try bench.take(Self.both, "m2")
        #expect(restores(bench) == began + 1)
    }

    private func restores(_ bench: ShardBench) -> Int {
        bench.told { if case .restoreBegan = $0 { true } else { nil } }.count
    }

    @Test("a drain commits what was read and says so once", arguments: [false, true])
    func drains(isSilent: Bool) throws {
        var settings = try TestEngine.settings()
        settings.settleMs = 4_000
        let bench = try ShardBench.settled(settings)
        bench.site.feed(from: 20_000, to: 22_000)
        try bench.run(ms: 20)
        bench.producer.isSilent = isSilent
        try bench.drain()
        bench.site.feed(from: 22_000, to: 24_000)
        try bench.run(ms: 3_000)
        #expect(bench.events == (isSilent ? [] : ["drained"]))
        try bench.run(ms: 3_000)
        #expect(bench.events == ["drained"])
        #expect(bench.site.committed[ShardBench.input]?.offset == (isSilent ? 100 : 110))
    }

    @Test("a drain waits for nobody while the membership is over")
    func drainsHeld() throws {
        let bench = try held()
        try bench.drain()
        try bench.run(ms: 40)
        #expect(bench.events == ["drained"])
    }
}
