import Events
import Primitives
import TestSupport
import Testing
import Topology

/// Records of several events: the account adds up, and nothing of a record is covered before all of it is.
@Suite("INGEST of records with several events")
struct SplitRecordTests {
    private static let start: Int64 = 1_780_000_000_000
    private static let hour: Int64 = 3_600_000
    private static let day: Int64 = 86_400_000

    /// An ingest task over records of batches.
    private final class Bench {
        var task: IngestTask
        var decoder: EventDecoder
        var offset: Int64 = 0

        init(after offset: Int64 = -1, clock: PartitionClock? = nil) throws {
            let rules = try TestRules.set([
                TestRules.text("all.accounts", entity: "account", when: "requests(1m) >= 1")
            ])
            let plan = TopologyPlan(rules: rules, timing: .init(), partitions: 1)
            var map = FieldMap(.stillwatch)
            map.records = "/r"
            decoder = try EventDecoder(
                fieldMap: map, tracked: TrackedNames(kinds: plan.kinds.map(\.name)))
            task = IngestTask(plan: plan, source: 0, sources: 1, after: offset, clock: clock)
            self.offset = offset + 1
        }

        func ingest(_ json: String, timestampMs: Int64? = nil) {
            let bytes = Array(json.utf8)
            bytes.withUnsafeBytes {
                task.ingest($0, offset: offset, timestampMs: timestampMs, decoder: &decoder)
            }
            offset += 1
        }

        /// A record of events at these times behind the start; nil is an element that is refused.
        func batch(_ times: [Int64?]) { ingest(SplitRecordTests.batch(times)) }

        /// The blocks of a flush, their offsets in front of them.
        func flush() -> [[UInt8]] {
            var blocks: [[UInt8]] = []
            task.flush(through: task.processedOffset) { blocks.append(Array($1)) }
            return blocks
        }

        var hasPendingJump: Bool { task.hasPendingJump }
        var processedOffset: Int64 { task.processedOffset }
        var counters: Counters { task.counters }
        var clock: PartitionClock { task.clock }

        func takeDeadLetters() -> [DeadLetter] { task.takeDeadLetters() }

        func expectSums() {
            let counters = task.counters
            let pending = task.hasPendingJump ? 1 : 0
            #expect(
                counters.consumed
                    == counters.recordsWithEvents + counters.skippedRecords
                    + counters.recordsRefused + pending)
        }
    }

    private static func batch(_ times: [Int64?]) -> String {
        let elements = times.map { time in
            time.map { #"{"time":\#(start + $0),"account":"a"}"# } ?? "{}"
        }
        return #"{"r":[\#(elements.joined(separator: ","))]}"#
    }

    @Test("records are with events, skipped or refused; elements make dead letters of their own")
    func account() throws {
        let bench = try Bench()
        bench.batch([0, 1, 2])
        bench.batch([3, nil, 4])
        bench.batch([nil, nil])
        bench.batch([])
        bench.ingest("{")
        bench.ingest(#"{"time":\#(Self.start + 5),"account":"lone"}"#)
        bench.expectSums()
        let counters = bench.counters
        #expect(counters.consumed == 6 && counters.processed == 6)
        #expect(counters.recordsWithEvents == 3)
        #expect(counters.recordsRefused == 2 && counters.skippedRecords == 1)
        #expect(counters.rejectedTotal == 4)
        let letters = bench.takeDeadLetters()
        #expect(letters.map(\.offset) == [1, 2, 2, 4])
        #expect(letters.map(\.element) == [1, 0, 1, nil])
        #expect(
            letters.map { String(decoding: $0.bytes, as: UTF8.self) } == ["{}", "{}", "{}", "{"])
        #expect(letters.map(\.originalSize) == [2, 2, 2, 1])
    }

    @Test("a jump inside a record is decided by the event behind it")
    func jumpInside() throws {
        let bench = try Bench()
        bench.batch([0, 1])
        bench.batch([2, 30 * Self.day, nil, 3, 4])
        #expect(!bench.hasPendingJump && bench.counters.processed == 5)
        #expect(bench.takeDeadLetters().map(\.element) == [1, 2])
        bench.batch([5, 30 * Self.day, 30 * Self.day + 1, 6])
        let letters = bench.takeDeadLetters()
        #expect(letters.map(\.reason) == [.tooLate] && letters.map(\.element) == [3])
        #expect(bench.clock.highest?.ms == Self.start + 30 * Self.day + 1)
        bench.expectSums()
    }

    @Test("a record that ends with a jump is set aside whole, and folded or refused whole")
    func jumpAtTheEnd() throws {
        for (next, refused) in [(Int64(3), true), (30 * Self.day + 5, false)] {
            let bench = try Bench()
            bench.batch([0, 1])
            _ = bench.flush()
            bench.batch([2, nil, 30 * Self.day])
            #expect(bench.hasPendingJump && bench.processedOffset == 0)
            #expect(bench.counters.processed == 2 && bench.takeDeadLetters().isEmpty)
            bench.ingest("{}")
            #expect(bench.processedOffset == 0 && bench.takeDeadLetters().isEmpty)
            bench.expectSums()
            bench.batch([next])
            #expect(!bench.hasPendingJump && bench.processedOffset == 3)
            let letters = bench.takeDeadLetters()
            #expect(letters.map(\.offset).sorted() == (refused ? [1, 1, 2] : [1, 2]))
            #expect(letters.contains { $0.reason == .future && $0.element == 2 } == refused)
            #expect(bench.counters.processed == (refused ? 4 : 5))
            bench.expectSums()
        }
    }

    @Test("at the end of the input a last jump of up to a day beyond its record is believed")
    func jumpAtTheEndOfInput() throws {
        for (time, processed) in [(Self.day, 3), (Self.day + Self.hour, 2)] {
            let bench = try Bench()
            bench.batch([0, 1, time])
            #expect(bench.hasPendingJump)
            bench.task.finish(decoder: &bench.decoder)
            #expect(bench.counters.processed == processed)
            bench.expectSums()
        }
    }

    @Test("batches do what their events would do one by one, and the same after any restart")
    func equivalence() throws {
        for seed in UInt64(1)...200 {
            var random = TestRandom(seed: seed)
            let times = Self.times(&random)
            let single = try Bench()
            for time in times { single.batch([time]) }
            var batches: [[Int64?]] = []
            var rest = times[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...5, using: &random)
                batches.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            let whole = try Bench()
            for batch in batches { whole.batch(batch) }
            single.task.finish(decoder: &single.decoder)
            whole.task.finish(decoder: &whole.decoder)
            whole.expectSums()
            #expect(whole.counters.processed == single.counters.processed, "\(seed)")
            #expect(whole.counters.rejected == single.counters.rejected, "\(seed)")
            #expect(whole.counters.late == single.counters.late, "\(seed)")
            #expect(whole.clock == single.clock, "\(seed)")
            try expectRestart(batches, whole.counters.processed, seed, &random)
        }
    }

    /// Stops behind a flush somewhere, goes on from what that covers, and counts the same.
    private func expectRestart(
        _ batches: [[Int64?]], _ processed: Int, _ seed: UInt64, _ random: inout TestRandom
    ) throws {
        let cut = Int.random(in: 0...batches.count, using: &random)
        let first = try Bench()
        for batch in batches.prefix(cut) { first.batch(batch) }
        _ = first.flush()
        let covered = first.processedOffset
        let done = first.counters.processed
        let second = try Bench(after: covered, clock: first.clock)
        for batch in batches.dropFirst(Int(covered) + 1) { second.batch(batch) }
        second.task.finish(decoder: &second.decoder)
        #expect(done + second.counters.processed == processed, "seed \(seed), cut \(cut)")
    }

    /// Mostly even, now and then ahead by hours or days, sometimes for good; some that are refused.
    private static func times(_ random: inout TestRandom) -> [Int64?] {
        var now: Int64 = 0
        return (0..<Int.random(in: 1...40, using: &random)).map { _ in
            now += Int64.random(in: 0...20_000, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0: return nil
            case 1: return now + Int64.random(in: 2...50, using: &random) * hour
            case 2:
                now += Int64.random(in: 2...50, using: &random) * hour
                return now
            case 3: return max(0, now - Int64.random(in: 0...2, using: &random) * hour)
            default: return now
            }
        }
    }
}
