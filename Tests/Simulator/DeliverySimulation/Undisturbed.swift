import Broker
import Campaigns
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
    /// The state of each task at the end, by the partition it reads.
    private(set) var digests: [TopicPartition: UInt64] = [:]
    /// What a third stage puts out, in order.
    private(set) var tallies: [String] = []
    /// What ENTITY tasks tell CAMPAIGN.
    let evidence: [[UInt8]]
    /// What CAMPAIGN puts out about members, in order.
    let members: [MemberRecord]
    /// The CAMPAIGN task at the end; nil where the run has none.
    let campaigns: CampaignTaskRunner?
    /// What it has said.
    private(set) var campaignNumbers = CampaignNumbers()
    /// What the stages run with.
    let pipeline: PipelineSettings

    /// - Parameter isEnded: whether partitions end; else they become idle.
    init(_ workload: Workload, _ settings: EngineSettings, isEnded: Bool) throws {
        pipeline = settings.pipeline
        let plan = pipeline.plan
        var decoder = try pipeline.makeDecoder(plan.tracked)
        let tasks = Tasks(settings)
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
                tasks.receive(block, TopicPartition(.partials, Int32(partition)))
            }
            admitted += ingest.counters.processed
            for letter in ingest.takeDeadLetters() {
                let element = letter.element.map { "\($0)" } ?? ""
                deadLetters.insert(
                    "\(source) \(letter.offset) \(element) \(letter.reason.rawValue)")
            }
        }
        digests = tasks.digests
        tallies = tasks.tallies
        (evidence, members, campaigns) = (tasks.evidence, tasks.members, tasks.campaigns)
        for finding in tasks.findings {
            campaignNumbers.add(finding)
            add(finding, settings.encoder)
        }
        campaignNumbers.rows = members.count
    }

    private mutating func add(_ finding: Finding, _ encoder: FindingEncoder) {
        var writer = JSONWriter()
        encoder.encode(finding, into: &writer)
        findings["\(finding.uid)-\(finding.sequence)"] = Output(
            key: Array(encoder.key(of: finding).utf8), value: writer.buffer.array(),
            timestampMs: finding.time.ms)
    }

    /// The tasks of all stages, fed from memory.
    private final class Tasks: TaskOutputs {
        private var tasks: [TopicPartition: any StatefulTask] = [:]
        private var offsets: [TopicPartition: Int64] = [:]
        private var waiting: [([UInt8], TopicPartition)] = []
        private(set) var findings: [Finding] = []
        private(set) var tallies: [String] = []
        private(set) var evidence: [[UInt8]] = []
        private(set) var members: [MemberRecord] = []

        init(_ settings: EngineSettings) {
            let plan = settings.pipeline.plan
            for stage in settings.stages {
                for log in stage.logs(settings.pipeline) {
                    tasks[log] = stage.makeTask(settings.pipeline, plan, Int(log.number))
                }
            }
        }

        var campaigns: CampaignTaskRunner? {
            tasks[TopicPartition(.evidence, 0)] as? CampaignTaskRunner
        }

        var digests: [TopicPartition: UInt64] { tasks.mapValues(\.stateDigest) }

        func receive(_ block: ByteSlice, _ log: TopicPartition) {
            do throws(BlockError) {
                let offset = offsets[log] ?? 0
                try tasks[log]?.receive(block, offset: offset, outputs: self)
                offsets[log] = offset + 1
            } catch {
                preconditionFailure("a block of our own cannot be read: \(error)")
            }
            while !waiting.isEmpty {
                let (block, log) = waiting.removeFirst()
                block.withUnsafeBytes { receive($0, log) }
            }
        }

        func put(_ finding: Finding) { findings.append(finding) }

        func put(key: ByteSlice?, value: ByteSlice?, to partition: TopicPartition) {
            if partition.topic == .members { return members.append(MemberRecord(key, value)) }
            guard let value else { return }
            if partition.topic == .evidence { evidence.append(Array(value)) }
            if let key {
                tallies.append(
                    "\(String(decoding: key, as: UTF8.self)): \(String(decoding: value, as: UTF8.self))"
                )
            } else {
                waiting.append((Array(value), partition))
            }
        }
    }
}
