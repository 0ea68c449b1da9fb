@_spi(Simulation) import Delivery
import TestSupport
import Testing

/// Commit batches one after the other over a broker that fails at random, with rebalances in between.
private struct Story {
    let broker: ModelBroker
    private var committer: Committer
    private var random: TestRandom
    private var nowMs: Int64 = 0
    private var number = 0
    private var isRefused = false
    /// Commit batches the committer has told to be committed.
    private(set) var told: [String] = []
    /// Commit batches it has told to be stale.
    private(set) var stale: [String] = []
    /// Commit batches given up.
    private(set) var abandoned: [String] = []
    private var rivals = 0
    private var membership = FakeMembership("m1")
    /// How far the shard has come.
    private var offset: Int64

    init(_ mode: DeliveryMode, seed: UInt64) {
        broker = ModelBroker(mode, committed: CommitterBench.before, seed: seed)
        committer = Committer(broker) { _ in }
        offset = broker.committed.offset ?? 0
        committer.know(broker.committed)
        random = TestRandom(seed: seed &+ 1_000_000)
    }

    mutating func run(steps: Int, hasRebalances: Bool) {
        for _ in 0..<steps {
            nowMs += .random(in: 1...300, using: &random)
            if hasRebalances, Int.random(in: 0..<60, using: &random) == 0 { rebalance() }
            if isRefused, Int.random(in: 0..<8, using: &random) == 0 { stay() }
            step()
        }
        broker.isHealthy = true
        if isRefused { stay() }
        for _ in 0..<200 where !committer.isIdle || isRefused {
            nowMs += 5_000
            if isRefused { stay() }
            step(begins: false)
        }
    }

    private mutating func step(begins: Bool = true) {
        if committer.isReady, begins {
            number += 1
            committer.begin(
                CommitterBench.batch("c\(number)", offset: offset + 1), under: membership)
        }
        switch committer.step(nowMs: nowMs) {
        case .committed(let batch):
            told.append(batch.name)
            offset += 1
        case .stale(let batch):
            stale.append(batch.name)
            // A shard waits for the partitions to be lost then, and is given them again.
            know()
        case .refused: isRefused = true
        case .failed(let failure): Issue.record("\(failure)")
        case nil: break
        }
    }

    private mutating func rebalance() {
        broker.generation += 1
        switch Int.random(in: 0..<3, using: &random) {
        case 0: break
        case 1: stay()
        default: lose()
        }
    }

    private mutating func lose() {
        // The partitions go, somebody else commits, and they come back.
        if !committer.isIdle { abandoned.append("c\(number)") }
        committer.abandon()
        committer.forget([CommitterBench.partition])
        isRefused = false
        for _ in 0..<1_000 where !committer.isIdle {
            nowMs += 5_000
            _ = committer.step(nowMs: nowMs)
        }
        if !committer.isIdle { Issue.record("an abandoned commit batch never ends") }
        rivals += 1
        broker.rival("r\(rivals)")
        know()
        membership = FakeMembership("m\(broker.generation)")
        committer.resume(under: membership)
    }

    private mutating func know() {
        offset = broker.committed.offset ?? 0
        committer.know(broker.committed)
    }

    /// The partitions stay over a rebalance, as the client says; somebody may have had them all the same.
    private mutating func stay() {
        if Int.random(in: 0..<3, using: &random) == 0 {
            rivals += 1
            broker.rival("r\(rivals)")
        }
        isRefused = false
        membership = FakeMembership("m\(broker.generation)")
        committer.resume(under: membership)
    }
}

@Suite("A committer against a broker that fails at random")
struct CommitterModelTests {
    @Test(
        "exactly once: every commit batch told to be committed is there once and in order, no other is"
    )
    func exactlyOnce() {
        for seed in 1...300 as ClosedRange<UInt64> {
            var story = Story(.exactlyOnce, seed: seed)
            story.run(steps: 600, hasRebalances: seed % 3 != 0)
            let own = story.broker.log.filter { $0.hasPrefix("c") }
            // Where others went on from a commit whose answer was lost, it is no longer to be told from none.
            let unclear = Set(story.abandoned + story.stale)
            #expect(own.filter { !unclear.contains($0) } == story.told, "seed \(seed)")
            #expect(unclear.isDisjoint(with: story.told), "seed \(seed)")
            #expect(Set(own).count == own.count, "seed \(seed): a commit batch is there twice")
            #expect(story.broker.misuses.first == nil, "seed \(seed)")
            #expect(story.told.count > 3, "seed \(seed) has come nowhere")
        }
    }

    @Test(
        "at least once: every commit batch told to be committed is there, and first came in order")
    func atLeastOnce() {
        var repeated = 0
        for seed in 1...100 as ClosedRange<UInt64> {
            var story = Story(.atLeastOnce, seed: seed)
            story.run(steps: 600, hasRebalances: false)
            var seen: Set<String> = []
            let first = story.broker.log.filter { seen.insert($0).inserted }
            #expect(first == story.told, "seed \(seed)")
            #expect(story.stale.isEmpty && story.broker.misuses.isEmpty, "seed \(seed)")
            repeated += story.broker.log.count - first.count
        }
        #expect(repeated > 0, "nothing ever came again: the model is too kind")
    }
}
