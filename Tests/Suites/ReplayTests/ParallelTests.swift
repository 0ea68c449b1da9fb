import Detection
import Events
import Primitives
import Replay
import TestSupport
import Testing
import Topology
import YAML

/// Sources as they come: late events, jumps ahead and back, gaps of hours, refused records, records of several
/// events, empty sources. However the work is dealt out, the report is that of one thread.
@Suite("Parallel ingest")
struct ParallelTests {
    /// The records of some sources, and how they are read.
    private struct World {
        var sources: [[[UInt8]]] = []
        var fieldMap = FieldMap(.stillwatch)

        init(seed: UInt64) {
            var random = TestRandom(seed: seed)
            let isBatched = random.next() % 3 == 0
            if isBatched { fieldMap.records = "/events" }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                sources.append(Self.source(isBatched, &random))
            }
        }

        private static func source(_ isBatched: Bool, _ random: inout TestRandom) -> [[UInt8]] {
            var timeMs: Int64 = 1_780_000_000_000 + Int64.random(in: 0...3_600_000, using: &random)
            let count = [0, 1, 40, 400].randomElement(using: &random) ?? 0
            let oddIn = [5, 50, 1_000].randomElement(using: &random) ?? 5
            return (0..<count).map { _ in
                let events = isBatched ? Int.random(in: 0...4, using: &random) : 1
                let texts = (0..<events).map { _ in event(&timeMs, oddIn, &random) }
                return Array(
                    (isBatched ? "{\"events\":[\(texts.joined(separator: ","))]}" : texts[0]).utf8)
            }
        }

        private static func event(
            _ timeMs: inout Int64, _ oddIn: Int, _ random: inout TestRandom
        ) -> String {
            timeMs += Int64.random(in: 0...4_000, using: &random)
            var at = timeMs - Int64.random(in: 0...20_000, using: &random)
            switch Int.random(in: 0..<oddIn, using: &random) {
            case 0: at += Int64.random(in: 1...50, using: &random) * 3_600_000
            case 1: timeMs += Int64.random(in: 1...9, using: &random) * 3_600_000
            case 2: at -= Int64.random(in: 40...7_200, using: &random) * 1_000
            case 3: return "{\"time\":\"-\",\"account\":\"a\"}"
            default: break
            }
            let account = Int.random(in: 0...12, using: &random)
            let tokens = random.next() % 20 == 0 ? "-1" : "\(random.next() % 900)"
            return "{\"time\":\(at),\"account\":\"a\(account)\",\"max_tokens\":\(tokens),"
                + "\"fingerprints\":{\"payment\":\"p\(account % 3)\"}}"
        }
    }

    /// All of a report that is to be the same.
    private struct Outcome: Equatable {
        var findings: [UInt8]
        var ingest: Counters
        var span: ClosedRange<EventTime>?
        var flaws: [String]
        var refusals: [String]
        var gaps: [String]

        init(_ report: ReplayDriver.Report) {
            var writer = JSONWriter()
            let encoder = FindingEncoder(format: .flat, productVersion: "1")
            for finding in report.findings {
                encoder.encode(finding, into: &writer)
                writer.newline()
            }
            findings = writer.buffer.array()
            ingest = report.ingest
            span = report.span
            flaws = report.flaws.map { "\($0.place) \($0.flawed.field) \($0.flawed.events)" }
            refusals = report.refusals.map(\.text)
            gaps = report.gaps.map(\.text)
        }
    }

    private func rules() throws -> RuleSet {
        let diagnostics = Diagnostics()
        var loader = RuleLoader(diagnostics: diagnostics)
        loader.load(
            SourceText(
                name: "rule.yaml",
                text: """
                    apiVersion: stillwatch/v1
                    kind: Rule
                    id: test.card
                    version: 1
                    severity: high
                    description: A rule.
                    entity: fingerprint
                    kinds: [payment]
                    when: accounts(10m) >= 3 && requests(10m) >= 6
                    keep_firing_for: 1m
                    suppress: { update_every: 1m, cooldown: 0s }
                    evidence: [accounts(10m), requests(1h), top(account, 5), sum(max_tokens, 1h)]
                    """))
        if let first = diagnostics.errors.first { throw first }
        return try RuleSet(loader.rules)
    }

    private func outcome(
        _ world: World, _ rules: RuleSet, shards: Int, batch: Int
    ) async throws -> Outcome {
        var settings = PipelineSettings(rules: rules)
        settings.fieldMap = world.fieldMap
        settings.sampleSize = 64
        let replay = ReplayDriver(settings, threads: shards, chunkRecords: batch)
        let report = try await replay.run(world.sources.map { MemorySource($0) })
        return Outcome(report)
    }

    @Test("300 hostile worlds come out the same for 1 to 5 threads and chunks of 1 to 100 records")
    func hostileWorlds() async throws {
        let rules = try rules()
        var findings = 0
        var late = 0
        for seed in 1...300 {
            let world = World(seed: UInt64(seed))
            let expected = try await outcome(world, rules, shards: 1, batch: 5_000)
            findings += expected.findings.count
            late += expected.ingest.late
            for (shards, batch) in [(1, 3), (2, 1), (2, 17), (3, 100), (5, 7)] {
                let found = try await outcome(world, rules, shards: shards, batch: batch)
                #expect(found == expected, "seed \(seed), \(shards) threads, chunks of \(batch)")
            }
        }
        #expect(findings > 100_000 && late > 1_000, "\(findings) bytes and \(late) late say little")
    }
}
