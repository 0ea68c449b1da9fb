import Detection
import Events
import Primitives
import TestSupport
import Topology

/// The log of one shuffle partition: blocks of several sources in some order, with what a real log has in it.
struct PartitionLog {
    struct Record {
        var offset: Int64
        var block: [UInt8]
    }

    /// What is mixed in, in percent of all steps.
    struct Disorder {
        /// Blocks that come again.
        var repeats = 0
        /// Sources that start again where they had committed: exactly, or some cuts before.
        var restarts = 0
        var isAtLeastOnce = false
        /// Blocks of another application.
        var foreign = 0
        /// A source that turns up when the others are nearly through: all it has is late.
        var hasLateSource = false
        /// Verdicts on whom and what events name, at about their times.
        var verdicts = 0
    }

    private(set) var records: [Record] = []
    let plan: TopologyPlan
    private var random: TestRandom

    /// Runs the sources to their ends and keeps the blocks of `partition`.
    init(
        _ plan: TopologyPlan, sources events: [[TestEvent]], partition: Int, maxBatch: Int,
        _ disorder: Disorder, seed: UInt64
    ) throws {
        self.plan = plan
        random = TestRandom(seed: seed)
        var decoder = try EventDecoder(
            tracked: TrackedNames(kinds: plan.kinds.map(\.name), signals: plan.signals))
        let sources = events.indices.map { LogSource(plan, $0, of: events.count, events[$0]) }
        var offset: Int64 = .random(in: 0...5, using: &random)
        func append(_ block: [UInt8], _ log: inout PartitionLog) {
            log.records.append(Record(offset: offset, block: block))
            // Control records and aborted ones leave holes.
            offset += .random(in: 1...3, using: &log.random)
        }
        while true {
            var open = sources.filter { !$0.hasEnded }
            if disorder.hasLateSource, open.count > 1, open[0].rest * 4 > open[0].all {
                open.removeFirst()
            }
            guard let source = open.randomElement(using: &random) else { break }
            if chance(disorder.restarts) {
                source.restart(
                    back: disorder.isAtLeastOnce ? .random(in: 0...3, using: &random) : 0)
            }
            let count = Int.random(in: 1...maxBatch, using: &random)
            for (target, block) in source.step(count, &decoder) where target == partition {
                append(block, &self)
            }
            if chance(disorder.repeats), let old = records.suffix(20).randomElement(using: &random)
            {
                append(old.block, &self)
            }
            if !events[source.number].isEmpty, chance(disorder.verdicts) {
                append(try verdict(on: events[source.number], near: source.place), &self)
            }
            if chance(disorder.foreign), var other = records.last?.block {
                // The application, in a block of partials and in that of a verdict.
                other[other.count > 60 ? 60 : 4] ^= 1
                append(other, &self)
            }
        }
    }

    private mutating func verdict(
        on events: [TestEvent], near place: Int
    ) throws -> [UInt8] {
        let event = events[min(max(0, place), events.count - 1)]
        let names =
            ["account:\(event.account)"]
            + event.fingerprints.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
        let name = names[Int.random(in: 0..<names.count, using: &random)]
        guard let subject = Subject(entity: name) else { return [] }
        let words = VerdictWord.allCases.filter { subject.isAccount || $0.isJudgement }
        let time = max(1, event.timeMs + .random(in: -300_000...1_800_000, using: &random))
        let record = VerdictRecord(
            time: EventTime(ms: time), subject: subject,
            word: words[Int.random(in: 0..<words.count, using: &random)],
            until: EventTime(ms: time + .random(in: 1...3_600_000, using: &random)))
        var buffer = ByteBuffer()
        VerdictBlock(record, offset: .random(in: 0...1_000, using: &random))
            .encode(into: &buffer, application: plan.application)
        return buffer.array()
    }

    private mutating func chance(_ percent: Int) -> Bool {
        .random(in: 0..<100, using: &random) < percent
    }
}

/// A source partition that can start again where it had committed.
final class LogSource {
    private var task: IngestTask
    private let plan: TopologyPlan
    private let source: Int
    private let sources: Int
    private let events: [TestEvent]
    private var next = 0
    private var commits: [(offset: Int64, clock: PartitionClock)]
    private(set) var hasEnded = false

    init(_ plan: TopologyPlan, _ source: Int, of sources: Int, _ events: [TestEvent]) {
        self.plan = plan
        self.source = source
        self.sources = sources
        self.events = events
        task = IngestTask(plan: plan, source: source, sources: sources)
        commits = [(0, task.clock)]
    }

    var number: Int { source }
    var place: Int { next }
    var all: Int { events.count }
    var rest: Int { events.count - next }

    /// Begins anew at the last commit, or some before.
    func restart(back: Int) {
        commits.removeLast(min(back, commits.count - 1))
        let commit = commits[commits.count - 1]
        let clock = PartitionClock(
            plan.timing, highest: commit.clock.highest, firstOpenPane: commit.clock.firstOpenPane,
            lowestPane: commit.clock.lowestPane)
        task = IngestTask(
            plan: plan, source: source, sources: sources, after: commit.offset - 1, clock: clock)
        next = Int(commit.offset)
    }

    /// Reads up to `count` records and cuts; at the end, ends the source.
    func step(_ count: Int, _ decoder: inout EventDecoder) -> [(Int, [UInt8])] {
        for event in events[next..<min(events.count, next + count)] {
            event.json.withUnsafeBytes {
                task.ingest(
                    $0, offset: Int64(next), timestampMs: event.timestampMs, decoder: &decoder)
            }
            next += 1
        }
        hasEnded = next == events.count
        if hasEnded { task.finish(decoder: &decoder) }
        var blocks: [(Int, [UInt8])] = []
        let through = task.hasPendingJump ? task.processedOffset : Int64(next) - 1
        task.flush(through: through, state: hasEnded ? .ended : .active) {
            blocks.append(($0, Array($1)))
        }
        commits.append((through + 1, task.clock))
        return blocks
    }
}
