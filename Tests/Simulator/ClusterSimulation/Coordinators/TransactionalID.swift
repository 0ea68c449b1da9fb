import Broker
import Delivery

/// A transactional id, as its coordinator knows it (Kafka: `TransactionMetadata`).
final class TransactionalID {
    /// Where its transaction stands.
    enum State {
        case empty, ongoing, prepareCommit, prepareAbort, completeCommit, completeAbort
    }

    let name: String
    /// The partition of the coordinator's log that it belongs to.
    let partition: Int
    let producerID: Int64
    /// -1 before the first producer.
    var epoch: Int16 = -1
    /// The epoch before, where the producer bumped it itself; -1 otherwise.
    var lastEpoch: Int16 = -1
    var timeoutMs: Int64 = 0
    var state = State.empty
    /// Partitions the transaction writes to, in the order they were added.
    var partitions: [TopicPartition] = []
    /// Whether it commits the group's offsets.
    var hasOffsets = false
    var startUs: Micros = 0
    /// Markers that are still to be written.
    var markersLeft = 0
    /// Counts the attempts to write markers: an earlier coordinator's are void.
    var markerAttempt = 0

    init(name: String, partition: Int, producerID: Int64) {
        self.name = name
        self.partition = partition
        self.producerID = producerID
    }

    /// What brokers are told of the present producer.
    var identity: ProducerIdentity { ProducerIdentity(id: producerID, epoch: epoch) }
}
