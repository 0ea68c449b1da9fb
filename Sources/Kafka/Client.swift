import Broker
import CRdkafka

/// The one owner of a `rd_kafka_t`, its topic handles and what its callbacks need.
///
/// Shared by reference, because shard queues must not outlive the handle they belong to: the last
/// reference destroys it. Unchecked Sendable: every stored property is constant and librdkafka's handle
/// may be used from any thread.
final class Client: @unchecked Sendable {
    let handle: OpaquePointer
    let topics: TopicNames
    /// One `rd_kafka_topic_t` for each of `topics`, in their order; messages carry the same pointer.
    let topicHandles: [OpaquePointer]
    let box: CallbackBox
    /// Whether there is a group to leave before the client goes.
    private let joinsGroup: Bool
    private let consumes: Bool

    init(
        properties: Properties, role: Properties.Role, topics: TopicNames, hooks: Hooks
    ) throws(BrokerError) {
        let configuration = try properties.configuration(for: role)
        let box = CallbackBox(hooks: hooks)
        if hooks.statisticsIntervalMs > 0 {
            try configuration.set("statistics.interval.ms", String(hooks.statisticsIntervalMs))
        }
        let handle = try Client.start(configuration, role: role, box: box)
        var topicHandles: [OpaquePointer] = []
        for topic in topics.names {
            guard let topicHandle = rd_kafka_topic_new(handle, topic, nil) else {
                let code = rd_kafka_last_error().rawValue
                for known in topicHandles { rd_kafka_topic_destroy(known) }
                rd_kafka_destroy(handle)
                throw BrokerError(code: code, action: "open topic \(topic)")
            }
            topicHandles.append(topicHandle)
        }
        self.handle = handle
        self.topics = topics
        self.topicHandles = topicHandles
        self.box = box
        consumes = role.consumes
        if case .consumer = role { joinsGroup = true } else { joinsGroup = false }
    }

    /// Makes a client without brokers and takes it down again.
    ///
    /// - Throws: why it cannot be made.
    static func tryOut(_ properties: Properties, _ role: Properties.Role) throws(BrokerError) {
        let configuration = try properties.configuration(for: role, withBrokers: false)
        let box = CallbackBox(hooks: Hooks())
        let handle = try start(configuration, role: role, box: box)
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        withExtendedLifetime(box) {}
    }

    deinit {
        for topicHandle in topicHandles { rd_kafka_topic_destroy(topicHandle) }
        if joinsGroup {
            rd_kafka_destroy(handle)
        } else {
            rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        }
    }

    private static func start(
        _ configuration: consuming ClientConfiguration, role: Properties.Role, box: CallbackBox
    ) throws(BrokerError) -> OpaquePointer {
        let pointer = configuration.pointer
        rd_kafka_conf_set_opaque(pointer, Unmanaged.passUnretained(box).toOpaque())
        rd_kafka_conf_set_log_cb(pointer, CallbackBox.onLog)
        let consumes = role.consumes
        if consumes {
            rd_kafka_conf_set_events(
                pointer,
                RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR
                    | RD_KAFKA_EVENT_STATS)
        } else {
            rd_kafka_conf_set_dr_msg_cb(pointer, CallbackBox.onDelivery)
            rd_kafka_conf_set_stats_cb(pointer, CallbackBox.onStatistics)
            rd_kafka_conf_set_error_cb(pointer, CallbackBox.onError)
            rd_kafka_conf_set_closesocket_cb(pointer, CallbackBox.onCloseSocket)
        }
        let type = consumes ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER
        var text = ""
        let capacity = 512
        let handle = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
            buffer.initialize(repeating: 0)
            let handle = rd_kafka_new(type, pointer, buffer.baseAddress, capacity)
            text = buffer.baseAddress.map { String(cString: $0) } ?? ""
            return handle
        }
        guard let handle else {
            throw BrokerError(
                code: rd_kafka_last_error().rawValue, action: "start a client", text: text
            ).moved(to: .configuration)
        }
        configuration.release()
        return handle
    }

    /// The topic of a name; nil when the client was not made for it.
    func topic(named name: UnsafePointer<CChar>?) -> Topic? {
        name.flatMap { topics.topic(named: String(cString: $0)) }
    }

    /// What a topic is called, and its handle, for calls that want one.
    func handle(of topic: Topic) -> OpaquePointer {
        guard let index = topics.topics.firstIndex(of: topic) else {
            preconditionFailure("the client was not made for \(topic)")
        }
        return topicHandles[index]
    }

    /// The error of a call that found no broker, with what is behind it: connections tell of wrong credentials,
    /// certificates and names, calls do not. A consumer's connections tell it through its queue.
    func reason(of error: BrokerError) -> BrokerError {
        guard error.move == .unreachable || error.move == .retry, !consumes else { return error }
        rd_kafka_poll(handle, 0)
        guard let cause = box.takeLastError() else { return error.moved(to: .unreachable) }
        return cause.during(error.action)
            .moved(to: cause.move == .configuration ? .configuration : .unreachable)
    }

    /// The fatal error the client has raised, if any.
    var fatalError: BrokerError? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
            buffer.initialize(repeating: 0)
            let code = rd_kafka_fatal_error(handle, buffer.baseAddress, buffer.count)
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
            let text = buffer.baseAddress.map { String(cString: $0) } ?? ""
            let error = BrokerError(code: code.rawValue, action: "client", text: text)
            return error.settled(.fatal)
        }
    }
}

extension Properties.Role {
    /// Whether the client is a consumer.
    var consumes: Bool {
        switch self {
        case .consumer, .reader, .endLookup: return true
        case .producer, .transactionalProducer, .admin: return false
        }
    }
}
