import Primitives
import Snapshots
import Topology

/// A task around another one, which does what that does: to be overridden in parts.
class TaskWrapper: StatefulTask {
    let task: any StatefulTask

    init(_ task: any StatefulTask) { self.task = task }

    var id: TaskID { task.id }

    func receive(
        _ record: ByteSlice, offset: Int64, outputs: (any TaskOutputs)?
    ) throws(BlockError) { try task.receive(record, offset: offset, outputs: outputs) }

    func refill(_ record: ByteSlice, offset: Int64) throws(BlockError) {
        try task.refill(record, offset: offset)
    }

    var isMuted: Bool {
        get { task.isMuted }
        set { task.isMuted = newValue }
    }

    var lastSequence: UInt32 { task.lastSequence }

    func takeSnapshot(
        _ id: SnapshotID, position: Int64, isFull: Bool, leastRoll: Int
    ) -> TaskSnapshot? {
        task.takeSnapshot(id, position: position, isFull: isFull, leastRoll: leastRoll)
    }

    func snapshotFailed() { task.snapshotFailed() }
    func reset() { task.reset() }
    func beginRestore(_ manifest: Manifest) { task.beginRestore(manifest) }
    func load(_ page: Page) throws(RestoreError) { try task.load(page) }
    func finishRestore() throws(RestoreError) -> RestoreReport { try task.finishRestore() }

    var inputs: [SourceStatus] { task.inputs }
    var watermark: WatermarkStanding? { task.watermark }
    var hasEnded: Bool { task.hasEnded }
    var numbers: Counters { task.numbers }
    var missingRecords: Int { task.missingRecords }
    var waitingBytes: Int { task.waitingBytes }
    var stateDigest: UInt64 { task.stateDigest }
}
