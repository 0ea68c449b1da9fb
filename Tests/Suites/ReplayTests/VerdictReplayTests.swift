import Campaigns
import Detection
import Primitives
import Replay
import Simulation
import TestSupport
import Testing
import Topology
import YAML

/// Verdicts in a replay: known from their times on, whatever the shards, partitions and batches.
@Suite("Replays with verdicts")
struct VerdictReplayTests {
    private static func scenario() -> Scenario {
        var s1 = PopulationSpec(.s1, accounts: 60, rate: 600)
        s1.startMs = 3_600_000
        var scenario = Scenario(
            seed: 11, durationMs: 8 * 3_600_000,
            populations: [PopulationSpec(.customers, accounts: 300, rate: 20), s1])
        scenario.jitterMs = 20_000
        return scenario
    }

    private static func settings(partitions: Int = 16) throws -> PipelineSettings {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        for source in StarterRules.sources { loader.load(source) }
        if let first = diagnostics.errors.first { throw first }
        var settings = PipelineSettings(
            rules: try RuleSet(loader.rules, campaigns: loader.campaignRules))
        settings.partitions = partitions
        return settings
    }

    private static func text(_ report: ReplayDriver.Report, through: EventTime? = nil) -> [String] {
        let encoder = FindingEncoder(format: .flat, productVersion: "1")
        var writer = JSONWriter()
        return report.findings.filter { $0.time <= through ?? $0.time }.map { finding in
            writer.removeAll()
            encoder.encode(finding, into: &writer)
            return writer.buffer.string()
        }
    }

    /// Verdicts on what is found without any: some of each word, at times within the scenario.
    private static func verdicts(_ report: ReplayDriver.Report) throws -> [VerdictRecord] {
        var random = TestRandom(seed: 5)
        let span = try #require(report.span)
        var entities = Set(
            report.findings.filter { $0.campaign == nil }.map {
                Subject(kind: $0.entityKind, value: $0.entityValue).entity
            })
        for member in report.members {
            entities.insert("account:\(String(decoding: member.account, as: UTF8.self))")
        }
        return try entities.sorted().map { entity in
            let subject = try #require(Subject(entity: entity))
            let words = VerdictWord.allCases.filter { subject.isAccount || $0.isJudgement }
            let time = Int64.random(
                in: span.lowerBound.ms...span.upperBound.ms, using: &random)
            return VerdictRecord(
                time: EventTime(ms: time), subject: subject,
                word: words[Int.random(in: 0..<words.count, using: &random)],
                until: EventTime(ms: time + .random(in: 1_000...14_400_000, using: &random)))
        }
    }

    @Test(
        "the same bytes for other threads, partitions and chunks; no trace before the first verdict"
    )
    func deterministic() async throws {
        let records = SimulatedRecords(Self.scenario()).all
        let campaigns = CampaignPipeline()
        let plain = try await ReplayDriver(try Self.settings(), campaigns: campaigns)
            .run([MemorySource(records)])
        let verdicts = try Self.verdicts(plain)
        #expect(verdicts.count >= 50)
        let whole = try await ReplayDriver(
            try Self.settings(), campaigns: campaigns, verdicts: verdicts
        ).run([MemorySource(records)])
        let expected = Self.text(whole)
        #expect(expected != Self.text(plain))
        for (threads, partitions, chunk) in [(2, 3, 100), (3, 1, 7_000)] {
            let other = try await ReplayDriver(
                try Self.settings(partitions: partitions), campaigns: campaigns,
                verdicts: verdicts, threads: threads, chunkRecords: chunk
            ).run([MemorySource(records)])
            #expect(Self.text(other) == expected)
            #expect(other.members.map(\.account) == whole.members.map(\.account))
        }
        // In another order of the files: they are told apart by time.
        let turned = try await ReplayDriver(
            try Self.settings(), campaigns: campaigns, verdicts: verdicts.reversed()
        ).run([MemorySource(records)])
        #expect(Self.text(turned) == expected)
        // Later verdicts change nothing that was found before them.
        let times = verdicts.map(\.time).sorted()
        let middle = times[times.count / 2]
        let early = try await ReplayDriver(
            try Self.settings(), campaigns: campaigns,
            verdicts: verdicts.filter { $0.time < middle }
        ).run([MemorySource(records)])
        let before = Self.text(early, through: middle)
        #expect(before == Self.text(whole, through: middle) && !before.isEmpty)
        // A part of the input finds what the whole does up to there.
        let part = try await ReplayDriver(
            try Self.settings(), campaigns: campaigns, verdicts: verdicts
        ).run([MemorySource(Array(records.prefix(records.count * 2 / 3)))])
        let end = try #require(part.span).upperBound.advanced(byMs: -120_000)
        #expect(Self.text(part, through: end) == Self.text(whole, through: end))
    }
}
