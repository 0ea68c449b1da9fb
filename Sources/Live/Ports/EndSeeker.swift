import Execution
import Kafka

/// Looks the ends of logs up, records of open transactions counted.
///
/// librdkafka looks ends up at the isolation level of the client that asks: this one asks uncommitted. One client
/// serves all readers of a source, since connecting takes longer than asking.
///
/// Unchecked Sendable: asked on its source's worker alone; what is left of it goes elsewhere.
final class EndSeeker: @unchecked Sendable {
    private final class Holder: @unchecked Sendable {
        // Unchecked: used by its seeker, then ended by the grave.
        private var consumer: Consumer?

        init(_ consumer: consuming Consumer) { self.consumer = consume consumer }

        func watermarks(
            _ partition: TopicPartition, timeoutMs: Int32
        ) throws(KafkaError) -> Watermarks? {
            try consumer?.watermarks([partition], timeoutMs: timeoutMs)[partition]
        }

        func close() { consumer = nil }
    }

    private let properties: Properties
    private let topic: String
    private let hooks: Hooks
    private let grave: WorkerThread
    private var holder: Holder?

    init(_ properties: Properties, topic: String, hooks: Hooks, grave: WorkerThread) {
        self.properties = properties
        self.topic = topic
        self.hooks = hooks
        self.grave = grave
    }

    deinit { drop() }

    /// The offsets a partition keeps; after a failure the next question has a new client.
    func watermarks(
        _ partition: TopicPartition, timeoutMs: Int32
    ) throws(KafkaError) -> Watermarks? {
        do throws(KafkaError) {
            if holder == nil {
                holder = Holder(
                    try Consumer(
                        properties: properties, role: .endSeeker, topics: [topic], hooks: hooks))
            }
            return try holder?.watermarks(partition, timeoutMs: timeoutMs)
        } catch {
            drop()
            throw error
        }
    }

    private func drop() {
        guard let old = holder else { return }
        holder = nil
        grave.run { old.close() }
    }
}
