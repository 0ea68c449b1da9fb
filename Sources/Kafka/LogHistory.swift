import Broker
import Execution

/// Reads partitions again, each with a consumer of its own.
public final class LogHistory: HistoryPort, Sendable {
    private let sources: [Topic: PartitionReader.Source]

    /// A history of these topics.
    ///
    /// - Throws: `configuration` when the properties do not fit the running library.
    public init(
        properties: Properties, topics: TopicNames, hooks: Hooks = Hooks()
    ) throws(BrokerError) {
        let worker = WorkerThread()
        var sources: [Topic: PartitionReader.Source] = [:]
        for topic in topics.topics {
            sources[topic] = try PartitionReader.Source(
                properties, topic: topics.name(topic), hooks: hooks, worker: worker, capacity: 1024)
        }
        self.sources = sources
    }

    /// Begins to read `partition` from `offset`, or from the first one kept where that is higher; nil is the first.
    public func open(_ partition: TopicPartition, from offset: Int64?) -> any HistoryReader {
        guard let source = sources[partition.topic] else {
            preconditionFailure("the history was not made for \(partition)")
        }
        return PartitionReader(source, partition.number, from: offset)
    }
}
