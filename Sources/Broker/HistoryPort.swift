/// Reads a partition again from where a snapshot stands, apart from the group. No call waits.
public protocol HistoryPort: AnyObject {
    /// Begins to read `partition` from `offset`; nil is the first offset kept.
    func open(_ partition: TopicPartition, from offset: Int64?) -> any HistoryReader
}

/// A partition being read again.
public protocol HistoryReader: AnyObject {
    /// The offsets kept when reading began; nil until that is known.
    var bounds: OffsetRange? { get }
    /// Lends at most `max` entries; `failure` entries end the reading.
    func withBatch(max: Int, _ body: (Batch) -> Void)
    /// Why entry `index` of the batch being lent is a failure.
    func failure(at index: Int) -> BrokerError
    /// Ends reading.
    func close()
}
