import Broker
import CRdkafka

/// Topics, partitions and offsets, for set-up, checks and tools.
///
/// Calls block until the cluster answers or their time is up. Usable from any thread.
public struct Admin: ~Copyable, Sendable {
    let client: Client
    let properties: Properties

    /// Starts a client for administration; brokers are contacted in the background.
    ///
    /// - Parameter topics: those that the offset calls are about; may be empty.
    /// - Throws: `.configuration` when a property does not fit the running library.
    public init(
        properties: Properties, topics: TopicNames = [], hooks: Hooks = Hooks()
    ) throws(BrokerError) {
        self.properties = properties
        client = try Client(properties: properties, role: .admin, topics: topics, hooks: hooks)
    }

    /// The topics it was made for.
    public var topics: TopicNames { client.topics }

    /// The brokers that answer.
    ///
    /// - Throws: `.unreachable` when none answers within `timeoutMs` milliseconds.
    public func brokers(timeoutMs: Int32 = 10_000) throws(BrokerError) -> [BrokerAddress] {
        try client.metadata(topic: nil, timeoutMs: timeoutMs).brokers
    }

    /// A topic's partitions, leaders and replicas.
    ///
    /// - Throws: `.configuration` (`_UNKNOWN_TOPIC`) when there is no such topic; `.unreachable`.
    public func describe(
        _ topic: String, timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> TopicDescription {
        try client.describe(topic, timeoutMs: timeoutMs)
    }

    /// The offset of the first record at or after `ms` (broker timestamp, epoch milliseconds), or the
    /// end where there is none.
    ///
    /// - Throws: `.retry` or `.unreachable` when a leader does not answer in time, after ten attempts on
    ///   stale leaders.
    public func offsets(
        at ms: Int64, of partitions: [TopicPartition], timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> [TopicPartition: Int64] {
        try client.offsets(at: ms, of: partitions, timeoutMs: timeoutMs)
    }

    /// The offsets kept by each partition; the high one is the last stable offset.
    ///
    /// - Throws: as `offsets(at:of:timeoutMs:)`.
    public func watermarks(
        _ partitions: [TopicPartition], timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> [TopicPartition: OffsetRange] {
        try client.watermarks(partitions, timeoutMs: timeoutMs)
    }
}

/// A broker of the cluster.
public struct BrokerAddress: Equatable, Sendable {
    /// Its node id.
    public var id: Int32
    /// Its advertised host.
    public var host: String
    /// Its advertised port.
    public var port: Int32

    /// A broker.
    public init(id: Int32, host: String, port: Int32) {
        self.id = id
        self.host = host
        self.port = port
    }
}

/// A topic as the cluster describes it.
public struct TopicDescription: Equatable, Sendable {
    /// The topic's name.
    public var name: String
    /// Its partitions by number.
    public var partitions: [Partition]

    /// One partition.
    public struct Partition: Equatable, Sendable {
        /// Its number.
        public var id: Int32
        /// The broker that leads it; -1 where none does.
        public var leader: Int32
        /// How many brokers keep it.
        public var replicas: Int
        /// How many of them are in sync.
        public var inSync: Int

        /// A partition.
        public init(id: Int32, leader: Int32, replicas: Int, inSync: Int) {
            self.id = id
            self.leader = leader
            self.replicas = replicas
            self.inSync = inSync
        }
    }
}

extension Client {
    func describe(_ topic: String, timeoutMs: Int32) throws(BrokerError) -> TopicDescription {
        guard let found = try metadata(topic: topic, timeoutMs: timeoutMs).topic else {
            throw BrokerError(
                code: RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC.rawValue, action: "describe \(topic)")
        }
        return found
    }

    /// The brokers, and one topic where it is named.
    func metadata(
        topic: String?, timeoutMs: Int32
    ) throws(BrokerError) -> (brokers: [BrokerAddress], topic: TopicDescription?) {
        // A handle limits the question to its topic.
        let handle = topic.flatMap { rd_kafka_topic_new(self.handle, $0, nil) }
        defer { if let handle { rd_kafka_topic_destroy(handle) } }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(self.handle, 0, handle, &answer, timeoutMs)
        let action = topic.map { "describe \($0)" } ?? "list brokers"
        if code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT {
            throw reason(of: BrokerError(code: code.rawValue, action: action))
        }
        try check(code, action)
        guard let answer else { return ([], nil) }
        defer { rd_kafka_metadata_destroy(answer) }
        let brokers = UnsafeBufferPointer(
            start: answer.pointee.brokers, count: Int(answer.pointee.broker_cnt)
        ).map { BrokerAddress(id: $0.id, host: String(cString: $0.host), port: $0.port) }
        let topics = UnsafeBufferPointer(
            start: answer.pointee.topics, count: Int(answer.pointee.topic_cnt))
        guard let topic, let found = topics.first(where: { String(cString: $0.topic) == topic })
        else { return (brokers, nil) }
        if found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { return (brokers, nil) }
        try check(found.err, action)
        return (brokers, TopicDescription(found))
    }
}

extension TopicDescription {
    init(_ topic: rd_kafka_metadata_topic) {
        name = String(cString: topic.topic)
        partitions = UnsafeBufferPointer(
            start: topic.partitions, count: Int(topic.partition_cnt)
        ).map { partition in
            Partition(
                id: partition.id, leader: partition.leader, replicas: Int(partition.replica_cnt),
                inSync: Int(partition.isr_cnt))
        }.sorted { $0.id < $1.id }
    }
}
