import Detection
import Primitives
import Replay
import Simulation
import TestSupport
import Testing
import Topology
import YAML

/// No look-ahead: what is found up to a time does not depend on what comes after it.
@Suite("Findings of a prefix")
struct PrefixTests {
    private static func scenario() -> Scenario {
        var s1 = PopulationSpec(.s1, accounts: 60, rate: 600)
        s1.startMs = 3_600_000
        var scenario = Scenario(
            seed: 11, durationMs: 6 * 3_600_000,
            populations: [
                PopulationSpec(.customers, accounts: 400, rate: 20),
                PopulationSpec(.gateway, accounts: 2, rate: 800), s1,
            ])
        scenario.jitterMs = 20_000
        scenario.badRecords = .each(2)
        return scenario
    }

    static func settings() throws -> PipelineSettings {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        loader.load(SourceText(name: "all", text: DeterminismTests.everyFeature))
        for source in StarterRules.sources { loader.load(source) }
        if let first = diagnostics.errors.first { throw first }
        return PipelineSettings(rules: try RuleSet(loader.rules))
    }

    /// The findings up to `time`, each as both formats write it.
    static func texts(_ findings: [Finding], through time: EventTime) -> [String] {
        let encoders = [FindingFormat.flat, .ocsf].map {
            FindingEncoder(format: $0, productVersion: "1")
        }
        return findings.filter { $0.time <= time }.map { finding in
            var writer = JSONWriter()
            for encoder in encoders { encoder.encode(finding, into: &writer) }
            return writer.buffer.string()
        }
    }

    @Test("findings of the input up to 20 random cuts are those of the whole input up to there")
    func cuts() async throws {
        let settings = try Self.settings()
        let records = SimulatedRecords(Self.scenario()).all
        let whole = try await ReplayDriver(settings).run([MemorySource(records)]).findings
        #expect(whole.count > 100)
        var random = TestRandom(seed: 5)
        var compared = 0
        for _ in 0..<20 {
            let count = Int.random(in: records.count / 4..<records.count, using: &random)
            let part = try await ReplayDriver(settings).run([
                MemorySource(Array(records.prefix(count)))
            ])
            // Panes behind the watermark are complete; those after it may still get events.
            let end = try #require(part.span).upperBound
            let time = EventTime(ms: end.ms - settings.timing.latenessMs)
            let expected = Self.texts(whole, through: time)
            #expect(Self.texts(part.findings, through: time) == expected, "cut at \(count)")
            compared += expected.count
        }
        #expect(compared > 1_000)
    }
}
