import Detection
import Events
import Primitives
import TestSupport
import Topology

/// INGEST and ENTITY tasks joined by queues, driven in a random but seeded order.
struct Engine: ~Copyable {
    /// How the work is cut.
    struct Shape {
        var partitions = 4
        /// Records between two flushes of a source, at most.
        var maxBatch = 50
        var sampleSize = 512
        /// Blocks that are delivered a second time, in percent.
        var repeatedPercent = 0
    }

    private(set) var findings: [Finding] = []
    private(set) var ingest = Counters()
    private(set) var entities = Counters()
    private(set) var openFindings = 0
    private(set) var deadLetters: [DeadLetter] = []

    /// Runs the sources to their ends.
    static func run(
        _ rules: RuleSet, timing: TopologyPlan.Timing, gateways: [String] = [], _ shape: Shape,
        sources: [[TestEvent]], seed: UInt64
    ) throws -> Engine {
        var engine = Engine()
        let plan = TopologyPlan(
            rules: rules, timing: timing, partitions: shape.partitions, gateways: gateways)
        try engine.run(plan, rules, shape, sources, seed)
        return engine
    }

    private mutating func run(
        _ plan: TopologyPlan, _ rules: RuleSet, _ shape: Shape, _ sources: [[TestEvent]],
        _ seed: UInt64
    ) throws {
        var random = TestRandom(seed: seed)
        var decoder = try EventDecoder(
            tracked: TrackedNames(kinds: plan.kinds.map(\.name), signals: plan.signals))
        let readers = sources.indices.map { s in
            SourceReader(IngestTask(plan: plan, source: s, sources: sources.count), sources[s])
        }
        let tasks = (0..<plan.partitions).map { p in
            TaskBox(
                EntityTask(
                    plan: plan, rules: rules, partition: p, sampleSize: shape.sampleSize,
                    memoryBudget: 64 << 20))
        }
        var queues: [Queue] = []
        for s in sources.indices { for p in tasks.indices { queues.append(Queue(s, p)) } }
        while true {
            let open = readers.indices.filter { !readers[$0].hasEnded }
            if let s = open.randomElement(using: &random), Int.random(in: 0..<3, using: &random) > 0
            {
                let blocks = readers[s].step(
                    Int.random(in: 1...shape.maxBatch, using: &random), &decoder)
                for (p, block) in blocks { queues[s * tasks.count + p].blocks.append(block) }
            }
            let waiting = queues.indices.filter { !queues[$0].blocks.isEmpty }
            if let q = waiting.randomElement(using: &random) {
                let block = queues[q].blocks.removeFirst()
                tasks[queues[q].partition].receive(block)
                if Int.random(in: 0..<100, using: &random) < shape.repeatedPercent {
                    tasks[queues[q].partition].receive(block)
                }
            } else if open.isEmpty {
                break
            }
            if Int.random(in: 0..<4, using: &random) == 0,
                let task = tasks.randomElement(using: &random)
            {
                task.advance()
            }
        }
        for task in tasks { task.advance() }
        for reader in readers {
            ingest.add(reader.task.counters)
            deadLetters += reader.task.deadLetters
        }
        for task in tasks {
            findings += task.findings
            entities.add(task.task.counters)
            openFindings += task.task.numbers.openFindings
        }
        findings.sort { ($0.time, $0.uid, $0.sequence) < ($1.time, $1.uid, $1.sequence) }
    }

    private struct Queue {
        let partition: Int
        var blocks: [[UInt8]] = []
        init(_ source: Int, _ partition: Int) { self.partition = partition }
    }
}

/// An ingest task and the records it has left.
final class SourceReader {
    var task: IngestTask
    private let events: [TestEvent]
    private var next = 0
    private(set) var hasEnded = false

    init(_ task: consuming IngestTask, _ events: [TestEvent]) {
        self.task = task
        self.events = events
    }

    /// Reads up to `count` records and flushes; at the end, ends the source.
    func step(_ count: Int, _ decoder: inout EventDecoder) -> [(Int, [UInt8])] {
        for event in events[next..<min(events.count, next + count)] {
            let json = event.json
            json.withUnsafeBytes {
                task.ingest(
                    $0, offset: Int64(next), timestampMs: event.timestampMs, decoder: &decoder)
            }
            next += 1
        }
        hasEnded = next == events.count
        if hasEnded { task.finish(decoder: &decoder) }
        var blocks: [(Int, [UInt8])] = []
        task.flush(through: task.processedOffset, state: hasEnded ? .ended : .active) {
            blocks.append(($0, Array($1)))
        }
        return blocks
    }
}

/// An entity task and what it found.
final class TaskBox {
    var task: EntityTask
    var findings: [Finding] = []
    var errors: [BlockError] = []
    /// The offset of the next block.
    private(set) var position: Int64 = 0

    init(_ task: consuming EntityTask) { self.task = task }

    func receive(_ block: [UInt8]) {
        block.withUnsafeBytes { bytes in
            do throws(BlockError) { try task.receive(bytes, offset: position) } catch {
                errors.append(error)
            }
            position += 1
        }
    }

    func advance() { task.advance(&findings) }
}
