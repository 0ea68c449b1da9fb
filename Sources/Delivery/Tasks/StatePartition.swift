import Broker
import Snapshots
import Topology

/// A partition of a stage that keeps state, on its shard: its task, where it stands, and its snapshots.
final class StatePartition {
    /// What the slot is doing.
    enum Activity {
        /// Its state is brought up to the committed position.
        case restoring(RestoreProcess)
        /// Its state is that of the committed position, and came from a snapshot under other rules: one that names
        /// the rules of now comes first. Without it, whoever had to restore it next would take what these rules
        /// find from here on for not found yet, and put it out once more.
        case holding
        /// It reads its partition.
        case live
    }

    let task: any StatefulTask
    /// The partition it reads, as others name it.
    let source: TopicPartition
    let outputs: OwnOutputs
    var phase: Activity
    /// Offset one past the last entry seen; while restoring, the committed position.
    var position: Int64
    /// Whether everything there was has been read.
    var isCaughtUp = false
    /// The position and the commit batch's name as last committed.
    var committed: PartitionOffset
    var snapshots: Snapshotter
    /// Records missing that were told already.
    private var missingTold: Int

    init(
        _ task: any StatefulTask, start: TaskStart, outputs: OwnOutputs, phase: Activity,
        snapshots: Snapshotter
    ) {
        self.task = task
        self.outputs = outputs
        source = start.partition
        committed = start.committed
        position = start.start
        self.phase = phase
        self.snapshots = snapshots
        missingTold = task.missingRecords
    }

    /// Records of a source that no block covers, since the last call; nil where none are missing.
    func takeMissing() -> Int? {
        let missing = task.missingRecords
        defer { missingTold = missing }
        return missing > missingTold ? missing - missingTold : nil
    }

    /// Whether the task reads its partition.
    var isLive: Bool {
        if case .live = phase { return true }
        return false
    }

    /// Moves with whatever the slot does.
    var mark: Int64 {
        if case .restoring(let restore) = phase { return restore.progress?.done ?? 0 }
        return position
    }

    /// Whether its state is one to take a snapshot of.
    var isRestored: Bool {
        if case .restoring = phase { return false }
        return true
    }

    /// Ends what the slot has under way elsewhere.
    func close() {
        if case .restoring(let restore) = phase { restore.close() }
    }
}
