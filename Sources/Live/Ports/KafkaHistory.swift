import Delivery
import Execution
import Kafka

/// Reads partitions of the shuffle topic again, each with a consumer of its own.
public final class KafkaHistory: HistoryPort, Sendable {
    private let input: PartitionReader.Source
    private let partials: PartitionReader.Source

    /// A history of the input and the shuffle topic.
    ///
    /// - Throws: `configuration` when the properties do not fit the running library.
    public init(
        properties: Properties, topics: TopicNames, hooks: Hooks = Hooks()
    ) throws(ClusterError) {
        let worker = WorkerThread()
        func source(_ topic: String) throws(ClusterError) -> PartitionReader.Source {
            try PartitionReader.Source(
                properties, topic: topic, hooks: hooks, worker: worker, capacity: 1024)
        }
        input = try source(topics.input)
        partials = try source(topics.partials)
    }

    /// Begins to read `partition` from `offset`, or from the first one kept where that is higher; nil is the first.
    public func open(_ partition: PartitionID, from offset: Int64?) -> any HistoryReader {
        KafkaHistoryReader(
            PartitionReader(
                partition.topic == .input ? input : partials, partition.number, from: offset))
    }
}

/// A partition being read again; its entries carry slot 0.
final class KafkaHistoryReader: HistoryReader {
    private let reader: PartitionReader
    private let buffer = EntryBuffer(capacity: 1024)

    init(_ reader: PartitionReader) { self.reader = reader }

    var bounds: LogBounds? {
        guard case .opened(let opened) = reader.state else { return nil }
        return opened.bounds
    }

    func withBatch(max: Int, _ body: (Batch) -> Void) {
        if case .failed(let error) = reader.state {
            body(buffer.fill(error))
            return
        }
        reader.withBatch(max: max) { batch, _ in
            let entries = buffer.fill(batch)
            if !entries.isEmpty { body(entries) }
        }
    }

    func failure(at index: Int) -> ClusterError { buffer.failure(at: index) }

    func close() { reader.close() }
}
