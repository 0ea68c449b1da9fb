import Broker
import Foundation
import Kafka
import TestSupport
import Testing

/// The topics, the group and the configuration file of one test, as a user would set them up.
struct Site {
    let servers: String
    let group: String
    let input: String
    let partials: String
    let state: String
    let alerts: String
    let deadLetters: String
    let evidence: String
    let members: String
    let verdicts: String
    /// Partitions of the input topic.
    let partitions: Int
    private let scratch: Scratch

    /// Creates the input topic, or takes one that is there already; the rest is `topics create`'s.
    init(
        _ stem: String, partitions: Int = 12, input: String? = nil, settings: [String] = []
    ) throws {
        servers = try #require(KafkaCluster.shared).bootstrapServers
        let name = KafkaCluster.topicName(stem)
        group = name
        self.input = input ?? name
        partials = "\(name)-partials"
        state = "\(name)-state"
        alerts = "\(name)-alerts"
        deadLetters = "\(name)-dead-letters"
        evidence = "\(name)-evidence"
        members = "\(name)-members"
        verdicts = "\(name)-verdicts"
        self.partitions = partitions
        scratch = try Scratch()
        let lines = [
            "bootstrap_servers: \(servers)", "group: \(group)",
            "input: { topic: \(self.input)\(input == nil ? "" : ", max_record_bytes: 1MiB") }",
            "partials: { topic: \(partials) }", "alerts: { topic: \(alerts) }",
            "state: { topic: \(state) }",
            "evidence: { topic: \(evidence) }", "members: { topic: \(members) }",
            "verdicts: { topic: \(verdicts) }",
            "dead_letters: { topic: \(deadLetters), max_bytes: 64KiB }", "log: { format: json }",
        ]
        try scratch.file("stillwatch.yaml", (lines + settings).joined(separator: "\n") + "\n")
        if input == nil { try create(self.input, partitions: partitions) }
    }

    /// The option that names the configuration file.
    var config: [String] { ["--config", scratch.path("stillwatch.yaml")] }

    /// `topics create`.
    func createTopics() throws { try Running.finish(["topics", "create"] + config) }

    /// Creates a topic that keeps everything and waits until brokers answer for it.
    func create(_ topic: String, partitions: Int) throws {
        let admin = try admin()
        let configs = [(name: "retention.ms", value: "-1"), ("max.message.bytes", "8388608")]
        let new = NewTopic(topic, partitions: Int32(partitions), configs: configs)
        let outcome = try admin.create([new])
        try #require(outcome == [.done])
        let isThere = SystemTests.eventually(within: 20) {
            let described = try? admin.describe(topic)
            return described?.partitions.count == partitions
                && described?.partitions.allSatisfy { $0.leader >= 0 } == true
        }
        try #require(isThere, "\(topic) has no leaders")
    }

    /// Removes every topic: those of a user's own brokers would stay.
    func removeAll() {
        remove([input])
        removeOutputs()
    }

    /// Removes what `topics create` and the test made, but for the input.
    func removeOutputs() {
        remove([partials, state, alerts, deadLetters, evidence, members, verdicts])
    }

    private func remove(_ topics: [String]) { _ = try? admin().delete(topics) }

    /// Starts `run`.
    func start(_ arguments: [String] = []) throws -> Running {
        try Running(["run"] + config + arguments)
    }

    /// `run --stop-at-end` to its end.
    func runToEnd(_ arguments: [String] = [], within seconds: Double = 180) throws -> Running {
        try Running.finish(["run", "--stop-at-end"] + config + arguments, within: seconds)
    }

    /// `simulate` to the input topic; record timestamps are those of the events.
    func simulate(_ arguments: [String]) throws {
        try Running.finish(
            ["simulate", "--topic", input, "--record-time", "event"] + config + arguments)
    }

    // MARK: What is there

    /// Records of a topic.
    func records(of topic: String) throws -> [KcatRecord] { try Kcat.read(topic, at: servers) }

    /// How many records the input topic keeps and where its partitions end.
    func inputWatermarks() throws -> [OffsetRange] {
        let marks = try admin(topics: [input]).watermarks(inputPartitions)
        return inputPartitions.compactMap { marks[$0] }
    }

    /// Offsets the group has committed for the input, by partition; -1 where there is none.
    ///
    /// The broker answers once no transaction can change them any more: after a kill, when it has ended the dead
    /// process's transaction, which it looks for every ten seconds.
    func committed(group: String? = nil) throws -> [Int64] {
        let consumer = try Consumer(
            properties: Properties(bootstrapServers: servers),
            role: .consumer(group: group ?? self.group, instanceID: nil), topics: [input])
        let offsets = try consumer.committed(inputPartitions, timeoutMs: 60_000)
        return offsets.sorted { $0.partition < $1.partition }.map { $0.offset ?? -1 }
    }

    private var inputPartitions: [TopicPartition] {
        (0..<Int32(partitions)).map { TopicPartition(0, $0) }
    }

    private func admin(topics: TopicNames = []) throws -> Admin {
        try Admin(properties: Properties(bootstrapServers: servers), topics: topics)
    }
}
