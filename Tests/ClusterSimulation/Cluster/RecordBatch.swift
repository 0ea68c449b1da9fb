/// The records a producer sends to one partition in one request; sent again it is the same batch.
final class RecordBatch {
    let producerID: Int64
    let epoch: Int16
    let isTransactional: Bool
    private(set) var records: ContiguousArray<LogRecord> = []
    private(set) var bytes = 0
    /// The sequence number of the first record, given when it is sent first; nil before.
    var baseSequence: Int32?

    init(producerID: Int64, epoch: Int16, isTransactional: Bool) {
        self.producerID = producerID
        self.epoch = epoch
        self.isTransactional = isTransactional
    }

    func append(_ record: LogRecord) {
        bytes += record.weight
        records.append(record)
    }
}
