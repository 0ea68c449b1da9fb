import Broker
import Execution
import History
import Kafka
import Primitives

/// Reads a topic outside of any group, up to the ends seen at the start.
struct TopicReader: ~Copyable {
    /// What is read of the topic.
    struct Range {
        /// Where each partition begins; nil for the first record kept.
        var since: RangeBound?
        /// Where each partition ends, exclusive; nil for its end.
        var until: RangeBound?
        /// Begins so many records before the ends, over all partitions, where nothing else is said.
        var last: Int?
    }

    private let consumer: Consumer
    private let queue: ShardQueue
    private var open: [Int32: Int64]
    private let action: String
    private static let timeoutMs: Int32 = 10_000
    /// How long brokers may say nothing before that is an error.
    private static let silenceMs: Int64 = 30_000

    init(_ properties: Properties, topic: String, _ range: Range) throws(BrokerError) {
        let admin = try Admin(properties: properties, topics: [topic])
        let partitions = try admin.describe(topic).partitions.map {
            TopicPartition(0, $0.id)
        }
        let kept = try admin.watermarks(partitions)
        let bounds = try Self.bounds(range, kept, admin)
        let consumer = try Consumer(properties: properties, role: .reader, topics: [topic])
        let queue = try consumer.makeShardQueue(capacity: 1024)
        let wanted = bounds.filter { $0.value.low < $0.value.high }
        try consumer.assign(
            wanted.map { PartitionOffset($0.key, offset: $0.value.low) }, isIncremental: false)
        var open: [Int32: Int64] = [:]
        for (partition, bound) in wanted {
            open[partition.number] = bound.high
            queue.attach(partition, slot: Int(partition.number), from: bound.low)
        }
        self.open = open
        self.queue = queue
        action = "read \(topic)"
        self.consumer = consumer
    }

    private static func bounds(
        _ range: Range, _ kept: [TopicPartition: OffsetRange], _ admin: borrowing Admin
    ) throws(BrokerError) -> [TopicPartition: OffsetRange] {
        let since = try offsets(range.since, kept, admin)
        let until = try offsets(range.until, kept, admin)
        let share = range.last.map { Int64(($0 + kept.count - 1) / max(1, kept.count)) }
        var bounds: [TopicPartition: OffsetRange] = [:]
        for (partition, marks) in kept {
            let high = min(marks.high, until[partition] ?? marks.high)
            let low = since[partition] ?? share.map { high - $0 } ?? marks.low
            bounds[partition] = OffsetRange(low: max(marks.low, low), high: high)
        }
        return bounds
    }

    private static func offsets(
        _ bound: RangeBound?, _ kept: [TopicPartition: OffsetRange], _ admin: borrowing Admin
    ) throws(BrokerError) -> [TopicPartition: Int64] {
        switch bound {
        case nil: return [:]
        case .offset(let offset): return kept.mapValues { _ in offset }
        case .time(let ms):
            return try admin.offsets(at: ms, of: Array(kept.keys))
        }
    }

    /// Lends the records one after the other until `body` returns false or the ends are reached.
    ///
    /// - Throws: what `body` throws; `.unreachable` where brokers go silent.
    mutating func forEach(_ body: (Record) throws -> Bool) throws {
        var lastMs = MachineClock.monotonicMs()
        var goesOn = true
        while goesOn, !open.isEmpty {
            var failure: (any Error)?
            queue.withBatch(waitMs: 200) { batch in
                if !batch.isEmpty { lastMs = MachineClock.monotonicMs() }
                do {
                    for index in batch.indices where goesOn {
                        goesOn = try take(batch[index], index, body)
                    }
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            if MachineClock.monotonicMs() - lastMs > Self.silenceMs {
                throw Failure(.unreachable, "\(action): no broker has answered for 30 s")
            }
        }
    }

    private mutating func take(
        _ entry: Entry, _ index: Int, _ body: (Record) throws -> Bool
    ) throws -> Bool {
        guard entry.kind != .failure else {
            let error = queue.failure(at: index)
            if error.move == .retry { return true }
            throw Failure(error)
        }
        guard let end = open[entry.slot] else { return true }
        if entry.kind == .end || entry.offset >= end - 1 { open[entry.slot] = nil }
        guard entry.kind == .record, entry.offset < end else { return true }
        return try body(Record(entry: entry, index: index, queue: queue))
    }

    /// A record, lent while the body runs.
    struct Record {
        fileprivate let entry: Entry
        fileprivate let index: Int
        fileprivate let queue: ShardQueue

        var partition: Int32 { entry.slot }
        var offset: Int64 { entry.offset }
        var key: ByteSlice? { entry.keyBytes }
        var value: ByteSlice? { entry.valueBytes }
        var headers: [RecordHeader] { queue.headers(at: index) }
    }
}
