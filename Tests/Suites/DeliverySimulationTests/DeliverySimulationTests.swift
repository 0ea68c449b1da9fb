import DeliverySimulation
import Testing

/// A handful of seeds, so that a broken simulation is noticed at once; the many run by the command line.
@Suite("The whole program in simulated clusters")
struct DeliverySimulationTests {
    @Test(
        "under faults nothing is lost, doubled or different",
        arguments: 1...6 as ClosedRange<UInt64>)
    func nothingWrong(seed: UInt64) throws {
        let result = try DeliverySimulation.run(seed: seed)
        #expect(result.isGood, "\(result.scenario): \(result.problems)")
        #expect(result.line.contains("findings expected"))
        var totals = DeliverySimulation.Totals()
        totals.add(result)
        #expect(totals.seeds == 1 && totals.wrong == 0)
        #expect(
            result.scenario.contains("calm") || !result.line.hasPrefix("0 faults"), "\(result.line)"
        )
        #expect(!result.line.contains(" 0 findings expected"), "\(result.line)")
    }

    @Test("a seed is a world: run again it does the same, event by event; another does not")
    func deterministic() throws {
        func trace(_ seed: UInt64) throws -> ([String], DeliverySimulation.Result) {
            var lines: [String] = []
            let result = try DeliverySimulation.run(seed: seed) { lines.append($0) }
            return (lines, result)
        }
        let (first, one) = try trace(3)
        let (second, two) = try trace(3)
        #expect(first.count > 1_000)
        let place = zip(first, second).enumerated().first { $0.element.0 != $0.element.1 }
        #expect(place == nil && first.count == second.count, "\(place.map { "\($0)" } ?? "")")
        #expect(one.fingerprint == two.fingerprint && one.line == two.line)
        #expect(try trace(4).1.fingerprint != one.fingerprint)
    }

    @Test("tracing changes nothing")
    func tracing() throws {
        let plain = try DeliverySimulation.run(seed: 5)
        let traced = try DeliverySimulation.run(seed: 5) { _ in }
        #expect(plain.fingerprint == traced.fingerprint)
    }

    @Test(
        "planted bugs are found",
        arguments: [
            "off-by-one-commit", "commit-before-produce", "begin-empty", "tie-too-early",
            "merge-at-once", "edge-twice", "lose-tombstones", "forget-rows", "forget-leads",
        ])
    func planted(name: String) throws {
        #expect(DeliverySimulation.plantedBugs.contains { $0.name == name })
        for seed in 1...40 as ClosedRange<UInt64> {
            let result = try DeliverySimulation.run(seed: seed, planted: name)
            if result.isGood { continue }
            #expect(!result.problems.isEmpty && !result.kind.isEmpty)
            return
        }
        Issue.record("\(name) is not found within 40 seeds")
    }

    @Test("some seeds have campaigns that are told of, merge and come apart, with rows of members")
    func campaigns() throws {
        var totals = DeliverySimulation.Totals()
        var with = 0
        for seed in 1...60 as ClosedRange<UInt64> {
            let result = try DeliverySimulation.run(seed: seed)
            #expect(result.isGood, "\(result.scenario): \(result.problems)")
            if result.scenario.contains("campaigns") { with += 1 }
            totals.add(result)
        }
        #expect((15...40).contains(with))
        let line = totals.line
        #expect(line.contains(" rows of members") && !line.contains("(0 merges"), "\(line)")
        #expect(!line.contains(" 0 splits") && !line.contains(" 0 returns"), "\(line)")
    }

    @Test("bugs have names of their own")
    func names() {
        let names = DeliverySimulation.plantedBugs.map(\.name)
        #expect(names.count >= 15 && Set(names).count == names.count)
    }
}
