import Snapshots
import Topology

extension EngineSettings {
    /// The name of the ENTITY task of `partition` in the store.
    public func entityTask(_ partition: Int32) -> TaskID {
        TaskID(application: pipeline.application, stage: .entity, partition: partition)
    }

    /// A snapshot of an ENTITY task that knows nothing, at `position`: restored from it, a task reads nothing
    /// from before that.
    ///
    /// - Parameter sequence: above that of every snapshot of the task in the store.
    public func emptySnapshot(
        of partition: Int32, position: Int64, sequence: UInt32
    ) -> TaskSnapshot? {
        var task = pipeline.makeEntityTask(pipeline.plan, partition: Int(partition))
        return task.snapshot(
            SnapshotID(incarnation: incarnation, sequence: sequence), position: position,
            isFull: true)
    }
}
