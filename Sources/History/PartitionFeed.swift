import Broker
import Execution
import Kafka
import Synchronization

/// A client that reads some partitions of a topic, each into a queue of its own.
///
/// A partition's queue fills and empties by itself: whichever is waited for, the others keep what they have, within
/// their own bound of memory. So no skew between partitions can make reading wait for ever.
///
/// Unchecked Sendable: all is fixed when it is made, the consumer may be asked by any thread, and each queue is read by
/// one thread at a time.
final class PartitionFeed: @unchecked Sendable {
    private let consumer: Consumer
    private let topic: String
    private var waker: Waker?
    private let worker = WorkerThread()
    private let isWaking = Atomic<Bool>(false)
    private let wokenMs = Atomic<Int64>(0)
    private(set) var queues: [Int32: ShardQueue] = [:]

    static let timeoutMs: Int32 = 10_000
    /// Entries taken in one go at most.
    private static let capacity = 1_024
    /// Fetched ahead, over all partitions; each has at least the second.
    private static let memoryKilobytes = 131_072
    private static let leastKilobytes = 128
    private static let mostKilobytes = 16_384
    /// How often a fetcher that sleeps is woken.
    private static let wakeMs: Int64 = 5

    /// Begins to read partitions, each from its offset.
    init(
        _ properties: Properties, _ topic: String, from starts: [PartitionOffset], hooks: Hooks
    ) throws(BrokerError) {
        let properties = try Self.bounded(properties, partitions: starts.count)
        let consumer = try Consumer(
            properties: properties, role: .reader, topics: [topic], hooks: hooks)
        var made: [ShardQueue] = []
        for _ in starts { made.append(try consumer.makeShardQueue(capacity: Self.capacity)) }
        try consumer.assign(starts, isIncremental: false)
        for (start, queue) in zip(starts, made) {
            queue.attach(start.partition, slot: 0, from: start.offset ?? 0)
            queues[start.partition.number] = queue
        }
        if Library.stallsWhenFull {
            waker = try consumer.makeWaker(
                for: starts.map(\.partition), timeoutMs: Self.timeoutMs)
        }
        self.topic = topic
        self.consumer = consumer
    }

    private static func bounded(
        _ properties: Properties, partitions: Int
    ) throws(BrokerError) -> Properties {
        let share = min(max(memoryKilobytes / max(1, partitions), leastKilobytes), mostKilobytes)
        // What a partition holds at most, and what one answer brings of it.
        let bounds = [
            Properties.Setting("queued.max.messages.kbytes", String(share)),
            Properties.Setting("fetch.message.max.bytes", String(min(share, 1_024) << 10)),
        ]
        let given = Set(properties.settings.map(\.name))
        return try Properties(
            bootstrapServers: properties.bootstrapServers, clientID: properties.clientID,
            settings: properties.settings + bounds.filter { !given.contains($0.name) })
    }

    /// What a partition keeps now.
    func watermarks(of partition: Int32) throws(BrokerError) -> OffsetRange {
        let partition = TopicPartition(0, partition)
        return try consumer.watermarks([partition], timeoutMs: Self.timeoutMs)[partition]
            ?? OffsetRange(low: 0, high: 0)
    }

    /// Has a fetcher that may sleep go on; called whenever a queue runs low.
    func wake() {
        guard let waker else { return }
        let now = MachineClock.monotonicMs()
        guard now - wokenMs.load(ordering: .relaxed) >= Self.wakeMs,
            !isWaking.exchange(true, ordering: .acquiring)
        else {
            return
        }
        wokenMs.store(now, ordering: .relaxed)
        worker.run { [self] in
            waker.wake()
            isWaking.store(false, ordering: .releasing)
        }
    }
}
