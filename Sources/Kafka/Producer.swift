import Broker
import CRdkafka
import Glibc
import Primitives
import Synchronization

/// An idempotent producer: bytes to explicit partitions, every delivery counted.
///
/// Nothing is lost silently: a full queue is back-pressure on `produce`, and a record given up is a
/// failure that `flush` throws. Topics are fixed when the producer is made and named by index afterwards.
/// Usable from any thread; the transactional calls from one at a time.
public struct Producer: ~Copyable, Sendable {
    let client: Client
    /// Whether the producer was made with a transactional id.
    public let isTransactional: Bool

    /// Who keeps a value's bytes until they are delivered.
    public enum Memory: Sendable {
        /// librdkafka copies them; they may go when `produce` returns.
        case copied
        /// The caller lends them, unchanged, until `flush` has returned.
        case lent
    }

    /// Deliveries so far.
    public struct Counters: Equatable, Sendable {
        /// Records acknowledged.
        public var delivered: UInt64
        /// Records given up.
        public var failed: UInt64

        /// Counts.
        public init(delivered: UInt64, failed: UInt64) {
            self.delivered = delivered
            self.failed = failed
        }
    }

    /// What became of the records under one tag.
    public struct Fate: Equatable, Sendable {
        /// Records acknowledged.
        public var delivered = 0
        /// Records given up.
        public var failed = 0
        /// Why the first of those was.
        public var error: BrokerError?

        /// Nothing yet.
        public init() {}
    }

    /// Starts a producer; brokers are contacted in the background.
    ///
    /// - Parameter role: `.producer` or `.transactionalProducer`.
    /// - Throws: `.configuration` when a property does not fit the running library.
    public init(
        properties: Properties, role: Properties.Role = .producer, topics: TopicNames,
        hooks: Hooks = Hooks()
    ) throws(BrokerError) {
        switch role {
        case .producer: isTransactional = false
        case .transactionalProducer: isTransactional = true
        default: preconditionFailure("a producer's role is .producer or .transactionalProducer")
        }
        client = try Client(properties: properties, role: role, topics: topics, hooks: hooks)
    }

    /// The topics it was made for.
    public var topics: TopicNames { client.topics }

    /// Deliveries reported so far; `poll`, `produce` and `flush` collect reports.
    public var counters: Counters {
        Counters(
            delivered: client.box.delivered.load(ordering: .relaxed),
            failed: client.box.failed.load(ordering: .relaxed))
    }

    /// Records not yet delivered or given up.
    public var pending: Int { Int(rd_kafka_outq_len(client.handle)) }

    /// Connections to brokers closed so far, by whichever side.
    ///
    /// Where it grows while a request was under way, librdkafka sends that again: brokers may have it twice.
    public var closedConnections: UInt64 {
        client.box.closedConnections.load(ordering: .sequentiallyConsistent)
    }

    /// The error of a call that was not answered, with what is behind it, such as wrong credentials.
    public func reason(of error: BrokerError) -> BrokerError { client.reason(of: error) }

    /// What became of tagged records since the last call, by tag; `poll` collects reports.
    public func takeDeliveries() -> [Int: Fate] { client.box.takeDeliveries() }

    /// The first failures since the last call or `flush`; few are kept, all are counted.
    public func takeFailures() -> [BrokerError] { client.box.takeFailures() }

    /// The client's fatal error, if it has one: make a new producer and resume from what was committed last.
    public var fatalError: BrokerError? { client.fatalError }

    /// Queues one record.
    ///
    /// When the queue is full it waits for deliveries, up to `waitMs` milliseconds.
    ///
    /// - Parameters:
    ///   - key: nil for a null key.
    ///   - value: nil for a tombstone.
    ///   - timestampMs: epoch milliseconds; nil for now.
    ///   - tag: what `takeDeliveries` tells the record's fate under; 0 for not at all.
    /// - Throws: `.retry` (`_QUEUE_FULL`) when the queue stayed full; the record is not queued and
    ///   nothing is lost. `.rejected` when the record is too large. `.fatal` or `.fenced` when the
    ///   producer cannot go on.
    public func produce(
        topic: Topic, partition: Int32, key: ByteSlice?, value: ByteSlice?,
        timestampMs: Int64? = nil,
        headers: [RecordHeader] = [], memory: Memory = .copied, tag: Int = 0,
        waitMs: @autoclosure () -> Int = 30_000
    ) throws(BrokerError) {
        var waited = 0
        var limit: Int?
        while true {
            let error = send(topic, partition, key, value, timestampMs, headers, memory, tag)
            guard let error else { return }
            let isFull = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__QUEUE_FULL
            if isFull, limit == nil { limit = waitMs() }
            if isFull, let limit, waited < limit {
                rd_kafka_error_destroy(error)
                // Polling is what frees the queue: it takes delivery reports in.
                rd_kafka_poll(client.handle, Producer.fullQueuePauseMs)
                waited += Int(Producer.fullQueuePauseMs)
                continue
            }
            do throws(BrokerError) {
                try check(error, "produce to \(topics.name(topic))[\(partition)]")
            } catch {
                // The library calls a full queue retriable or not by release; it always is.
                guard error.code == .queueFull else {
                    throw error
                }
                throw error.moved(to: .retry)
            }
        }
    }

    /// Queues a record of the first topic, whose bytes are copied; as `produce`.
    public func put(
        _ key: [UInt8], _ value: [UInt8]?, partition: Int32, tag: Int = 0, waitMs: Int = 30_000
    ) throws(BrokerError) {
        // An error cannot leave the closures typed: it is carried out.
        let failure: BrokerError? = key.withUnsafeBytes { key in
            func send(_ value: ByteSlice?) -> BrokerError? {
                do throws(BrokerError) {
                    try produce(
                        topic: 0, partition: partition, key: key, value: value, tag: tag,
                        waitMs: waitMs)
                    return nil
                } catch {
                    return error
                }
            }
            guard let value else { return send(nil) }
            return value.withUnsafeBytes { send($0) }
        }
        if let failure { throw failure }
    }

    private static let fullQueuePauseMs: Int32 = 10

    private func send(
        _ topic: Topic, _ partition: Int32, _ key: ByteSlice?, _ value: ByteSlice?,
        _ timestampMs: Int64?, _ headers: [RecordHeader], _ memory: Memory, _ tag: Int
    ) -> OpaquePointer? {
        // topic, partition, value, key, flags, timestamp, tag, headers
        withUnsafeTemporaryAllocation(of: rd_kafka_vu_t.self, capacity: 8) { fields in
            guard let base = fields.baseAddress else { return nil }
            memset(base, 0, 8 * MemoryLayout<rd_kafka_vu_t>.stride)
            fields[0].vtype = RD_KAFKA_VTYPE_RKT
            fields[0].u.rkt = client.handle(of: topic)
            fields[1].vtype = RD_KAFKA_VTYPE_PARTITION
            fields[1].u.i32 = partition
            fields[2].vtype = RD_KAFKA_VTYPE_VALUE
            fields[2].u.mem.ptr = UnsafeMutableRawPointer(mutating: Producer.start(value))
            fields[2].u.mem.size = value?.count ?? 0
            fields[3].vtype = RD_KAFKA_VTYPE_KEY
            fields[3].u.mem.ptr = UnsafeMutableRawPointer(mutating: Producer.start(key))
            fields[3].u.mem.size = key?.count ?? 0
            fields[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS
            fields[4].u.i = memory == .copied ? RD_KAFKA_MSG_F_COPY : 0
            fields[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP
            fields[5].u.i64 = timestampMs ?? 0
            fields[6].vtype = RD_KAFKA_VTYPE_OPAQUE
            fields[6].u.ptr = UnsafeMutableRawPointer(bitPattern: tag)
            guard !headers.isEmpty else { return rd_kafka_produceva(client.handle, base, 7) }
            fields[7].vtype = RD_KAFKA_VTYPE_HEADERS
            fields[7].u.headers = Producer.makeHeaders(headers)
            let error = rd_kafka_produceva(client.handle, base, 8)
            // librdkafka takes the list over only when it takes the record.
            if error != nil { rd_kafka_headers_destroy(fields[7].u.headers) }
            return error
        }
    }

    /// An empty slice is an empty value, not a null one.
    private static func start(_ bytes: ByteSlice?) -> UnsafeRawPointer? {
        guard let bytes else { return nil }
        return bytes.baseAddress ?? UnsafeRawPointer(emptyByte.utf8Start)
    }

    private static func makeHeaders(_ headers: [RecordHeader]) -> OpaquePointer? {
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            if let value = header.value {
                value.withUnsafeBytes { bytes in
                    let start = bytes.baseAddress ?? UnsafeRawPointer(emptyByte.utf8Start)
                    _ = rd_kafka_header_add(list, header.name, -1, start, bytes.count)
                }
            } else {
                _ = rd_kafka_header_add(list, header.name, -1, nil, 0)
            }
        }
        return list
    }

    /// Collects delivery reports, waiting up to `timeoutMs` milliseconds for the first.
    public func poll(timeoutMs: Int32 = 0) { rd_kafka_poll(client.handle, timeoutMs) }

    /// Waits until every record queued so far is delivered.
    ///
    /// - Throws: the first failure when records were given up (their number is in the text);
    ///   `.retry` (`_TIMED_OUT`) when records are still under way after `timeoutMs` milliseconds.
    public func flush(timeoutMs: Int32) throws(BrokerError) {
        let code = rd_kafka_flush(client.handle, timeoutMs)
        let failures = client.box.takeFailures()
        if let first = failures.first {
            var error = fatalError == nil ? first : first.moved(to: .fatal)
            error.text += "; \(counters.failed) records given up so far"
            throw error
        }
        try check(code, "flush, \(pending) records under way")
    }

    /// The first of its topics that brokers say there is none of; nil where all are there, or nobody answers.
    public func missingTopic(timeoutMs: Int32) -> String? {
        for topic in client.topics.names {
            do throws(BrokerError) {
                let found = try client.metadata(topic: topic, timeoutMs: timeoutMs).topic
                if found == nil { return topic }
            } catch {
                return nil
            }
        }
        return nil
    }
}

/// What a null-free, empty slice points at; never read.
private let emptyByte: StaticString = ""
