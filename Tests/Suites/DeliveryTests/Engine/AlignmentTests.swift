import Broker
@_spi(Simulation) import Delivery
import Testing

@Suite("Alignment of partitions")
struct AlignmentTests {
    private let slow = TopicPartition(.input, 0)
    private let fast = TopicPartition(.input, 1)

    private func settings(limitMs: Int64 = 10_000) throws -> EngineSettings {
        var settings = try TestEngine.settings()
        settings.alignmentLimitMs = limitMs
        return settings
    }

    /// A shard with a partition that is not read to its end, at 0 s, and one at `ms`.
    private func bench(_ settings: EngineSettings, fastTo ms: Int64) throws -> ShardBench {
        let bench = try ShardBench(settings)
        bench.input.tellsEnds = false
        bench.site.feed(0, from: 0, to: 200)
        bench.site.feed(1, from: 0, to: ms)
        try bench.take([slow, fast], sources: 2)
        try bench.run(ms: 100)
        return bench
    }

    @Test(
        "a partition further ahead of the slowest than the limit is held, one within it is not",
        arguments: [(10_000, false), (10_400, true)] as [(Int64, Bool)])
    func ahead(ms: Int64, isHeld: Bool) throws {
        let bench = try bench(settings(), fastTo: ms)
        #expect(bench.input.held == (isHeld ? [fast] : []))
    }

    @Test("a partition is let go when the slowest has come closer")
    func released() throws {
        let bench = try bench(settings(), fastTo: 15_000)
        #expect(bench.input.held == [fast])
        bench.site.feed(0, from: 200, to: 6_000)
        try bench.run(ms: 100)
        #expect(bench.input.held.isEmpty)
    }

    @Test("a partition with nothing to read holds nobody back")
    func quiet() throws {
        let bench = try bench(settings(), fastTo: 15_000)
        #expect(bench.input.held == [fast])
        bench.input.tellsEnds = true
        try bench.run(ms: 100)
        #expect(bench.input.held.isEmpty)
    }

    @Test(
        "a partition read to the end where it is to stop holds nobody back, told of it or not",
        arguments: [false, true], [Int64(1), 0])
    func stopsAtEnd(tellsEnds: Bool, beyond: Int64) throws {
        let bench = try ShardBench(settings())
        bench.input.tellsEnds = tellsEnds
        // Records behind the end are none of this run's.
        bench.site.feed(0, from: 0, to: 200 + beyond * 400)
        bench.site.feed(1, from: 0, to: 40_000)
        try bench.take([slow], sources: 2, end: 1)
        try bench.take([fast], sources: 2, end: 200)
        bench.input.batch = 50
        try bench.run(ms: 1_000)
        #expect(bench.input.held.isEmpty)
        #expect(bench.shard.isAtEnd)
        #expect(bench.site.committed[slow]?.offset == 1)
        #expect(bench.site.committed[fast]?.offset == 200)
    }

    @Test("a partition of this process is known by itself, whatever blocks told of it before")
    func known() throws {
        let settings = try settings()
        let site = try blocksOfSlow(settings, isRead: false)
        // Its records are gone, and its clock with them: nothing has come since.
        site.remove(slow, below: site.bounds(of: slow).high)
        let bench = try ShardBench(settings, site: site)
        bench.input.tellsEnds = false
        site.feed(1, from: 0, to: 15_000)
        try bench.take([slow], sources: 2, isRestart: true)
        try bench.take([fast, ShardBench.partials], sources: 2)
        try bench.run(ms: 1_000)
        #expect(bench.input.held.isEmpty)
    }

    @Test("a partition that went elsewhere holds nobody back")
    func gone() throws {
        let board = AlignmentBoard(waitingLimit: 1 << 30)
        let a = try ShardBench(settings(), index: 0, board: board)
        let b = try ShardBench(settings(), index: 1, board: board)
        a.input.tellsEnds = false
        b.input.tellsEnds = false
        a.site.feed(0, from: 0, to: 200)
        b.site.feed(1, from: 0, to: 15_000)
        try a.take([slow], sources: 2)
        try b.take([fast], sources: 2)
        try a.run(ms: 100)
        try b.run(ms: 100)
        #expect(b.input.held == [fast], "another shard's partition is the slowest")
        try a.release([slow], under: nil)
        try b.run(ms: 100)
        #expect(b.input.held.isEmpty)
    }

    /// A shuffle partition that holds the blocks of a slow partition of another process.
    private func blocksOfSlow(_ settings: EngineSettings, isRead: Bool) throws -> Site {
        let other = try ShardBench(settings)
        other.input.tellsEnds = isRead
        other.site.feed(0, from: 0, to: 1_200)
        try other.take([slow], sources: 2)
        try other.run(ms: 3_000)
        return other.site
    }

    @Test(
        "a partition of another process is known by its blocks, and holds back unless it is read to its end",
        arguments: [false, true])
    func heard(isRead: Bool) throws {
        let settings = try settings()
        let site = try blocksOfSlow(settings, isRead: isRead)
        let bench = try ShardBench(settings, site: site)
        bench.input.tellsEnds = false
        site.feed(1, from: 0, to: 15_000)
        try bench.take([fast, ShardBench.partials], sources: 2)
        try bench.run(ms: 1_000)
        #expect(bench.input.held == (isRead ? [] : [fast]))
    }

    @Test(
        "a partition that the topic has no more holds nobody back, though blocks tell of it",
        arguments: [1, 2])
    func vanished(count: Int) throws {
        let settings = try settings()
        let before = try ShardBench(settings)
        before.input.tellsEnds = false
        before.site.feed(1, from: 0, to: 1_200)
        try before.take([TopicPartition(.input, 1)], sources: 2)
        try before.run(ms: 1_000)
        let bench = try ShardBench(settings, site: before.site)
        bench.input.tellsEnds = false
        before.site.feed(0, from: 0, to: 15_000)
        let left = TopicPartition(.input, 0)
        try bench.take([left, ShardBench.partials], sources: count)
        try bench.run(ms: 1_000)
        #expect(bench.input.held == (count == 1 ? [] : [left]))
    }

    @Test("with no task left that hears of others, they hold nobody back")
    func hearsNoMore() throws {
        let settings = try settings()
        let board = AlignmentBoard(waitingLimit: 1 << 30)
        let site = try blocksOfSlow(settings, isRead: false)
        let ears = try ShardBench(settings, site: site, index: 0, board: board)
        let reader = try ShardBench(settings, index: 1, board: board)
        reader.input.tellsEnds = false
        reader.site.feed(1, from: 0, to: 15_000)
        try ears.take([ShardBench.partials], sources: 2)
        try ears.run(ms: 500)
        try reader.take([fast], sources: 2)
        try reader.run(ms: 100)
        #expect(reader.input.held == [fast])
        try ears.release([ShardBench.partials], under: nil)
        try reader.run(ms: 100)
        #expect(reader.input.held.isEmpty)
    }

    @Test(
        "over the limit of waiting partials only the slowest partitions go on",
        arguments: [1 << 30, 1])
    func crowded(limit: Int) throws {
        let bench = try ShardBench(
            settings(), board: AlignmentBoard(waitingLimit: limit))
        bench.input.tellsEnds = false
        bench.site.feed(0, from: 0, to: 2_200)
        bench.site.feed(1, from: 0, to: 4_000)
        try bench.take([slow, fast, ShardBench.partials], sources: 2)
        try bench.run(ms: 1_000)
        #expect(bench.shard.status().counters.waitingBytes > 1)
        #expect(bench.input.held == (limit == 1 ? [fast] : []))
    }

    @Test(
        "a shard that gets little while there is more to read is hungry; read to the end it is not")
    func hunger() throws {
        let board = AlignmentBoard(waitingLimit: 1 << 30)
        let bench = try ShardBench(settings(), board: board)
        bench.input.tellsEnds = false
        bench.site.feed(0, from: 0, to: 2_000)
        try bench.take([slow])
        #expect(!board.takeHunger())
        try bench.run(ms: 100)
        #expect(board.takeHunger())
        #expect(!board.takeHunger(), "told once")
        bench.input.tellsEnds = true
        try bench.run(ms: 100)
        _ = board.takeHunger()
        try bench.run(ms: 100)
        #expect(!board.takeHunger())
    }
}
