import Broker
import Foundation
import Kafka
import TestSupport
import Testing

/// The topics and the group of one test of an operator's command.
final class OperatorSite {
    let servers: String
    let group: String
    let admin: Admin
    let input: String
    let partials: String
    /// What the program is told of all this, with a session that is soon over.
    let options: [String]

    static let partitions = 3
    static let shuffles = 4

    /// A topic and its settings.
    typealias Configs = [(name: String, value: String)]

    /// A site whose input topic is there; `made` creates the others with settings of their own.
    init(_ stem: String, made: [String: Configs] = [:], _ more: [String] = []) throws {
        let kafka = try #require(KafkaCluster.shared)
        servers = kafka.bootstrapServers
        group = KafkaCluster.topicName(stem)
        (input, partials) = ("\(group)-input", "\(group)-partials")
        var options = [
            "--bootstrap-servers", servers, "--group", group, "-X", "session.timeout.ms=6000",
            "-X", "transaction.timeout.ms=5000", "-X", "heartbeat.interval.ms=1000",
            "--set", "instance_id=left-hand", "--set", "snapshot_interval=1s",
            "--set", "partials.partitions=\(Self.shuffles)",
        ]
        let kinds = [
            "input", "partials", "alerts", "dead_letters", "state", "evidence", "members",
            "verdicts",
        ]
        for key in kinds {
            options += ["--set", "\(key).topic=\(group)-\(key)"]
        }
        self.options = options + more
        admin = try Admin(
            properties: Properties(bootstrapServers: servers), topics: [input, partials])
        var topics = [NewTopic(input, partitions: Int32(Self.partitions), replication: 1)]
        for (key, configs) in made {
            topics.append(
                NewTopic(
                    "\(group)-\(key)", partitions: Int32(Self.shuffles), replication: 1,
                    configs: configs))
        }
        try #require(try admin.create(topics).allSatisfy { $0 == .done })
        let create = try Program.run(["topics", "create"] + connection)
        try #require(create.code == 0, "\(create.errors)")
    }

    /// The options of commands that take no group.
    var connection: [String] {
        guard let index = options.firstIndex(of: "--group") else { return options }
        var rest = options
        rest.removeSubrange(index...index + 1)
        return rest
    }

    func run(_ words: String...) throws -> Program.Result { try Program.run(words + options) }

    /// Some thousand events more in the input topic.
    func fill(seed: Int) throws {
        let made = try Program.run(
            [
                "simulate", "--topic", input, "--seed", String(seed), "--events", "3000",
                "--population", "s1:accounts=60,rate=400,evasion=none",
            ] + connection)
        try #require(made.code == 0, "\(made.errors)")
    }

    /// Reads what is there, and waits until the group is empty again.
    func process() throws -> Program.Result {
        let result = try run("run", "--stop-at-end")
        try #require(result.code == 0, "\(result.errors)")
        try awaitEmptyGroup()
        return result
    }

    /// A static member stays until its session is over.
    func awaitEmptyGroup() throws {
        let end = ContinuousClock.now + .seconds(60)
        while try admin.describe(group: group).isActive {
            try #require(ContinuousClock.now < end, "the group does not become empty")
            usleep(200_000)
        }
    }

    /// Committed offsets of a topic, by partition.
    func committed(_ topic: Topic) throws -> [PartitionOffset] {
        try admin.committed(partitions(topic), group: group, timeoutMs: 60_000)
    }

    private func partitions(_ topic: Topic) -> [TopicPartition] {
        let count = topic == 0 ? Self.partitions : Self.shuffles
        return (0..<Int32(count)).map { TopicPartition(topic, $0) }
    }

    /// The ends of a topic, by partition.
    func ends(_ topic: Topic) throws -> [Int64] {
        let partitions = partitions(topic)
        let marks = try admin.watermarks(partitions)
        return partitions.map { marks[$0]?.high ?? -1 }
    }
}
