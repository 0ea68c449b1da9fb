import Broker
import Delivery

/// A partition as a producer sees it: batches that wait, and the sequence numbers given out.
///
/// One batch is under way at a time, so batches arrive in order whatever breaks.
final class OutgoingPartition {
    let id: TopicPartition
    /// Batches not yet acknowledged, oldest first; the first may be under way.
    private(set) var batches: [RecordBatch] = []
    /// Whether the first batch is under way.
    var isUnderWay = false
    /// Whether it waits before the first batch is sent again.
    var isPausing = false
    /// Whether the coordinator knows that the transaction writes here.
    var isRegistered = false
    /// The leader as last heard; nil until it is asked for.
    var leader: Int?
    private(set) var nextSequence: Int32 = 0
    /// When the oldest batch is given up.
    private(set) var deadlineUs: Micros = 0

    init(_ id: TopicPartition) { self.id = id }

    func append(_ record: LogRecord, _ producer: ProducerClient) {
        let limits = producer.settings
        if batches.isEmpty { deadlineUs = producer.newDeadlineUs }
        let isOpen = batches.count > (isUnderWay ? 1 : 0)
        if isOpen, let last = batches.last, last.baseSequence == nil,
            last.records.count < limits.batchRecords,
            last.bytes + record.weight <= limits.batchBytes
        {
            return last.append(record)
        }
        let batch = RecordBatch(isTransactional: producer.transactionalID != nil)
        batch.append(record)
        batches.append(batch)
    }

    /// The batch to send, with its sequence numbers.
    func next(_ identity: ProducerIdentity) -> RecordBatch? {
        guard let batch = batches.first else { return nil }
        if batch.baseSequence == nil {
            batch.number(from: nextSequence, of: identity)
            nextSequence += Int32(batch.records.count)
        }
        return batch
    }

    /// The first batch is acknowledged.
    func acknowledge(_ producer: ProducerClient) {
        batches.removeFirst()
        deadlineUs = producer.newDeadlineUs
    }

    /// Drops what is not under way; true where a batch that was sent is among it.
    func purge() -> Bool {
        let kept = isUnderWay ? 1 : 0
        guard batches.count > kept else { return false }
        let wasSent = batches[kept...].contains { $0.baseSequence != nil }
        batches.removeSubrange(kept...)
        return wasSent
    }

    /// Drops everything.
    func clear() { batches = [] }

    /// A new epoch counts from 0.
    func restartSequence() { nextSequence = 0 }
}
