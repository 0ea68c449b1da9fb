import Detection
import Primitives
import Replay
import Simulation
import TestSupport
import Testing
import Topology

/// A backtest of a range folds its panes alone; clocks see every event.
@Suite("A range of panes")
struct RangeTests {
    private static func settings(_ panes: Range<UInt32>) throws -> PipelineSettings {
        var settings = try PrefixTests.settings()
        settings.panes = panes
        return settings
    }

    /// Three hours with a farm, some of it out of order.
    private static func scenario() -> Scenario {
        var scenario = Scenario(
            seed: 11, durationMs: 3 * 3_600_000,
            populations: [
                PopulationSpec(.customers, accounts: 60, rate: 60),
                PopulationSpec(.s1, accounts: 30, rate: 600),
            ])
        scenario.jitterMs = 20_000
        return scenario
    }

    private static let forEver = EventTime(ms: .max)

    @Test("up to an end it finds what the whole history has up to there, and no more")
    func end() async throws {
        let records = SimulatedRecords(Self.scenario()).all
        let all = try await ReplayDriver(try PrefixTests.settings()).run([MemorySource(records)])
        let span = try #require(all.span)
        let width = PaneWidth.standard
        var random = TestRandom(seed: 8)
        var compared = 0
        for _ in 0..<3 {
            let hour = Int64.random(in: 3_600...10_000, using: &random) * 1_000
            let end = width.pane(of: span.lowerBound.advanced(byMs: hour)).index
            let part = try await ReplayDriver(try Self.settings(0..<end), threads: 2)
                .run([MemorySource(records)])
            let time = width.start(of: Pane(index: end))
            let expected = PrefixTests.texts(all.findings, through: time)
            #expect(PrefixTests.texts(part.findings, through: Self.forEver) == expected)
            #expect(part.ingest.outside > 0 && part.ingest.late == all.ingest.late)
            #expect(part.ingest.processed + part.ingest.outside == all.ingest.processed)
            #expect(try #require(part.span).upperBound == time.advanced(byMs: -1))
            compared += expected.count
            let open = Set(part.findings.filter { $0.status == .create }.map(\.uid))
                .subtracting(part.findings.filter { $0.status == .close }.map(\.uid))
            #expect(part.entities.openFindings == open.count)
        }
        #expect(compared > 50)
    }

    @Test("from a beginning it finds what a history has that begins there")
    func beginning() async throws {
        let records = SimulatedRecords(Self.scenario()).all
        let all = try await ReplayDriver(try PrefixTests.settings()).run([MemorySource(records)])
        let start = try #require(all.span).lowerBound.advanced(byMs: 3_600_000)
        let later = try records.filter { record in
            let text = String(decoding: record, as: UTF8.self)
            let match = try #require(text.firstMatch(of: /"time":(\d+)/))
            return try #require(Int64(match.1)) >= start.ms
        }
        let first = PaneWidth.standard.pane(of: start).index
        let part = try await ReplayDriver(try Self.settings(first..<(.max)), threads: 3)
            .run([MemorySource(records)])
        let alone = try await ReplayDriver(try PrefixTests.settings()).run([MemorySource(later)])
        #expect(part.findings.count > 20)
        #expect(
            PrefixTests.texts(part.findings, through: Self.forEver)
                == PrefixTests.texts(alone.findings, through: Self.forEver))
        #expect(part.ingest.processed == later.count)
        #expect(part.ingest.outside == records.count - later.count)
        #expect(part.span == alone.span)
    }

    @Test("a record of several events is counted by those in the range")
    func split() async throws {
        var settings = try Self.settings(
            PaneWidth.standard.pane(of: EventTime(ms: 1_780_000_010_000)).index..<(.max))
        settings.fieldMap.records = "/events"
        func record(_ times: [Int64]) -> [UInt8] {
            let events = times.map { #"{"time":\#($0),"account":"a"}"# }
            return Array(#"{"events":[\#(events.joined(separator: ","))]}"#.utf8)
        }
        let base: Int64 = 1_780_000_000_000
        let records = [
            record([base, base + 1]), record([base + 2, base + 10_000, base + 11_000]),
            record([base + 12_000]), record([]),
        ]
        let ingest = try await ReplayDriver(settings).run([MemorySource(records)]).ingest
        #expect(ingest.consumed == 4 && ingest.processed == 3 && ingest.outside == 3)
        #expect(ingest.recordsWithEvents == 2 && ingest.skippedRecords == 1)
    }

    @Test("a range without events is none, and nothing is found")
    func empty() async throws {
        let records = SimulatedRecords(Self.scenario()).all
        let report = try await ReplayDriver(try Self.settings(1..<2)).run([MemorySource(records)])
        #expect(report.span == nil && report.findings.isEmpty && report.ingest.processed == 0)
    }
}
