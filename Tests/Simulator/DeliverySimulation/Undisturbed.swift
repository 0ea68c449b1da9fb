import Delivery
import Detection
import Events
import Primitives
import Topology

/// What a run must come to: the same records through the same stages, in one go and with nothing going wrong.
struct Undisturbed {
    /// A finding's record as a consumer of committed records has to see it.
    struct Output: Equatable {
        var key: [UInt8]
        var value: [UInt8]
        var timestampMs: Int64
    }

    /// Findings by their record's id.
    private(set) var findings: [String: Output] = [:]
    /// Dead letters as `partition offset element reason`, without an element where the record has none.
    private(set) var deadLetters: Set<String> = []
    /// Events folded into partials.
    private(set) var admitted = 0
    /// The state of each shuffle partition's task at the end.
    private(set) var digests: [UInt64] = []

    /// - Parameter isEnded: whether partitions end; else they become idle.
    init(_ workload: Workload, _ settings: EngineSettings, isEnded: Bool) throws {
        let pipeline = settings.pipeline
        let plan = pipeline.plan
        var decoder = try pipeline.makeDecoder(plan.tracked)
        let tasks = (0..<plan.partitions).map { Task(pipeline.makeEntityTask(plan, partition: $0)) }
        for (source, records) in workload.partitions.enumerated() {
            var ingest = IngestTask(
                plan: plan, source: source, sources: workload.partitions.count)
            for (offset, record) in records.enumerated() {
                record.bytes.withUnsafeBytes {
                    ingest.ingest(
                        $0, offset: Int64(offset),
                        timestampMs: record.timestampMs,
                        decoder: &decoder)
                }
            }
            if isEnded { ingest.finish(decoder: &decoder) } else { ingest.closeIdle() }
            let state = isEnded ? IngestTask.SourceState.ended : .idle
            ingest.flush(through: Int64(records.count - 1), state: state) { partition, block in
                tasks[partition].receive(block)
            }
            admitted += ingest.counters.processed
            for letter in ingest.takeDeadLetters() {
                let element = letter.element.map { "\($0)" } ?? ""
                deadLetters.insert(
                    "\(source) \(letter.offset) \(element) \(letter.reason.rawValue)")
            }
        }
        for task in tasks {
            digests.append(task.digest)
            for finding in task.findings { add(finding, settings.encoder) }
        }
    }

    private mutating func add(_ finding: Finding, _ encoder: FindingEncoder) {
        var writer = JSONWriter()
        encoder.encode(finding, into: &writer)
        findings["\(finding.uid)-\(finding.sequence)"] = Output(
            key: Array(encoder.key(of: finding).utf8), value: writer.buffer.array(),
            timestampMs: finding.time.ms)
    }

    /// An ENTITY task fed from memory.
    private final class Task {
        private var task: EntityTask
        private var offset: Int64 = 0
        private(set) var findings: [Finding] = []

        init(_ task: consuming EntityTask) { self.task = task }

        var digest: UInt64 { task.stateDigest() }

        func receive(_ block: ByteSlice) {
            do throws(BlockError) {
                try task.receive(block, offset: offset)
            } catch {
                preconditionFailure("a block of our own cannot be read: \(error)")
            }
            offset += 1
            task.advance(&findings)
        }
    }
}
