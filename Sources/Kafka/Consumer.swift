import Broker
import CRdkafka
import Glibc

/// The control plane of a consumer: membership, assignment, offsets.
///
/// Records do not come from here but from `ShardQueue`s, one for each shard, to which the owner of a
/// partition attaches it. Topics are fixed when the consumer is made.
///
/// Life of an assignment: `poll` returns `.assigned`; the caller finds the start offsets
/// (`committed`), calls `assign`, and each shard calls `ShardQueue.attach` for its partitions. `poll`
/// returns `.revoked`; shards finish or drop their work and `detach`, then the caller calls `unassign`.
/// Until that answer the group waits. Records of a partition that is assigned but not attached wait in
/// that partition's own queue. Partitions are never paused (it loses records before 2.1).
///
/// `poll` must be called at least every `max.poll.interval.ms`; shards that pull count as polling too.
///
/// Unchecked Sendable: handed to its owner once; its calls are for that owner alone, one at a time, but for
/// `wake` and the offsets of `makeGroupOffsets`.
public final class Consumer: GroupPort, @unchecked Sendable {
    let client: Client
    let control: ControlQueue
    /// The group's name; empty for a reader.
    let group: String
    /// The topics it was made for.
    public var topics: TopicNames { client.topics }
    /// An event that came while it was waited for.
    private var waiting: GroupEvent?
    private var isLeaving = false
    private var hasFailed = false

    /// Starts a consumer; brokers are contacted in the background.
    ///
    /// - Parameter role: `.consumer` to join a group, `.reader` for explicit partitions.
    /// - Throws: `.configuration` when a property does not fit the running library.
    public init(
        properties: Properties, role: Properties.Role, topics: TopicNames, hooks: Hooks = Hooks()
    ) throws(BrokerError) {
        precondition(role.consumes, "a consumer's role is .consumer or .reader")
        let client = try Client(properties: properties, role: role, topics: topics, hooks: hooks)
        // One queue for everything that is not a record of an attached partition.
        rd_kafka_poll_set_consumer(client.handle)
        let control = try ControlQueue(client)
        self.client = client
        self.control = control
        if case .consumer(let group, _) = role { self.group = group } else { group = "" }
    }

    /// Joins the group for all topics of the consumer.
    ///
    /// - Throws: `.fatal` after a fatal error of the client.
    public func subscribe() throws(BrokerError) {
        let list = PartitionList(topics.topics.map { TopicPartition($0, -1) }, topics: topics)
        try check(rd_kafka_subscribe(client.handle, list.pointer), "subscribe")
    }

    /// The next event of the group, without waiting; nil when there is none.
    public func poll() -> GroupEvent? {
        if let event = waiting {
            waiting = nil
            return event
        }
        return poll(timeoutMs: 0)
    }

    /// Waits up to `ms` milliseconds for the next event, for `poll` to return.
    public func wait(ms: Int32) {
        if waiting == nil { waiting = poll(timeoutMs: ms) }
    }

    /// The next event of the group, waiting up to `timeoutMs` milliseconds; nil when there was none.
    public func poll(timeoutMs: Int32) -> GroupEvent? {
        guard let event = rd_kafka_queue_poll(control.queue, timeoutMs) else { return nil }
        defer { rd_kafka_event_destroy(event) }
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_REBALANCE: return rebalance(event)
        case RD_KAFKA_EVENT_ERROR: return failure(event)
        case RD_KAFKA_EVENT_STATS:
            guard let json = rd_kafka_event_stats(event) else { return nil }
            client.box.hooks.statistics(
                UnsafeRawBufferPointer(start: json, count: strlen(json)))
            return nil
        case RD_KAFKA_EVENT_FETCH:
            // Its record is gone with the event: going on would lose it.
            return .failed(
                BrokerError(
                    code: RD_KAFKA_RESP_ERR__INCONSISTENT.rawValue, action: "consumer",
                    text: "a record came to the control queue"))
        default: return nil
        }
    }

    /// Makes a `poll` that waits in another thread return. From any thread.
    public func wake() { rd_kafka_queue_yield(control.queue) }

    private func rebalance(_ event: OpaquePointer) -> GroupEvent? {
        let list = rd_kafka_event_topic_partition_list(event)
        let elements = UnsafeBufferPointer(
            start: list?.pointee.elems, count: Int(list?.pointee.cnt ?? 0))
        let partitions = PartitionList.offsets(elements, client).map(\.partition).sorted()
        let membership = GroupMetadata(capturedFrom: client)
        switch rd_kafka_event_error(event) {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            return .assigned(partitions, isIncremental: isCooperative, membership)
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            return .revoked(
                partitions, isIncremental: isCooperative,
                isLost: rd_kafka_assignment_lost(client.handle) != 0, membership)
        default: return failure(event)
        }
    }

    /// What an event says of an error; nil where nothing needs to be done.
    private func failure(_ event: OpaquePointer) -> GroupEvent? {
        let error = error(of: event)
        return error.move == .benign ? nil : .failed(error)
    }

    private func error(of event: OpaquePointer) -> BrokerError {
        if rd_kafka_event_error_is_fatal(event) != 0, let fatal = client.fatalError { return fatal }
        let text = rd_kafka_event_error_string(event).map { String(cString: $0) }
        return BrokerError(
            code: rd_kafka_event_error(event).rawValue, action: "consumer", text: text)
    }

    private var isCooperative: Bool {
        rd_kafka_rebalance_protocol(client.handle).map { String(cString: $0) } == "COOPERATIVE"
    }

    /// The client's fatal error, if it has one; the process should end, or make a new consumer.
    public var fatalError: BrokerError? { client.fatalError }

    /// Begins to leave the group; go on polling and answering until `hasLeft`.
    ///
    /// Committed offsets cannot be read any more: know every commit batch's outcome first.
    public func leave() {
        guard !isLeaving else { return }
        isLeaving = true
        do throws(BrokerError) {
            try check(rd_kafka_consumer_close_queue(client.handle, control.queue), "close")
        } catch {
            hasFailed = true
        }
    }

    /// Whether the group is left, so that the consumer may be dropped without waiting, or the client failed so that
    /// there is nothing to leave.
    public var hasLeft: Bool {
        isLeaving && (hasFailed || rd_kafka_consumer_closed(client.handle) != 0)
    }

    /// A queue for one shard; up to `capacity` records a batch.
    ///
    /// - Throws: `.fatal` when the library has no memory for it.
    public func makeShardQueue(capacity: Int = 4096) throws(BrokerError) -> ShardQueue {
        try ShardQueue(client: client, capacity: capacity)
    }
}

/// The owner of the queue that control events come from; it goes before the client does.
final class ControlQueue: @unchecked Sendable {
    // Unchecked: constant, and librdkafka's queues may be used from any thread.
    private let client: Client
    let queue: OpaquePointer

    init(_ client: Client) throws(BrokerError) {
        guard let queue = rd_kafka_queue_get_consumer(client.handle) else {
            throw BrokerError(
                code: RD_KAFKA_RESP_ERR__UNKNOWN_GROUP.rawValue, action: "open the control queue")
        }
        self.client = client
        self.queue = queue
    }

    deinit { rd_kafka_queue_destroy(queue) }
}
