import Broker
import CRdkafka
import Synchronization

/// The records of one shard's partitions, as batches lent without copying.
///
/// Each attached partition's queue is forwarded here. `hold` stops a partition without losing or
/// reordering its records: its queue is un-forwarded, and what had already come over is kept aside until
/// `release`. Nothing is ever paused; back-pressure is not pulling.
///
/// Unchecked Sendable: it is handed to a shard once, and all its methods are for that shard alone, one at
/// a time. Per batch: two or three calls of librdkafka and no allocation; per record: a table look-up.
public final class ShardQueue: LogPort, @unchecked Sendable {
    typealias Message = UnsafeMutablePointer<rd_kafka_message_t>

    /// What was left out of batches, and why.
    public struct Counters: Equatable, Sendable {
        /// Records at or below an offset already delivered.
        public var duplicates: UInt64 = 0
        /// Entries of partitions that are not attached (any more).
        public var stale: UInt64 = 0
        /// Records delivered.
        public var records: UInt64 = 0

        /// Counts.
        public init(duplicates: UInt64 = 0, stale: UInt64 = 0, records: UInt64 = 0) {
            self.duplicates = duplicates
            self.stale = stale
            self.records = records
        }
    }

    private let client: Client
    private let queue: OpaquePointer
    private let messages: UnsafeMutablePointer<Message?>
    /// The messages of the batch being lent, as entries.
    private let entries: UnsafeMutablePointer<Entry>
    private var failures: [(index: Int, error: BrokerError)] = []
    private let table: PartitionTable
    /// Entries of held partitions that had already come over, in their order.
    private var stash: [Message] = []
    /// Entries of released partitions, to be delivered before anything newer.
    private var ready: [Message] = []
    /// Whether a wait is to end: librdkafka's own mark is taken by a look that finds nothing, too.
    private let isWoken = Atomic<Bool>(false)
    /// The largest batch.
    public let capacity: Int
    /// What was delivered and left out so far.
    public private(set) var counters = Counters()

    init(client: Client, capacity: Int) throws(BrokerError) {
        precondition((1...1_000_000).contains(capacity), "a batch has 1 ... 1,000,000 records")
        guard let queue = rd_kafka_queue_new(client.handle) else {
            throw BrokerError(
                code: RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE.rawValue, action: "make a shard queue")
        }
        self.client = client
        self.queue = queue
        self.capacity = capacity
        messages = .allocate(capacity: capacity)
        messages.initialize(repeating: nil, count: capacity)
        entries = .allocate(capacity: capacity)
        table = PartitionTable(client.topics, handles: client.topicHandles)
    }

    deinit {
        table.forEachAttached { state in
            rd_kafka_queue_forward(state.pointee.queue, nil)
            rd_kafka_queue_destroy(state.pointee.queue)
        }
        for message in stash { rd_kafka_message_destroy(message) }
        for message in ready { rd_kafka_message_destroy(message) }
        rd_kafka_queue_destroy(queue)
        messages.deallocate()
        // Entries are plain values: there is nothing to deinitialise.
        entries.deallocate()
    }

    // MARK: Partitions

    /// Takes a partition on, after `Consumer.assign` has returned.
    ///
    /// - Parameters:
    ///   - slot: the caller's number for it, given back with each record.
    ///   - start: the offset reading starts at; anything below is dropped as a duplicate.
    public func attach(_ partition: TopicPartition, slot: Int, from start: Int64) {
        let state = table.makeState(partition)
        precondition(!state.pointee.isAttached, "the partition is attached already")
        let name = client.topics.name(partition.topic)
        guard let own = rd_kafka_queue_get_partition(client.handle, name, partition.number)
        else {
            preconditionFailure("an assigned partition has a queue")
        }
        state.pointee = PartitionState(
            queue: own, last: start - 1, position: max(0, start), slot: Int32(slot))
        rd_kafka_queue_forward(own, queue)
    }

    /// Gives a partition up: entries that are still here will be dropped as stale.
    ///
    /// For partitions that are revoked; attach it again only with a new assignment.
    public func detach(_ partition: TopicPartition) {
        guard let state = attached(partition) else { return }
        rd_kafka_queue_forward(state.pointee.queue, nil)
        rd_kafka_queue_destroy(state.pointee.queue)
        state.pointee.queue = nil
        state.pointee.isHeld = false
        let dropped =
            discard(&stash) { self.state(of: $0) == state }
            + discard(&ready) { self.state(of: $0) == state }
        counters.stale += UInt64(dropped)
    }

    /// Stops a partition: no entry of it is delivered until `release`.
    public func hold(_ partition: TopicPartition) {
        guard let state = attached(partition), !state.pointee.isHeld else { return }
        rd_kafka_queue_forward(state.pointee.queue, nil)
        state.pointee.isHeld = true
    }

    /// Lets a held partition go on where it stopped.
    public func release(_ partition: TopicPartition) {
        guard let state = attached(partition), state.pointee.isHeld else { return }
        state.pointee.isHeld = false
        // What was kept aside is older than what waits in the partition's queue, and than what an earlier
        // release put into `ready` and a hold found there half taken.
        var older: [Message] = []
        var rest: [Message] = []
        for message in stash {
            if self.state(of: message) == state {
                older.append(message)
            } else {
                rest.append(message)
            }
        }
        stash = rest
        ready = older + ready
        rd_kafka_queue_forward(state.pointee.queue, queue)
    }

    /// Whether a partition is held.
    public func isHeld(_ partition: TopicPartition) -> Bool {
        attached(partition)?.pointee.isHeld ?? false
    }

    /// The next offset to read: past the last record delivered, or past the gap before the end of the
    /// partition where that was seen; nil for a partition that is not attached.
    public func position(_ partition: TopicPartition) -> Int64? {
        attached(partition)?.pointee.position
    }

    /// Entries fetched and not yet pulled, of all partitions that are not held.
    public var backlog: Int { rd_kafka_queue_length(queue) + ready.count }

    private func attached(_ partition: TopicPartition) -> UnsafeMutablePointer<PartitionState>? {
        guard let state = table.state(partition), state.pointee.isAttached
        else { return nil }
        return state
    }

    private func discard(_ list: inout [Message], where isMine: (Message) -> Bool) -> Int {
        var kept: [Message] = []
        for message in list {
            if isMine(message) { rd_kafka_message_destroy(message) } else { kept.append(message) }
        }
        defer { list = kept }
        return list.count - kept.count
    }

    // MARK: Batches

    /// Lends the next batch: at most `max` entries, as many as are there, waiting up to `waitMs` milliseconds for the
    /// first.
    ///
    /// Passing conditions of a partition come as failures too; their move tells that reading may go on. The entries
    /// are consumed even when `body` throws: give the partitions up then, and start again from the committed offsets.
    public func withBatch<E: Error>(
        max: Int = .max, waitMs: Int32, _ body: (Batch) throws(E) -> Void
    ) throws(E) {
        if !failures.isEmpty { failures.removeAll(keepingCapacity: true) }
        let count = admit(fetch(min(max, capacity), waitMs))
        defer { for index in 0..<count { rd_kafka_message_destroy(messages[index]) } }
        try body(Batch(start: entries, count: count))
    }

    /// Why entry `index` of the batch being lent is a failure.
    public func failure(at index: Int) -> BrokerError {
        failures.first { $0.index == index }?.error
            ?? BrokerError(.fatal, action: "read", text: "entry \(index) is no failure")
    }

    /// The headers of the record at `index` of the batch being lent.
    public func headers(at index: Int) -> [RecordHeader] {
        var list: OpaquePointer?
        guard let message = messages[index],
            rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list
        else { return [] }
        return (0..<rd_kafka_header_cnt(list)).compactMap { number in
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            let code = rd_kafka_header_get_all(list, number, &name, &value, &size)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let name else { return nil }
            let bytes = value.map { Array(UnsafeRawBufferPointer(start: $0, count: size)) }
            return RecordHeader(String(cString: name), bytes)
        }
    }

    /// Makes a `withBatch` that waits in another thread return, or else the next one not wait. From any thread.
    public func wake() {
        isWoken.store(true, ordering: .releasing)
        rd_kafka_queue_yield(queue)
    }

    private func fetch(_ wanted: Int, _ timeoutMs: Int32) -> Int {
        if !ready.isEmpty { return takeReady(wanted) }
        // A batch call waits until it is full or the time is up, so take what is there first.
        let count = pull(at: 0, wanted, timeoutMs: 0)
        guard count == 0, timeoutMs > 0 else { return count }
        if isWoken.exchange(false, ordering: .acquiring) { return 0 }
        let first = pull(at: 0, 1, timeoutMs: timeoutMs)
        isWoken.store(false, ordering: .relaxed)
        guard first == 1 else { return 0 }
        return wanted > 1 ? 1 + pull(at: 1, wanted - 1, timeoutMs: 0) : 1
    }

    private func pull(at index: Int, _ wanted: Int, timeoutMs: Int32) -> Int {
        Swift.max(0, rd_kafka_consume_batch_queue(queue, timeoutMs, messages + index, wanted))
    }

    private func takeReady(_ wanted: Int) -> Int {
        let count = min(wanted, ready.count)
        for index in 0..<count { messages[index] = ready[index] }
        ready.removeFirst(count)
        return count
    }

    /// Drops stale entries and duplicates, keeps held ones aside, and returns how many are left.
    private func admit(_ count: Int) -> Int {
        var kept = 0
        var counters = self.counters
        for index in 0..<count {
            guard let message = messages[index] else { continue }
            guard let state = state(of: message), state.pointee.isAttached else {
                counters.stale += 1
                rd_kafka_message_destroy(message)
                continue
            }
            if state.pointee.isHeld {
                stash.append(message)
                continue
            }
            guard advance(state, message) else {
                counters.duplicates += 1
                rd_kafka_message_destroy(message)
                continue
            }
            guard let entry = entry(message, slot: state.pointee.slot, at: kept) else {
                rd_kafka_message_destroy(message)
                continue
            }
            messages[kept] = message
            (entries + kept).initialize(to: entry)
            kept += 1
            if entry.kind == .record { counters.records += 1 }
        }
        self.counters = counters
        return kept
    }

    /// A message written out; nil for an error that says nothing. A few nanoseconds a record and no allocation.
    @inline(__always)
    private func entry(_ message: Message, slot: Int32, at index: Int) -> Entry? {
        let offset = message.pointee.offset
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            return Entry(
                kind: .record, slot: slot, offset: offset,
                timestampMs: rd_kafka_message_timestamp(message, nil),
                key: Self.bytes(message.pointee.key, message.pointee.key_len),
                value: Self.bytes(message.pointee.payload, message.pointee.len))
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            return Entry(kind: .end, slot: slot, offset: offset)
        default:
            let error = Self.error(of: message)
            guard error.move != .benign else { return nil }
            failures.append((index, error))
            return Entry(kind: .failure, slot: slot, offset: offset)
        }
    }

    @inline(__always)
    private static func bytes(
        _ start: UnsafeMutableRawPointer?, _ count: Int
    ) -> UnsafeRawBufferPointer? {
        start.map { UnsafeRawBufferPointer(start: $0, count: count) }
    }

    /// What went wrong with a message's partition.
    private static func error(of message: Message) -> BrokerError {
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? "?"
        return BrokerError(
            code: message.pointee.err.rawValue,
            action: "read \(topic)[\(message.pointee.partition)]", text: text)
    }

    /// Moves the partition's marks past an entry; false for a duplicate.
    @inline(__always)
    private func advance(
        _ state: UnsafeMutablePointer<PartitionState>, _ message: Message
    ) -> Bool {
        let offset = message.pointee.offset
        if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            guard offset > state.pointee.last else { return false }
            state.pointee.last = offset
            state.pointee.position = offset + 1
        } else if message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            state.pointee.position = Swift.max(state.pointee.position, offset)
        }
        return true
    }

    @inline(__always)
    private func state(of message: Message) -> UnsafeMutablePointer<PartitionState>? {
        guard let topic = table.topic(of: message.pointee.rkt) else { return nil }
        return table.state(topic: topic, partition: message.pointee.partition)
    }
}
