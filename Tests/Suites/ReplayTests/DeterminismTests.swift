import Detection
import Primitives
import Replay
import Simulation
import Testing
import Topology
import YAML

@Suite("Determinism")
struct DeterminismTests {
    /// One way to cut the work.
    struct Cut: CustomStringConvertible, Sendable {
        var shards = 1
        var batch = 5000
        var partitions = 12
        var sources = 1
        var description: String {
            "\(shards) shards, batch \(batch), \(partitions) partitions, \(sources) sources"
        }
    }

    private static let hourMs: Int64 = 3_600_000

    /// Both farms and every look-alike over six hours.
    private static func scenario(jitterMs: Int64) -> Scenario {
        var s1 = PopulationSpec(.s1, accounts: 60, rate: 600)
        s1.startMs = hourMs
        var s4 = PopulationSpec(.s4, accounts: 400, rate: 60)
        s4.startMs = 2 * hourMs
        var scenario = Scenario(
            seed: 7, durationMs: 4 * hourMs,
            populations: [
                PopulationSpec(.customers, accounts: 600, rate: 20),
                PopulationSpec(.gateway, accounts: 3, rate: 800),
                PopulationSpec(.harness, accounts: 200, rate: 12), s1, s4,
            ])
        scenario.jitterMs = jitterMs
        scenario.badRecords = .each(2)
        return scenario
    }

    static let cuts = [
        Cut(shards: 2), Cut(shards: 5), Cut(batch: 1), Cut(partitions: 4), Cut(partitions: 32),
        Cut(shards: 5, batch: 1, partitions: 32), Cut(shards: 2, batch: 7, partitions: 4),
    ]

    private static func rules(_ sources: [SourceText]) throws -> RuleSet {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        for source in sources { loader.load(source) }
        if let first = diagnostics.errors.first { throw first }
        return try RuleSet(loader.rules)
    }

    /// Every feature, on every kind of entity, with short and long windows and lifecycles.
    static let everyFeature = """
        apiVersion: stillwatch/v1
        kind: Rule
        id: all.fingerprints
        version: 1
        severity: low
        entity: fingerprint
        kinds: [payment, device, ip, subnet, asn, prompt_template, system_prompt, tls_ja4, user_agent]
        when: |
          requests(10m) >= 5 && (accounts(1h) >= 3 || payers(24h) >= 2 || kind == "subnet")
            && (evenness(1h) >= 0.3 || top_share(model, 24h) >= 0.2 || new_share(7d) > 0.1)
        for: 1m
        keep_firing_for: 5m
        suppress: { update_every: 10m, cooldown: 20m }
        min_history: 30m
        evidence:
          - requests(1m)
          - requests(35d)
          - sum(output_tokens, 1h)
          - ratio(errors, 24h)
          - ratio(throttled, 1h)
          - ratio(signals.reasoning_elicitation, 1h)
          - distinct(session, 1h)
          - distinct(api_key, 24h)
          - distinct(organization, 24h)
          - distinct(model, 10m)
          - accounts(7d)
          - evenness(1h)
          - evenness(model, 24h)
          - top_share(model, 24h)
          - new_accounts(24h)
          - new_share(24h)
          - payers(24h)
          - spread(24h)
          - hours_active(24h)
          - age()
          - top(account, 7)
          - top(prompt_template, 3)
        description: Everything.
        ---
        apiVersion: stillwatch/v1
        kind: Rule
        id: all.accounts
        version: 1
        severity: low
        entity: account
        when: requests(1h) >= 8 && ratio(single_turn, 24h) >= 0.1 || credential_spread(1h) >= 6
        keep_firing_for: 0s
        suppress: { update_every: 1m, cooldown: 0s }
        evidence:
          - sum(input_tokens, 10m)
          - sum(reasoning_tokens, 24h)
          - credential_spread(24h)
          - distinct(prompt_template, 24h)
          - evenness(ip, 1h)
          - hours_active(7d)
          - top(ip, 3)
        description: Everything of accounts.
        """

    private static func run(
        _ rules: RuleSet, _ records: SimulatedRecords, _ cut: Cut
    ) async throws -> ReplayDriver.Report {
        var settings = PipelineSettings(rules: rules)
        settings.partitions = cut.partitions
        settings.sampleSize = 64
        return try await ReplayDriver(settings, threads: cut.shards, chunkRecords: cut.batch).run(
            records.partitions(cut.sources).map { MemorySource($0) })
    }

    /// The findings as both formats write them.
    private static func encoded(_ report: ReplayDriver.Report) -> [UInt8] {
        var writer = JSONWriter()
        for format in [FindingFormat.flat, .ocsf] {
            let encoder = FindingEncoder(format: format, productVersion: "1")
            for finding in report.findings {
                encoder.encode(finding, into: &writer)
                writer.newline()
            }
        }
        return writer.buffer.array()
    }

    private static func check(_ rules: RuleSet, jitterMs: Int64, _ cuts: [Cut], atLeast: Int = 10)
        async throws
    {
        let records = SimulatedRecords(scenario(jitterMs: jitterMs))
        let first = try await run(rules, records, Cut())
        let expected = encoded(first)
        #expect(first.findings.count >= atLeast, "\(first.findings.count) findings say little")
        #expect(first.ingest.consumed == records.all.count)
        #expect(first.ingest.consumed == first.ingest.processed + first.ingest.rejectedTotal)
        #expect((jitterMs > 30_000) == (first.ingest.late > 0))
        for cut in cuts {
            let report = try await run(rules, records, cut)
            let same = encoded(report) == expected
            #expect(same, "\(cut): \(report.findings.count) findings, not \(first.findings.count)")
            #expect(report.entities.openFindings == first.entities.openFindings, "\(cut)")
            #expect(report.entities.suppressed == first.entities.suppressed, "\(cut)")
            #expect(report.ingest.late == first.ingest.late || cut.sources > 1, "\(cut)")
            #expect(report.entities.latePartials == 0, "\(cut)")
            #expect(report.entities.corruptPartials == 0, "\(cut)")
        }
    }

    @Test(
        "starter rules give the same bytes for any shards, batch and partitions, also with late events"
    )
    func starterRules() async throws {
        try await Self.check(
            try Self.rules(StarterRules.sources), jitterMs: 90_000, Self.cuts)
    }

    @Test("rules with every feature give the same bytes for any shards, batch and partitions")
    func everyFeatureRules() async throws {
        let rules = try Self.rules([SourceText(name: "all.yaml", text: Self.everyFeature)])
        try await Self.check(rules, jitterMs: 90_000, Self.cuts)
    }

    @Test("where no event is late, 1 and 12 input partitions give the same bytes")
    func inputPartitions() async throws {
        let all = try Self.rules([SourceText(name: "all.yaml", text: Self.everyFeature)])
        let cuts = [Cut(sources: 12), Cut(shards: 5, batch: 1, partitions: 4, sources: 12)]
        try await Self.check(all, jitterMs: 25_000, cuts)
        try await Self.check(try Self.rules(StarterRules.sources), jitterMs: 25_000, cuts)
    }
}
