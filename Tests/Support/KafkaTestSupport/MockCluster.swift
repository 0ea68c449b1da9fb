import Broker
import CRdkafka

/// librdkafka's mock cluster, in this process: for demonstrations, the seam and quick tests.
///
/// It has groups, static members and transactions' happy path, and injects errors. It has no offsets by
/// time, forgets records past 5 MB or 100,000 a partition and shows aborted ones: it proves no delivery.
public final class MockCluster: @unchecked Sendable {
    // Unchecked: constant, and the mock cluster may be used from any thread.
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    /// What clients connect to.
    public let bootstrapServers: String

    /// Starts `brokers` mock brokers on loopback.
    ///
    /// - Throws: `.fatal` when the machine gives no port.
    public init(brokers: Int32 = 1) throws(BrokerError) {
        let none = BrokerError(
            .fatal, action: "start a mock cluster", text: "the library gives none")
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nil, 0) else {
            throw none
        }
        guard let cluster = rd_kafka_mock_cluster_new(client, brokers),
            let servers = rd_kafka_mock_cluster_bootstraps(cluster)
        else {
            rd_kafka_destroy(client)
            throw none
        }
        self.client = client
        self.cluster = cluster
        bootstrapServers = String(cString: servers)
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    private func check(_ code: rd_kafka_resp_err_t, _ action: String) throws(BrokerError) {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw BrokerError(
            .configuration, action: action, text: String(cString: rd_kafka_err2str(code)))
    }

    /// Creates a topic.
    ///
    /// - Throws: what the mock cluster says of a topic that exists.
    public func createTopic(_ name: String, partitions: Int32) throws(BrokerError) {
        try check(
            rd_kafka_mock_topic_create(cluster, name, partitions, 1), "create mock topic \(name)")
    }

    /// Lets the next requests of a kind (Kafka's api key) fail with these codes, one each.
    public func fail(apiKey: Int16, codes: [Int32]) {
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        errors.withUnsafeBufferPointer { buffer in
            rd_kafka_mock_push_request_errors_array(
                cluster, apiKey, buffer.count, buffer.baseAddress)
        }
    }

    /// Takes a broker down: connections break and new ones are refused.
    ///
    /// - Throws: `.configuration` when there is no such broker.
    public func takeDown(broker: Int32) throws(BrokerError) {
        try check(rd_kafka_mock_broker_set_down(cluster, broker), "take mock broker \(broker) down")
    }

    /// Brings a broker back.
    ///
    /// - Throws: `.configuration` when there is no such broker.
    public func bringUp(broker: Int32) throws(BrokerError) {
        try check(rd_kafka_mock_broker_set_up(cluster, broker), "bring mock broker \(broker) up")
    }
}

/// What the running library knows, for tests.
public enum LibraryFacts {
    /// Every error code it can return.
    public static var errorCodes: [Int32] {
        var descriptions: UnsafePointer<rd_kafka_err_desc>?
        var count = 0
        rd_kafka_get_err_descs(&descriptions, &count)
        // The library's table has holes without a name, and marks for its ends.
        return UnsafeBufferPointer(start: descriptions, count: count).compactMap { entry in
            guard let name = entry.name else { return nil }
            let isMark = ["_BEGIN", "_END", "END_ALL"].contains(String(cString: name))
            return isMark ? nil : entry.code.rawValue
        }
    }
}
