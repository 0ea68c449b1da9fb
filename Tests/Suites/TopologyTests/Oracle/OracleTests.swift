import Glibc
import Testing

/// Whether the long form of the tests is asked for.
let isFullRun = getenv("STILLWATCH_FULL") != nil

@Suite("The topology against a naive oracle")
struct OracleTests {
    @Test("findings equal the oracle's on random scenarios, however the work is cut and ordered")
    func matchesOracle() throws {
        var findings = 0
        var late = 0
        let scenarios = isFullRun ? 5000 : 500
        for seed in 1...UInt64(scenarios) {
            let scenario = OracleScenario(seed: seed)
            var oracle = NaiveOracle(scenario.rules, scenario.timing, gateways: scenario.gateways)
            let expected = oracle.run(scenario.sources)
            let rules = try TestRules.set(
                scenario.rules.map { $0.text() }, paneWidth: scenario.timing.paneWidth)
            let shape = Engine.Shape(
                partitions: [1, 4, 7][Int(seed % 3)], maxBatch: [1, 20, 500][Int(seed / 3 % 3)],
                repeatedPercent: seed % 2 == 0 ? 30 : 0)
            let engine = try Engine.run(
                rules, timing: scenario.timing, gateways: scenario.gateways, shape,
                sources: scenario.sources, seed: seed)
            let found = engine.findings.map(NaiveOracle.line).sorted()
            #expect(found == expected, "seed \(seed): \(Self.difference(found, expected))")
            if found != expected { return }
            let fates = oracle.fates
            #expect(engine.ingest.late == fates[.late, default: 0], "seed \(seed)")
            #expect(
                engine.ingest.processed == fates[.late, default: 0] + fates[.onTime, default: 0],
                "seed \(seed)")
            #expect(
                engine.ingest.rejectedTotal == fates[.future, default: 0]
                    + fates[.tooLate, default: 0],
                "seed \(seed)")
            findings += found.count
            late += engine.ingest.late
        }
        #expect(findings > scenarios * 5 && late > scenarios)
    }

    private static func difference(_ found: [String], _ expected: [String]) -> String {
        let extra = Set(found).subtracting(expected).sorted().prefix(5)
        let missing = Set(expected).subtracting(found).sorted().prefix(5)
        return
            "\(found.count) found, \(expected.count) expected; extra \(extra); missing \(missing)"
    }
}
