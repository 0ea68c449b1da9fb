import Broker
import Kafka
import Primitives
import Testing

/// A consumer with one shard queue that answers rebalances by itself and keeps what it saw.
final class Member {
    struct Seen: Equatable {
        var partition: TopicPartition
        var offset: Int64
        var key: String?
        var value: String?
        var epoch: UInt32
    }

    var consumer: Consumer
    let queue: ShardQueue
    var assigned: Set<TopicPartition> = []
    var events: [String] = []
    var seen: [Seen] = []
    var ends: [TopicPartition: Int64] = [:]
    var errors: [BrokerError] = []
    var membership: (any GroupMembership)?
    /// Assignments seen so far.
    private var epoch: UInt32 = 0

    init(
        _ servers: String, topics: TopicNames, role: Properties.Role,
        settings: [Properties.Setting] = [], hooks: Hooks = Hooks()
    ) throws {
        let properties = try Properties(bootstrapServers: servers, settings: settings)
        consumer = try Consumer(properties: properties, role: role, topics: topics, hooks: hooks)
        queue = try consumer.makeShardQueue(capacity: 1_000)
    }

    /// Takes partitions by hand from offset 0 on.
    func take(_ partitions: [TopicPartition], from offset: Int64 = 0) throws {
        try start(partitions.map { PartitionOffset($0, offset: offset) }, false)
    }

    private func start(_ starts: [PartitionOffset], _ isIncremental: Bool) throws {
        try consumer.assign(starts, isIncremental: isIncremental)
        for start in starts {
            queue.attach(
                start.partition, slot: Int(start.partition.number),
                from: start.offset ?? 0)
            assigned.insert(start.partition)
        }
    }

    /// One control event, answered.
    func control(timeoutMs: Int32) throws {
        switch consumer.poll(timeoutMs: timeoutMs) {
        case .assigned(let partitions, let isIncremental, let membership):
            epoch += 1
            events.append("assigned \(partitions.count) epoch \(epoch)")
            self.membership = membership
            // Without a committed offset from the beginning; tests read topics of their own.
            let starts = try consumer.committed(partitions).map {
                PartitionOffset($0.partition, offset: $0.offset ?? 0)
            }
            try start(starts, isIncremental)
        case .revoked(let partitions, let isIncremental, let isLost, _):
            events.append("\(isLost ? "lost" : "revoked") \(partitions.count) epoch \(epoch)")
            for partition in partitions {
                queue.detach(partition)
                assigned.remove(partition)
            }
            try consumer.unassign(partitions, isIncremental: isIncremental)
        case .failed(let error): errors.append(error)
        case nil: break
        }
    }

    /// One batch, kept.
    func pull(max: Int = .max, timeoutMs: Int32 = 20) {
        queue.withBatch(max: max, waitMs: timeoutMs) { batch in
            for (index, entry) in batch.enumerated() {
                let partition = TopicPartition(0, entry.slot)
                switch entry.kind {
                case .record:
                    seen.append(
                        Seen(
                            partition: partition, offset: entry.offset,
                            key: entry.keyBytes.map { String(decoding: $0, as: UTF8.self) },
                            value: entry.valueBytes.map { String(decoding: $0, as: UTF8.self) },
                            epoch: epoch))
                case .end: ends[partition] = entry.offset
                case .failure: errors.append(queue.failure(at: index))
                }
            }
        }
    }

    /// Goes on until `condition` holds; false when that took longer than `seconds`.
    func pump(seconds: Int = 30, until condition: (Member) -> Bool) throws -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while !condition(self) {
            guard ContinuousClock.now < end else { return false }
            try control(timeoutMs: 0)
            pull()
        }
        return true
    }

    /// Leaves the group.
    func close() throws {
        consumer.leave()
        let end = ContinuousClock.now + .seconds(30)
        while !consumer.hasLeft {
            guard ContinuousClock.now < end else {
                Issue.record("the consumer did not close")
                return
            }
            try control(timeoutMs: 20)
        }
    }
}

/// Lends a string's bytes.
func withBytes<R>(_ text: String?, _ body: (ByteSlice?) throws -> R) rethrows -> R {
    guard let text else { return try body(nil) }
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBytes { try body(ByteSlice($0)) }
}

extension Producer {
    /// Produces text.
    func send(
        _ value: String?, key: String? = nil, to partition: Int32 = 0, timestampMs: Int64? = nil,
        headers: [RecordHeader] = [], waitMs: Int = 30_000
    ) throws {
        try withBytes(key) { key in
            try withBytes(value) { value in
                try produce(
                    topic: 0, partition: partition, key: key, value: value,
                    timestampMs: timestampMs, headers: headers, waitMs: waitMs)
            }
        }
    }
}
