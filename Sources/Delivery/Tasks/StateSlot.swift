import Snapshots

/// A partition of a stage that keeps state, on its shard: its task, where it stands, and its snapshots.
final class StateSlot {
    /// What the slot is doing.
    enum Phase {
        /// Its state is brought up to the committed position.
        case restoring(Restore)
        /// It reads its partition.
        case live
    }

    let task: any StatefulTask
    let epoch: UInt32
    var phase: Phase
    /// Offset one past the last entry seen; while restoring, the committed position.
    var position: Int64
    /// The position and the cut's name as last committed.
    var committed: Position
    var snapshots: Snapshotter

    init(
        _ task: any StatefulTask, committed: Position, position: Int64, epoch: UInt32,
        phase: Phase, snapshots: Snapshotter
    ) {
        self.task = task
        self.committed = committed
        self.position = position
        self.epoch = epoch
        self.phase = phase
        self.snapshots = snapshots
    }

    /// The partition as others name it.
    var source: PartitionID { task.source }

    /// Whether the task reads its partition.
    var isLive: Bool {
        if case .live = phase { return true }
        return false
    }

    /// Ends what the slot has under way elsewhere.
    func close() {
        if case .restoring(let restore) = phase { restore.close() }
    }
}
