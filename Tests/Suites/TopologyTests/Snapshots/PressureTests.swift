import Detection
import Primitives
import Snapshots
import TestSupport
import Testing
import Topology

@Suite("A task restored under memory pressure")
struct PressureTests {
    /// Many accounts and cards that come once, and some that a rule finds: each in its time, so that those still
    /// firing are idle for longer than most that are forgotten.
    private static func events(_ count: Int, _ source: Int, seed: UInt64) -> [TestEvent] {
        var random = TestRandom(seed: seed &+ UInt64(source))
        return (0..<count).map { i in
            let isHot = Int.random(in: 0..<4, using: &random) == 0
            let account =
                isHot
                ? "hot\(i / 500 * 5 + .random(in: 0..<5, using: &random))" : "cold\(random.next())"
            let card =
                isHot ? "h\(i / 500 * 2 + .random(in: 0..<2, using: &random))" : "c\(random.next())"
            return TestEvent(
                1_780_000_000_000 + Int64(i) * 30 + .random(in: 0...20_000, using: &random),
                account: account, ["payment": card])
        }
    }

    @Test(
        "evicts what the lost one would have, and what is firing stays",
        arguments: [81, 82] as [UInt64])
    func evicting(seed: UInt64) throws {
        print("seed \(seed)")
        let rules = try TestRules.set([
            TestRules.text(
                "accounts.hot", entity: "account", when: "requests(5m) >= 20",
                ["keep_firing_for: 2m", "evidence: [requests(5m), distinct(ip, 5m)]"]),
            TestRules.text(
                "prints.hot", when: "requests(10m) >= 30 && accounts(10m) >= 4",
                [
                    "kinds: [payment]", "suppress: { update_every: 1m }",
                    "evidence: [accounts(10m), requests(10m), top(account, 3)]",
                ]),
        ])
        let plan = TopologyPlan(rules: rules, timing: .init(), partitions: 1)
        let log = try PartitionLog(
            plan, sources: (0..<2).map { Self.events(14_000, $0, seed: seed) }, partition: 0,
            maxBatch: 500, .init(repeats: 10), seed: seed)
        let settings = TaskRunner.Settings(sampleSize: 64, memoryBudget: 8 << 20)
        let steady = TaskRunner(log, rules, settings)
        let disturbed = TaskRunner(log, rules, settings)
        var store = StateLog()
        var random = TestRandom(seed: seed)
        var findings = 0
        var restores = 0
        var longest = 0
        for i in log.records.indices {
            let expected = steady.receive(i)
            #expect(disturbed.receive(i) == expected, "seed \(seed), record \(i)")
            findings += expected.count
            if i % 3 == 0,
                let taken = disturbed.snapshot(UInt64(restores), at: i + 1, leastRoll: 100_000)
            {
                store.write(taken.pages)
                store.publish(taken.manifest)
                longest = max(longest, taken.manifest.window.entries.count)
            }
            guard Int.random(in: 0..<8, using: &random) == 0 else { continue }
            _ = try disturbed.restore(from: store, committed: i + 1)
            restores += 1
            #expect(
                disturbed.task.stateDigest() == steady.task.stateDigest(),
                "seed \(seed), record \(i)")
            #expect(disturbed.task.numbers.openFindings == steady.task.numbers.openFindings)
        }
        #expect(steady.task.numbers.evicted > 5000 && findings > 50 && restores > 5 && longest > 3)
        #expect(
            steady.task.numbers.evictedInEmergency == 0
                && disturbed.task.numbers.evictedInEmergency == 0)
    }
}
