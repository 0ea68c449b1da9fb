import Broker
import CRdkafka

/// Keeps brokers' threads fetching where librdkafka sleeps up to 1 s after a full queue.
///
/// `Library.stallsWhenFull` says whether it is needed. Any request wakes a broker's thread; this one asks
/// for watermarks, which lag needs anyway. Call `wake` about every 5 ms while shard queues run low.
/// Usable from any thread.
public final class Waker: @unchecked Sendable {
    // Unchecked: constant, and librdkafka's handle may be used from any thread.
    private let client: Client
    private let partitions: [TopicPartition]

    init(client: Client, partitions: [TopicPartition]) {
        self.client = client
        self.partitions = partitions
    }

    /// Asks each partition's leader for its watermarks; waits for the answers, normally under 1 ms each.
    ///
    /// - Returns: the watermarks of those that answered within `timeoutMs` milliseconds.
    @discardableResult
    public func wake(timeoutMs: Int32 = 100) -> [(partition: TopicPartition, marks: OffsetRange)] {
        partitions.compactMap { partition in
            var low: Int64 = 0
            var high: Int64 = 0
            let code = rd_kafka_query_watermark_offsets(
                client.handle, client.topics.name(partition.topic), partition.number, &low, &high,
                timeoutMs)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
            return (partition, OffsetRange(low: low, high: high))
        }
    }
}

extension Consumer {
    /// A waker for the brokers that lead `partitions`: one partition of each leader is asked.
    ///
    /// Leaders are looked up now; make a new one with each assignment.
    ///
    /// - Throws: `.retry` or `.unreachable` when the cluster does not tell its leaders in time.
    public func makeWaker(
        for partitions: [TopicPartition], timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> Waker {
        var leaders: [Int32: TopicPartition] = [:]
        for topic in Set(partitions.map(\.topic)) {
            let described = try client.describe(topics.name(topic), timeoutMs: timeoutMs)
            let mine = Set(partitions.filter { $0.topic == topic }.map(\.number))
            for partition in described.partitions where mine.contains(partition.id) {
                leaders[partition.leader] = TopicPartition(topic, partition.id)
            }
        }
        return Waker(client: client, partitions: leaders.values.sorted())
    }
}
