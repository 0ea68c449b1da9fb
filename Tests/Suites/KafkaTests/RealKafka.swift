import Broker
import Kafka
import TestSupport
import Testing

/// A topic of one test on the shared real cluster.
struct RealTopic {
    let servers: String
    let name: String
    let partitions: [TopicPartition]

    init(
        _ stem: String, partitions: Int32, configs: [(name: String, value: String)] = []
    ) throws {
        let cluster = try #require(KafkaCluster.shared)
        servers = cluster.bootstrapServers
        name = KafkaCluster.topicName(stem)
        self.partitions = (0..<partitions).map { TopicPartition(0, $0) }
        let admin = try admin()
        let keep = (name: "retention.ms", value: "-1")
        let made = try admin.create(
            [NewTopic(name, partitions: partitions, replication: 1, configs: configs + [keep])])
        try #require(made == [.done])
        // A broker may answer for the topic a little after the controller does.
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            let described = try? admin.describe(name)
            if let described, described.partitions.count == Int(partitions),
                described.partitions.allSatisfy({ $0.leader >= 0 })
            {
                return
            }
        }
        Issue.record("the topic has no leaders")
    }

    func properties(_ settings: [Properties.Setting] = []) throws -> Properties {
        try Properties(bootstrapServers: servers, settings: settings)
    }

    func admin() throws -> Admin {
        try Admin(properties: properties(), topics: [name])
    }

    func producer(
        _ settings: [Properties.Setting] = [], role: Properties.Role = .producer
    ) throws -> Producer {
        try Producer(properties: properties(settings), role: role, topics: [name])
    }

    func reader(_ settings: [Properties.Setting] = []) throws -> Member {
        try Member(servers, topics: [name], role: .reader, settings: settings)
    }

    func member(group: String, instanceID: String? = nil) throws -> Member {
        try Member(
            servers, topics: [name], role: .consumer(group: group, instanceID: instanceID))
    }

    /// Produces `count` records "0", "1", ... to each partition and waits for them.
    func fill(_ count: Int) throws {
        let producer = try producer()
        for index in 0..<count {
            for partition in partitions {
                try producer.send(String(index), to: partition.number)
            }
        }
        try producer.flush(timeoutMs: 60_000)
    }
}
