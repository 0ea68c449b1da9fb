import Broker
import Detection
import Primitives
import Snapshots

/// ENTITY as a task that keeps state: blocks in, findings and evidence out.
public final class EntityTaskRunner: StatefulTask {
    private let settings: PipelineSettings
    private let plan: TopologyPlan
    private let partition: Int
    private var task: EntityTask
    private var findings: [Finding] = []

    /// A task with no state.
    public init(_ settings: PipelineSettings, plan: TopologyPlan, partition: Int) {
        self.settings = settings
        self.plan = plan
        self.partition = partition
        task = settings.makeEntityTask(plan, partition: partition)
    }

    /// Whose state it is.
    public var id: TaskID { task.id }

    // MARK: Blocks

    /// Takes a block in and closes what may close.
    public func receive(
        _ record: ByteSlice, offset: Int64, outputs: (any TaskOutputs)?
    ) throws(BlockError) {
        try task.receive(record, offset: offset)
        // After every block: what is found must not depend on how blocks are batched.
        task.advance(&findings)
        task.takeEvidence { outputs?.put(key: nil, value: $0, to: TopicPartition(.evidence, 0)) }
        guard !findings.isEmpty else { return }
        if let outputs {
            for finding in findings { outputs.put(finding) }
        }
        findings.removeAll(keepingCapacity: true)
    }

    /// Lets what a block brought wait again.
    public func refill(_ record: ByteSlice, offset: Int64) throws(BlockError) {
        try task.refill(record, offset: offset)
    }

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
    public func reset() { task = settings.makeEntityTask(plan, partition: partition) }

    /// Begins to load a snapshot's pages.
    public func beginRestore(_ manifest: Manifest) {
        task = settings.makeEntityTask(plan, partition: partition, restoring: manifest)
    }

    /// Loads a page.
    public func load(_ page: Page) throws(RestoreError) { try task.load(page) }

    /// Everything of the manifest is loaded.
    public func finishRestore() throws(RestoreError) -> RestoreReport { try task.finishRestore() }

    // MARK: Numbers

    /// How far each partition of the input is.
    public var inputs: [SourceStatus] { task.sources }

    /// How far event time has come.
    public var watermark: WatermarkStanding? {
        guard task.hasSources else { return nil }
        return WatermarkStanding(
            closedThrough: task.closedThrough, slowestSource: task.slowestSource.map(Int32.init))
    }

    /// Records of the input that no block covers.
    public var missingRecords: Int { task.counters.missingRecords }
    /// Bytes of partials that wait for their pane.
    public var waitingBytes: Int { task.waitingBytes }
    /// Whether every source has ended.
    public var hasEnded: Bool { task.hasEnded }
    /// Equal for tasks with the same state; O(state), for tests.
    public var stateDigest: UInt64 { task.stateDigest() }

    /// What it has done and holds.
    public var numbers: Counters { task.numbers }
}
