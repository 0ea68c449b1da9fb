import Broker
import Delivery
import Snapshots

extension StateKey {
    /// The partition of the state topic that a key's records go to.
    func statePartition(in cluster: Cluster) -> TopicPartition { task.statePartition(in: cluster) }
}

extension TaskID {
    /// The partition of the state topic that keeps the task's records.
    func statePartition(in cluster: Cluster) -> TopicPartition {
        TopicPartition(.state, partition % Int32(max(1, cluster.partitionCount(.state))))
    }
}
