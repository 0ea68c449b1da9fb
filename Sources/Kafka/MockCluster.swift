import Broker
import CRdkafka

/// librdkafka's mock cluster, in this process: for demonstrations, the seam and quick tests.
///
/// It has groups, static members and transactions' happy path, and injects errors. It has no offsets by
/// time, forgets records past 5 MB or 100,000 a partition and shows aborted ones: it proves no delivery.
public final class MockCluster: @unchecked Sendable {
    // Unchecked: constant, and the mock cluster may be used from any thread.
    private let client: Client
    private let cluster: OpaquePointer
    /// What clients connect to.
    public let bootstrapServers: String

    /// Starts `brokers` mock brokers on loopback.
    ///
    /// - Throws: `.fatal` when the machine gives no port.
    public init(brokers: Int32 = 1) throws(BrokerError) {
        let properties = try Properties(bootstrapServers: "127.0.0.1:1")
        client = try Client(properties: properties, role: .admin, topics: [], hooks: Hooks())
        guard let cluster = rd_kafka_mock_cluster_new(client.handle, brokers),
            let servers = rd_kafka_mock_cluster_bootstraps(cluster)
        else {
            throw BrokerError(
                code: RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE.rawValue, action: "start a mock cluster")
        }
        self.cluster = cluster
        bootstrapServers = String(cString: servers)
    }

    deinit { rd_kafka_mock_cluster_destroy(cluster) }

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
