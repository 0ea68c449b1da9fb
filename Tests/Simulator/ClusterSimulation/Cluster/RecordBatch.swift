/// The records a producer sends to one partition in one request; sent again it is the same batch.
final class RecordBatch {
    let isTransactional: Bool
    /// Who sends it, known when it is sent first.
    private(set) var producer = ProducerIdentity(id: -1, epoch: -1)
    private(set) var records: ContiguousArray<LogRecord> = []
    private(set) var bytes = 0
    /// The sequence number of the first record, given when it is sent first; nil before.
    private(set) var baseSequence: Int32?

    init(isTransactional: Bool) { self.isTransactional = isTransactional }

    /// Numbers it; from then on it is sent as it is.
    func number(from sequence: Int32, of producer: ProducerIdentity) {
        baseSequence = sequence
        self.producer = producer
    }

    func append(_ record: LogRecord) {
        bytes += record.weight
        records.append(record)
    }
}
