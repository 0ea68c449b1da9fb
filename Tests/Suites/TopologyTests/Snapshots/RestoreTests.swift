import Detection
import Primitives
import Snapshots
import TestSupport
import Testing
import Topology

@Suite("A task restored from snapshots")
struct RestoreTests {
    /// What came of a run of crashes and restores.
    private struct Outcome {
        var restores = 0
        var steps = 0
        var findings = 0
        var fromNothing = 0
    }

    /// A task that is lost and restored at random, beside one that never is.
    private struct Trial {
        let log: PartitionLog
        let steady: TaskRunner
        let disturbed: TaskRunner
        let leastRoll: Int
        let seed: UInt64
        var random: TestRandom
        var store = StateLog()
        var incarnation: UInt64 = 1
        var outcome = Outcome()
        /// What the undisturbed task found in each record, and its digest after it.
        private var lines: [[String]] = []
        private var digests: [UInt64] = []

        init(
            _ log: PartitionLog, _ rules: RuleSet, _ settings: TaskRunner.Settings, leastRoll: Int,
            seed: UInt64
        ) {
            self.log = log
            self.leastRoll = leastRoll
            self.seed = seed
            random = TestRandom(seed: seed ^ 0xABCD)
            steady = TaskRunner(log, rules, settings)
            disturbed = TaskRunner(log, rules, settings)
            for i in log.records.indices {
                lines.append(steady.receive(i))
                digests.append(steady.task.stateDigest())
            }
            outcome.findings = lines.reduce(0) { $0 + $1.count }
        }

        private mutating func chance(_ bound: Int) -> Bool {
            .random(in: 0..<bound, using: &random) == 0
        }

        mutating func run(snapshots: Int, losses: Int) throws -> Bool {
            var i = 0
            while i < log.records.count {
                let found = disturbed.receive(i)
                guard agree(found, i) else { return false }
                i += 1
                outcome.steps += 1
                if chance(snapshots) { snapshot(at: i) }
                guard chance(losses) else { continue }
                i = try lose(at: i)
                if i > 0, disturbed.task.stateDigest() != digests[i - 1] {
                    Issue.record("seed \(seed): another state before record \(i)")
                    return false
                }
            }
            return true
        }

        private func agree(_ found: [String], _ i: Int) -> Bool {
            guard found == lines[i], disturbed.task.stateDigest() == digests[i] else {
                Issue.record("seed \(seed), record \(i): \(found) instead of \(lines[i])")
                return false
            }
            return true
        }

        private mutating func snapshot(at i: Int) {
            guard
                let taken = disturbed.snapshot(
                    incarnation, at: i, isFull: chance(15), leastRoll: leastRoll)
            else {
                Issue.record("seed \(seed): no snapshot")
                return
            }
            switch Int.random(in: 0..<12, using: &random) {
            case 0: disturbed.snapshotFailed()
            // Written, but the owner ends before the commit batch with its manifest is committed.
            case 1:
                store.write(taken.pages)
                disturbed.snapshotFailed()
            default:
                store.write(taken.pages)
                store.publish(taken.manifest)
            }
            if chance(5) { store.compact(using: &random) }
        }

        /// Loses the task; returns the record the next owner goes on with.
        private mutating func lose(at i: Int) throws -> Int {
            let last = store.manifests.last
            if let last, chance(6) { store.damage(last, using: &random) }
            // What was committed lies between the last manifest, which was committed, and what was done.
            let from =
                last.map { m in log.records.firstIndex { $0.offset >= m.position } ?? i } ?? 0
            let committed = Int.random(in: min(from, i)...i, using: &random)
            let candidates = try disturbed.restore(from: store, committed: committed)
            if !candidates.contains(where: { $0.problem == nil }) { outcome.fromNothing += 1 }
            incarnation += 1
            outcome.restores += 1
            if store.manifests.last.map({ m in
                candidates.contains { $0.id == m.id && $0.problem != nil }
            }) == true {
                store = StateLog()
            }
            return committed
        }
    }

    private static func trial(
        _ scenario: OracleScenario, _ disorder: PartitionLog.Disorder, sampleSize: Int, seed: UInt64
    ) throws -> Trial {
        var evidence: EvidencePlan?
        if seed % 2 == 0 {
            evidence = EvidencePlan()
            evidence?.tickMs = [2, 6, 30][Int(seed / 4 % 3)] * scenario.timing.paneWidth.ms
            evidence?.isGrouped = seed % 4 == 0
            evidence?.leadEdges = seed % 8 == 0 ? 8 : 1000
            evidence?.taskEdges = seed % 6 == 0 ? 24 : 1000
        }
        let texts = scenario.rules.map { rule in
            let text = rule.text()
            let feeds = evidence != nil && text.contains("entity: fingerprint")
            return feeds ? text + "campaign: { group: identity, weight: 2 }\n" : text
        }
        let rules = try TestRules.set(texts, paneWidth: scenario.timing.paneWidth)
        let partitions = [1, 3][Int(seed % 2)]
        let plan = TopologyPlan(
            rules: rules, timing: scenario.timing, partitions: partitions,
            gateways: scenario.gateways, evidence: evidence)
        let log = try PartitionLog(
            plan, sources: scenario.sources, partition: partitions - 1,
            maxBatch: [1, 5, 40][Int(seed / 2 % 3)], disorder, seed: seed)
        return Trial(
            log, rules, .init(partition: partitions - 1, sampleSize: sampleSize),
            leastRoll: [0, 300, 1 << 20][Int(seed / 6 % 3)], seed: seed)
    }

    @Test(
        "finds the same and holds the same as one that was never lost, at any record from any snapshot"
    )
    func restored() throws {
        var all = Outcome()
        var evidence = 0
        for seed in 1...UInt64(isFullRun ? 3000 : 240) {
            let disorder = PartitionLog.Disorder(
                repeats: seed % 4 == 0 ? 25 : 0, restarts: seed % 5 == 0 ? 10 : 0,
                isAtLeastOnce: seed % 10 == 0, foreign: seed % 7 == 0 ? 10 : 0,
                hasLateSource: seed % 3 == 0, verdicts: seed % 2 == 0 ? 20 : 0)
            var trial = try Self.trial(
                OracleScenario(seed: seed), disorder, sampleSize: [16, 512][Int(seed % 2)],
                seed: seed)
            guard try trial.run(snapshots: 6, losses: 25) else { return }
            all.restores += trial.outcome.restores
            all.findings += trial.outcome.findings
            all.steps += trial.outcome.steps
            all.fromNothing += trial.outcome.fromNothing
            evidence += trial.steady.evidenceBytes
        }
        print("\(all), \(evidence) bytes of evidence")
        #expect(evidence > 100_000)
        #expect(all.restores > 500 && all.findings > 500)
        #expect(all.fromNothing > 0 && all.fromNothing * 2 < all.restores)
    }
}
