import Broker
import Execution

/// Looks the ends of logs up, records of open transactions counted.
///
/// librdkafka looks ends up at the isolation level of the client that asks: this one asks uncommitted. One client
/// serves all readers of a source, since connecting takes longer than asking.
///
/// Unchecked Sendable: asked on its source's worker alone; what is left of it goes elsewhere.
final class EndLookup: @unchecked Sendable {
    private let properties: Properties
    private let topic: String
    private let hooks: Hooks
    private let closer: WorkerThread
    private var consumer: Consumer?

    init(_ properties: Properties, topic: String, hooks: Hooks, closer: WorkerThread) {
        self.properties = properties
        self.topic = topic
        self.hooks = hooks
        self.closer = closer
    }

    deinit { drop() }

    /// The offsets a partition keeps; after a failure the next question has a new client.
    func watermarks(
        _ partition: TopicPartition, timeoutMs: Int32
    ) throws(BrokerError) -> OffsetRange? {
        do throws(BrokerError) {
            if consumer == nil {
                consumer = try Consumer(
                    properties: properties, role: .endLookup, topics: [topic], hooks: hooks)
            }
            return try consumer?.watermarks([partition], timeoutMs: timeoutMs)[partition]
        } catch {
            drop()
            throw error
        }
    }

    /// Lets the client go on another thread: that may take its time.
    private func drop() { closer.release(&consumer) }
}
