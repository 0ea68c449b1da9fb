import Broker
import CRdkafka

/// What brokers and topics are set to.
extension Admin {
    /// A topic's properties and their values; sensitive ones are left out.
    ///
    /// - Throws: `.configuration` when there is no such topic; `.unreachable`, `.retry`.
    public func properties(
        ofTopic name: String, timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> [String: String] {
        try properties(RD_KAFKA_RESOURCE_TOPIC, name, "topic \(name)", timeoutMs)
    }

    /// A broker's properties and their values; sensitive ones are left out.
    ///
    /// - Throws: `.configuration` when this principal may not see them; `.unreachable`, `.retry`.
    public func properties(
        ofBroker id: Int32, timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> [String: String] {
        try properties(RD_KAFKA_RESOURCE_BROKER, String(id), "broker \(id)", timeoutMs)
    }

    /// Partitions of a topic; nil where there is no such topic.
    ///
    /// - Throws: `.unreachable` or `.retry` when brokers do not answer.
    public func partitionCount(
        of topic: String, timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> Int? {
        do throws(BrokerError) {
            return try describe(topic, timeoutMs: timeoutMs).partitions.count
        } catch {
            if error.code.isMissingTopic { return nil }
            throw error
        }
    }

    private func properties(
        _ type: rd_kafka_ResourceType_t, _ name: String, _ what: String, _ timeoutMs: Int32
    ) throws(BrokerError) -> [String: String] {
        var requests: [OpaquePointer?] = [rd_kafka_ConfigResource_new(type, name)]
        defer { for request in requests { rd_kafka_ConfigResource_destroy(request) } }
        let action = "read the properties of \(what)"
        let event = try client.run(action, timeoutMs, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS) {
            options, queue in
            rd_kafka_DescribeConfigs(client.handle, &requests, requests.count, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let resources = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &count)
        guard count == 1, let resource = resources?[0] else { return [:] }
        try check(rd_kafka_ConfigResource_error(resource), action)
        var entryCount = 0
        let entries = rd_kafka_ConfigResource_configs(resource, &entryCount)
        var properties: [String: String] = [:]
        for index in 0..<entryCount {
            guard let entry = entries?[index], let key = rd_kafka_ConfigEntry_name(entry),
                let value = rd_kafka_ConfigEntry_value(entry),
                rd_kafka_ConfigEntry_is_sensitive(entry) == 0
            else { continue }
            properties[String(cString: key)] = String(cString: value)
        }
        return properties
    }
}
