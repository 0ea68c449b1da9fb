import Broker

/// What a partition remembers of a producer (Kafka: `ProducerStateManager`): its epoch, and the last batches,
/// by which those sent twice are told.
struct ProducerState {
    /// A batch that is in the log.
    struct Batch {
        var firstSequence: Int32
        var lastSequence: Int32
        var baseOffset: Int64
    }

    /// Kafka keeps five (`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`).
    private static let remembered = 5

    /// The highest epoch seen; -1 before the first.
    var epoch: Int16 = -1
    /// The epoch of the coordinator that wrote the last marker.
    var coordinatorEpoch: Int32 = -1
    /// The first offset of the transaction under way; nil where there is none.
    var transactionStart: Int64?
    private(set) var batches: [Batch] = []

    /// The last sequence number in this epoch; nil before the first.
    var lastSequence: Int32? { batches.last?.lastSequence }

    /// The batch with these sequence numbers, if it is in the log already.
    func duplicate(of first: Int32, _ last: Int32, epoch: Int16) -> Batch? {
        guard epoch == self.epoch else { return nil }
        return batches.first { $0.firstSequence == first && $0.lastSequence == last }
    }

    /// Whether a batch may follow (Kafka: `ProducerAppendInfo.checkSequence`).
    func accepts(_ first: Int32, epoch: Int16) -> Bool {
        if epoch != self.epoch { return first == 0 || self.epoch == -1 }
        guard let last = lastSequence else { return self.epoch == -1 || first == 0 }
        return first == last + 1
    }

    /// Notes a batch that was appended.
    mutating func append(_ batch: Batch, epoch: Int16) {
        if epoch != self.epoch { batches.removeAll(keepingCapacity: true) }
        self.epoch = epoch
        if batches.count == Self.remembered { batches.removeFirst() }
        batches.append(batch)
    }

    /// Notes a marker; one of a new epoch forgets the batches of the old one.
    mutating func end(epoch: Int16, coordinatorEpoch: Int32) {
        if epoch != self.epoch { batches.removeAll(keepingCapacity: true) }
        self.epoch = epoch
        self.coordinatorEpoch = coordinatorEpoch
        transactionStart = nil
    }
}
