import Broker
import Detection
import Primitives
import Snapshots
import Topology

/// ENTITY as a task that keeps state: blocks in, findings out.
final class EntityStage: StatefulTask {
    private let settings: EngineSettings
    private let plan: TopologyPlan
    private let partition: Int
    private let notify: (Notice) -> Void
    private var task: EntityTask
    private var findings: [Finding] = []
    /// Records missing that were told already.
    private var missingTold: Int64 = 0

    init(
        _ settings: EngineSettings, plan: TopologyPlan, partition: Int32,
        notify: @escaping (Notice) -> Void
    ) {
        self.settings = settings
        self.plan = plan
        self.partition = Int(partition)
        self.notify = notify
        task = settings.pipeline.makeEntityTask(plan, partition: Int(partition))
    }

    var id: TaskID { task.id }
    var source: TopicPartition { TopicPartition(.partials, Int32(partition)) }

    // MARK: Blocks

    func receive(
        _ record: ByteSlice, offset: Int64, outputs: Outputs?
    ) throws(EngineFailure) {
        do throws(BlockError) {
            try task.receive(record, offset: offset)
        } catch {
            throw explain(error, offset)
        }
        // After every block: what is found must not depend on how blocks are batched.
        task.advance(&findings)
        if !findings.isEmpty {
            if let outputs {
                for finding in findings { outputs.put(finding, of: source) }
            }
            findings.removeAll(keepingCapacity: true)
        }
        let missing = task.counters.missingRecords
        guard missing > missingTold else { return }
        notify(.missingRecords(partition: source.number, count: missing - missingTold))
        missingTold = missing
    }

    func refill(_ record: ByteSlice, offset: Int64) throws(EngineFailure) {
        do throws(BlockError) {
            try task.refill(record, offset: offset)
        } catch {
            throw explain(error, offset)
        }
    }

    var isMuted: Bool {
        get { task.isMuted }
        set { task.isMuted = newValue }
    }

    private func explain(_ error: BlockError, _ offset: Int64) -> EngineFailure {
        let place = "\(settings.name(.partials))[\(partition)] at offset \(offset)"
        switch error {
        case .unknownFormat:
            return .dataLoss(
                "\(place) is no block this version reads: another program writes to the topic, or a "
                    + "newer version did; use a topic of its own (partials.topic)")
        case .corrupt: return .dataLoss("\(place) is a damaged block")
        case .paneWidth(let block, let expected):
            return .configuration(
                "\(place) was cut in panes of \(block) ms, and window.pane is \(expected) ms: keep the "
                    + "width, or use a new partials topic")
        }
    }

    // MARK: Snapshots

    var lastSequence: UInt32 { task.lastSequence }

    func takeSnapshot(_ id: SnapshotID, position: Int64, isFull: Bool) -> TaskSnapshot? {
        task.snapshot(
            id, position: position, isFull: isFull, leastRoll: settings.snapshotRollBytes)
    }

    func snapshotFailed() { task.snapshotFailed() }

    func reset() {
        missingTold = 0
        task = settings.pipeline.makeEntityTask(plan, partition: partition)
    }

    func beginRestore(_ manifest: Manifest) {
        missingTold = 0
        task = settings.pipeline.makeEntityTask(plan, partition: partition, restoring: manifest)
    }

    func load(_ page: Page) throws(RestoreError) { try task.load(page) }

    func finishRestore() throws(RestoreError) -> RestoreReport { try task.finishRestore() }

    // MARK: Numbers

    func tellStandings(to board: AlignmentBoard) {
        let width = plan.timing.paneWidth
        let hearsQuiet = !settings.defects.contains(.hearsNoQuiet)
        for (number, status) in task.sources.enumerated() {
            guard let last = status.lastPane else { continue }
            board.hear(
                Int32(number),
                .init(
                    highest: width.start(of: Pane(index: last.index &+ 1)),
                    isQuiet: !status.isActive || status.isCaughtUp && hearsQuiet),
                by: Int32(partition))
        }
    }

    var watermark: WatermarkStanding? {
        guard !task.sources.isEmpty else { return nil }
        return WatermarkStanding(
            closedThrough: task.closedThrough, slowestSource: task.slowestSource.map(Int32.init))
    }

    var waitingBytes: Int { task.waitingBytes }
    var memoryBytes: Int { task.memoryBytes }
    var hasEnded: Bool { task.hasEnded }
    /// Equal for tasks with the same state; O(state), for tests.
    var stateDigest: UInt64 { task.stateDigest() }

    func report(into report: inout ShardReport) {
        report.entities.add(task.counters)
        report.entityCount += task.entities
        report.stateBytes += task.memoryBytes
        report.waitingBytes += task.waitingBytes
        report.openFindings += task.openFindings
        report.evicted += task.evicted
        report.evictedInEmergency += task.evictedInEmergency
    }
}
