import Detection
import Primitives
import Snapshots
import TestSupport
import Testing
import Topology

@Suite("A task restored under other rules")
struct RulesChangeTests {
    private static let start: Int64 = 1_780_000_000_000

    private static let steady = TestRules.text(
        "accounts.steady", entity: "account", when: "requests(10m) >= 10",
        ["suppress: { update_every: 1m }", "evidence: [requests(10m)]"])

    private static func cards(_ least: Int, version: Int = 1) -> String {
        TestRules.text(
            "cards.many", when: "requests(10m) >= \(least)",
            ["kinds: [payment]", "suppress: { update_every: 1m }", "evidence: [requests(10m)]"]
        ).replacing("version: 1", with: "version: \(version)")
    }

    private static func events() -> [TestEvent] {
        (0..<600).map { i in
            TestEvent(
                start + Int64(i) * 2000, account: "a\(i % 9)",
                ["payment": "p\(i % 13)", "ip": "10.0.0.\(i % 5)"])
        }
    }

    /// A log under the old rules, and a task of them that has received its first half and saved itself.
    private struct Old {
        let log: PartitionLog
        let runner: TaskRunner
        let snapshot: TaskSnapshot
        let pages: [Page]
        let half: Int

        init(_ rules: [String]) throws {
            let rules = try TestRules.set(rules)
            let plan = TopologyPlan(rules: rules, timing: .init(), partitions: 1)
            log = try PartitionLog(
                plan, sources: [RulesChangeTests.events()], partition: 0, maxBatch: 20, .init(),
                seed: 5)
            runner = TaskRunner(log, rules, .init(sampleSize: 64))
            half = log.records.count / 2
            for i in 0..<half { _ = runner.receive(i) }
            snapshot = try #require(runner.snapshot(1, at: half, leastRoll: 0))
            var store = StateLog()
            store.write(snapshot.pages)
            store.publish(snapshot.manifest)
            pages = store.assembler(runner.task.id).pages(of: snapshot.manifest)
        }

        /// A task of other rules, restored and caught up to where the old one stands.
        func restored(
            _ rules: [String], sampleSize: Int = 64, paneMs: Int64 = 10_000
        ) throws -> (TaskRunner, RestoreReport) {
            let width = try #require(PaneWidth(ms: paneMs))
            let rules = try TestRules.set(rules, paneWidth: width)
            let plan = TopologyPlan(
                rules: rules, timing: .init(paneWidth: width), partitions: 1)
            let runner = TaskRunner(log, rules, .init(sampleSize: sampleSize), plan: plan)
            let report = try runner.load(snapshot.manifest, pages)
            try runner.refill(snapshot.manifest)
            return (runner, report)
        }
    }

    /// The lines of one rule.
    private static func lines(_ lines: [String], _ rule: String) -> [String] {
        lines.filter { $0.contains(" \(rule) ") }
    }

    @Test("the same rules give exactly the same task")
    func same() throws {
        let old = try Old([Self.steady, Self.cards(8)])
        let (runner, report) = try old.restored([Self.cards(8), Self.steady])
        #expect(report.isExact && report.entities == old.runner.task.entities)
        #expect(runner.task.stateDigest() == old.runner.task.stateDigest())
    }

    @Test(
        "another threshold keeps all state; muted, the rule is not evaluated, then it sees all there was"
    )
    func threshold() throws {
        let old = try Old([Self.steady, Self.cards(1_000_000)])
        let (runner, report) = try old.restored([Self.steady, Self.cards(20, version: 2)])
        #expect(report.changedRules == ["cards.many"] && report.rewarms.isEmpty)
        #expect(!report.isExact && report.entities == old.runner.task.entities)
        var muted: [String] = []
        let live = old.half + 5
        for i in old.half..<live {
            let found = runner.receive(i)
            #expect(
                Self.lines(found, "accounts.steady")
                    == Self.lines(old.runner.receive(i), "accounts.steady"))
            muted += found
        }
        #expect(
            Self.lines(muted, "cards.many").isEmpty && !Self.lines(muted, "accounts.steady").isEmpty
        )
        runner.setMuted(false)
        var found: [String] = []
        for i in live..<old.log.records.count {
            let lines = runner.receive(i)
            #expect(
                Self.lines(lines, "accounts.steady")
                    == Self.lines(old.runner.receive(i), "accounts.steady"))
            found += lines
        }
        // Ten minutes hold some 23 requests of a card, of which most lie before the snapshot.
        let first = try #require(Self.lines(found, "cards.many").first)
        #expect(first.contains("create") && first.contains("requests(10m)=2"))
    }

    @Test("what is new fills from now on, and says so; the next snapshot is full and exact again")
    func newDimension() throws {
        let old = try Old([Self.steady, Self.cards(8)])
        let added = TestRules.text(
            "cards.places", when: "requests(10m) >= 1 && distinct(ip, 10m) >= 1",
            ["kinds: [payment]", "evidence: [distinct(ip, 10m)]"])
        let rules = [Self.steady, Self.cards(8), added]
        let (runner, report) = try old.restored(rules)
        #expect(report.addedRules == ["cards.places"])
        #expect(report.rewarms == ["fingerprints: dimension ip is new"])
        for i in old.half..<old.half + 4 { _ = runner.receive(i) }
        let taken = try #require(runner.snapshot(2, at: old.half + 4, leastRoll: 0))
        #expect(taken.manifest.window.entries.map(\.id.sequence) == [2])
        #expect(taken.manifest.id.sequence == 2)
        var store = StateLog()
        store.write(taken.pages)
        store.publish(taken.manifest)
        let ruleSet = try TestRules.set(rules)
        let again = TaskRunner(
            old.log, ruleSet, .init(sampleSize: 64),
            plan: TopologyPlan(rules: ruleSet, timing: .init(), partitions: 1))
        let exact = try again.load(
            taken.manifest, store.assembler(again.task.id).pages(of: taken.manifest))
        #expect(exact.isExact)
        #expect(again.task.stateDigest() == runner.task.stateDigest())
    }

    @Test("kinds and rules that are gone take their entities and their findings along")
    func removed() throws {
        let old = try Old([Self.steady, Self.cards(8)])
        #expect(old.runner.task.numbers.openFindings > 9)
        let (runner, report) = try old.restored([Self.steady])
        #expect(report.removedRules == ["cards.many"] && report.removedKinds == ["payment"])
        #expect(report.entities == 9 && runner.task.entities == 9)
        #expect(runner.task.numbers.openFindings == 9)
    }

    @Test("smaller samples say so, and the task goes on")
    func sampleSize() throws {
        let old = try Old([Self.steady, Self.cards(8)])
        let (runner, report) = try old.restored([Self.steady, Self.cards(8)], sampleSize: 16)
        #expect(report.rewarms == ["samples hold 16 values instead of 64"])
        for i in old.half..<old.log.records.count { _ = runner.receive(i) }
        let hasEnded = runner.task.hasEnded
        #expect(hasEnded)
    }

    @Test("another pane width makes the snapshot unusable, by name")
    func paneWidth() throws {
        let old = try Old([Self.steady])
        #expect(throws: RestoreError.paneWidth(snapshot: 10_000, expected: 20_000)) {
            _ = try old.restored([Self.steady], paneMs: 20_000)
        }
    }
}
