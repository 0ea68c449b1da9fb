import Broker
import CRdkafka

/// A topic to create.
public struct NewTopic: Equatable, Sendable {
    /// Its name.
    public var name: String
    /// How many partitions; nil for the brokers' default.
    public var partitions: Int32?
    /// How many brokers keep each; nil for the brokers' default.
    public var replication: Int32?
    /// Topic properties, such as `cleanup.policy`.
    public var configs: [(name: String, value: String)]

    /// A topic.
    public init(
        _ name: String, partitions: Int32? = nil, replication: Int32? = nil,
        configs: [(name: String, value: String)] = []
    ) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.configs = configs
    }

    /// Equal in every part.
    public static func == (a: NewTopic, b: NewTopic) -> Bool {
        a.name == b.name && a.partitions == b.partitions && a.replication == b.replication
            && a.configs.map(\.name) == b.configs.map(\.name)
            && a.configs.map(\.value) == b.configs.map(\.value)
    }
}

/// What became of a request about one topic.
public enum TopicOutcome: Equatable, Sendable {
    /// It was created or deleted.
    case done
    /// It had existed before; its settings were left alone.
    case existedAlready
    /// The cluster refused.
    case failed(BrokerError)
}

extension Admin {
    /// Creates topics; each has its own outcome, in the order given.
    ///
    /// - Parameter validateOnly: asks whether it could be done and changes nothing.
    /// - Throws: `.unreachable` or `.retry` when the controller does not answer, `.configuration` for a
    ///   topic that cannot be described (partitions below 1).
    public func create(
        _ topics: [NewTopic], validateOnly: Bool = false, timeoutMs: Int32 = 30_000
    ) throws(BrokerError) -> [TopicOutcome] {
        guard !topics.isEmpty else { return [] }
        var requests: [OpaquePointer?] = []
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        for topic in topics { requests.append(try request(topic)) }
        let event = try client.run("create topics", timeoutMs, RD_KAFKA_ADMIN_OP_CREATETOPICS) {
            options, queue in
            if validateOnly { _ = rd_kafka_AdminOptions_set_validate_only(options, 1, nil, 0) }
            rd_kafka_CreateTopics(client.handle, &requests, requests.count, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(
            rd_kafka_event_CreateTopics_result(event), &count)
        return outcomes(topics.map(\.name), results, count, "create")
    }

    /// Deletes topics; each has its own outcome, in the order given.
    ///
    /// - Throws: `.unreachable` or `.retry` when the controller does not answer.
    public func delete(
        _ names: [String], timeoutMs: Int32 = 30_000
    ) throws(BrokerError) -> [TopicOutcome] {
        guard !names.isEmpty else { return [] }
        var requests: [OpaquePointer?] = names.map { rd_kafka_DeleteTopic_new($0) }
        defer { for request in requests { rd_kafka_DeleteTopic_destroy(request) } }
        let event = try client.run("delete topics", timeoutMs, RD_KAFKA_ADMIN_OP_DELETETOPICS) {
            options, queue in
            rd_kafka_DeleteTopics(client.handle, &requests, requests.count, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let results = rd_kafka_DeleteTopics_result_topics(
            rd_kafka_event_DeleteTopics_result(event), &count)
        return outcomes(names, results, count, "delete")
    }

    /// Gives a topic more partitions: `count` in all.
    ///
    /// - Throws: `.configuration` when it has as many already, or there is no such topic; `.unreachable`,
    ///   `.retry`.
    public func grow(
        _ topic: String, to count: Int, timeoutMs: Int32 = 30_000
    ) throws(BrokerError) {
        let action = "give \(topic) \(count) partitions"
        var request = rd_kafka_NewPartitions_new(topic, count, nil, 0)
        defer { rd_kafka_NewPartitions_destroy(request) }
        let event = try client.run(action, timeoutMs, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS) {
            options, queue in
            rd_kafka_CreatePartitions(client.handle, &request, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var results = 0
        let outcome = rd_kafka_CreatePartitions_result_topics(
            rd_kafka_event_CreatePartitions_result(event), &results)
        guard results == 1, let result = outcome?[0] else { return }
        let text = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
        let code = rd_kafka_topic_result_error(result)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw BrokerError(code: code.rawValue, action: action, text: text)
    }

    private func request(_ topic: NewTopic) throws(BrokerError) -> OpaquePointer? {
        let action = "create topic \(topic.name)"
        let made = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            buffer.initialize(repeating: 0)
            let made = rd_kafka_NewTopic_new(
                topic.name, topic.partitions ?? -1, topic.replication ?? -1, buffer.baseAddress,
                buffer.count)
            return (made, buffer.baseAddress.map { String(cString: $0) } ?? "")
        }
        guard let request = made.0 else {
            throw BrokerError(
                code: RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue, action: action, text: made.1)
        }
        for config in topic.configs {
            let code = rd_kafka_NewTopic_set_config(request, config.name, config.value)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { rd_kafka_NewTopic_destroy(request) }
            try check(code, action)
        }
        return request
    }

    private func outcomes(
        _ names: [String], _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int,
        _ verb: String
    ) -> [TopicOutcome] {
        var byName: [String: TopicOutcome] = [:]
        for index in 0..<count {
            guard let result = results?[index], let name = rd_kafka_topic_result_name(result) else {
                continue
            }
            let topic = String(cString: name)
            let code = rd_kafka_topic_result_error(result)
            let text = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            switch code {
            case RD_KAFKA_RESP_ERR_NO_ERROR: byName[topic] = .done
            case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: byName[topic] = .existedAlready
            default:
                byName[topic] = .failed(
                    BrokerError(code: code.rawValue, action: "\(verb) topic \(topic)", text: text))
            }
        }
        return names.map { name in
            byName[name]
                ?? .failed(
                    BrokerError(
                        code: RD_KAFKA_RESP_ERR__NOENT.rawValue, action: "\(verb) topic \(name)"))
        }
    }
}
