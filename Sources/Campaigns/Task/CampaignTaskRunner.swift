import Broker
import Detection
import Primitives
import Snapshots
import Topology

/// CAMPAIGN as a task that keeps state: evidence in, findings and rows of members out.
public final class CampaignTaskRunner: StatefulTask {
    private let campaigns: CampaignPipeline
    private let pipeline: PipelineSettings
    private var task: CampaignTask
    private var output = CampaignOutput()
    private var row = JSONWriter(capacity: 256)

    /// Where rows of members go: the topic has one partition, so that a reader sees the changes in their order.
    private static let members = TopicPartition(.members, 0)

    /// A task with no state.
    public init(_ campaigns: CampaignPipeline, _ pipeline: PipelineSettings) {
        self.campaigns = campaigns
        self.pipeline = pipeline
        task = campaigns.makeTask(pipeline)
    }

    /// Whose state it is.
    public var id: TaskID { task.id }

    // MARK: Blocks

    /// Takes a block in and works off the ticks it completes.
    public func receive(
        _ record: ByteSlice, offset: Int64, outputs: (any TaskOutputs)?
    ) throws(BlockError) {
        try task.receive(record, offset: offset)
        // After every block: what is found must not depend on how blocks are batched.
        task.advance(&output)
        defer { output = CampaignOutput() }
        guard let outputs else { return }
        for finding in campaigns.findings(of: output, pipeline.rules) { outputs.put(finding) }
        for change in output.members { put(change, outputs) }
    }

    private func put(_ change: MemberChange, _ outputs: any TaskOutputs) {
        row.removeAll()
        change.row?.write(account: change.account, to: &row)
        change.account.withUnsafeBytes { account in
            outputs.put(
                key: ByteSlice(account), value: change.row == nil ? nil : row.buffer.bytes,
                to: Self.members)
        }
    }

    /// Nothing: a snapshot holds the blocks that wait.
    public func refill(_ record: ByteSlice, offset: Int64) throws(BlockError) {}

    /// Whether what is received was put out already.
    public var isMuted: Bool {
        get { task.isMuted }
        set { task.isMuted = newValue }
    }

    // MARK: Snapshots

    /// The highest sequence of a snapshot of it.
    public var lastSequence: UInt32 { task.lastSequence }

    /// What changed since the last snapshot and a part of the rest.
    public func takeSnapshot(
        _ id: SnapshotID, position: Int64, isFull: Bool, leastRoll: Int
    ) -> TaskSnapshot? {
        task.snapshot(id, position: position, isFull: isFull, leastRoll: leastRoll)
    }

    /// The next snapshot has to hold everything.
    public func snapshotFailed() { task.snapshotFailed() }

    /// Forgets all state.
    public func reset() { task = campaigns.makeTask(pipeline) }

    /// Begins to load a snapshot's pages.
    public func beginRestore(_ manifest: Manifest) {
        task = campaigns.makeTask(pipeline, restoring: manifest)
    }

    /// Loads a page.
    public func load(_ page: Page) throws(RestoreError) { try task.load(page) }

    /// Everything of the manifest is loaded.
    public func finishRestore() throws(RestoreError) -> RestoreReport { try task.finishRestore() }

    // MARK: Numbers

    /// None: its sources are tasks, and not partitions of the input.
    public var inputs: [SourceStatus] { [] }

    /// How far event time has come.
    public var watermark: WatermarkStanding? {
        task.closedThrough.map { WatermarkStanding(closedThrough: $0, slowestSource: nil) }
    }

    /// None: a block that is missing leaves a gap of event time, and no number of records is known of it.
    public var missingRecords: Int { 0 }
    /// Bytes of blocks that wait for their tick.
    public var waitingBytes: Int { task.waitingBytes }
    /// Whether every source has ended.
    public var hasEnded: Bool { task.hasEnded }
    /// Equal for tasks with the same state; O(state), for tests.
    public var stateDigest: UInt64 { task.stateDigest() }
    /// The members of all open campaigns, by account.
    public var table: [(account: [UInt8], row: MemberRow)] { task.members }

    /// What it has done and holds; its entities are the fingerprints with a lead.
    public var numbers: Counters {
        var numbers = task.counters
        numbers.entities = task.fingerprints
        numbers.stateBytes = task.memoryBytes
        numbers.waitingBytes = task.waitingBytes
        numbers.openFindings = task.openCampaigns
        return numbers
    }
}

extension StageRow {
    /// CAMPAIGN: evidence in; findings and members out. One task, since it sees all fingerprints together.
    public static func campaign(_ campaigns: CampaignPipeline) -> StageRow {
        StageRow(.campaign, log: .evidence, partitions: { _ in 1 }) { pipeline, _, _ in
            CampaignTaskRunner(campaigns, pipeline)
        }
    }
}
