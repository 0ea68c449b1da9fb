import Delivery
import Snapshots

extension StateKey {
    /// The partition of the state topic that a key's records go to.
    var statePartition: PartitionID { PartitionID(.state, task.partition) }
}
