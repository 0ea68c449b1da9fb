import Foundation
import Kafka
import TestSupport

/// The brokers, topics, rules and files of a run.
final class Scene {
    let cluster: KafkaCluster
    let servers: String
    let directory: URL
    let brokers = 3
    static let inputPartitions = 6
    static let shufflePartitions = 6
    /// A dead or frozen broker is noticed within seconds: records wait for it for a shorter time than they may
    /// take.
    private static let brokerSettings = [
        "group.min.session.timeout.ms=1000", "broker.session.timeout.ms=4000",
        "broker.heartbeat.interval.ms=500", "replica.lag.time.max.ms=5000",
    ]
    let input = "requests"
    let group = "fault-run"

    /// The built program beside this one.
    static let program =
        Bundle.main.executableURL
        .map { $0.deletingLastPathComponent().appendingPathComponent("stillwatch") }
        ?? URL(fileURLWithPath: "stillwatch")

    init(_ options: Options) throws {
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent(
                "stillwatch-faults-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        cluster = try KafkaCluster.start(
            brokers: brokers, settings: Self.brokerSettings,
            release: options.release)
        servers = cluster.bootstrapServers
        try write("rules.yaml", Self.rules)
        try write("stillwatch.yaml", configuration())
        try createTopics()
    }

    func path(_ name: String) -> URL { directory.appendingPathComponent(name) }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: path(name))
    }

    private func configuration() -> String {
        """
        bootstrap_servers: "\(servers)"
        group: \(group)
        input: { topic: \(input) }
        partials: { partitions: \(Self.shufflePartitions) }
        delivery: exactly_once
        snapshot_interval: 5s
        statistics_interval: 5s
        shards: 1
        rules: \(path("rules.yaml").path)
        window: { alignment_limit: 7d }
        state: { memory_budget: 512MiB }
        log: { format: json, level: debug }
        kafka: { session.timeout.ms: 12000, heartbeat.interval.ms: 1000, transaction.timeout.ms: 10000, message.timeout.ms: 8000 }

        """
    }

    /// Rules that speak often: episodes begin, are updated and end all the time.
    private static let rules = """
        apiVersion: stillwatch/v1
        kind: Rule
        id: fault.shared
        version: 1
        severity: high
        entity: fingerprint
        kinds: [payment, device, prompt_template]
        when: accounts(24h) >= 10 && requests(1h) >= 8
        keep_firing_for: 20m
        suppress: { update_every: 30m, cooldown: 1h }
        evidence: [accounts(24h), requests(1h), requests(7d), evenness(24h), top(account, 5)]
        description: Accounts share something.
        ---
        apiVersion: stillwatch/v1
        kind: Rule
        id: fault.busy
        version: 1
        severity: low
        entity: account
        when: requests(1h) >= 12
        for: 1m
        keep_firing_for: 10m
        suppress: { update_every: 20m, cooldown: 30m }
        evidence: [requests(1h), requests(24h), distinct(ip, 24h), age()]
        description: An account is busy.

        """

    private func createTopics() throws {
        let admin = try Admin(properties: Properties(bootstrapServers: servers))
        let keep = [(name: "retention.ms", value: "-1")]
        let outcome = try admin.create([
            NewTopic(input, partitions: Int32(Self.inputPartitions), replication: 3, configs: keep)
        ])
        guard outcome == [.done] else { throw Problem("the input topic: \(outcome)") }
        try stillwatch(["topics", "create"], log: "topics.log")
        let deadline = now() + 30
        while now() < deadline {
            let described = try? admin.describe(input)
            if described?.partitions.allSatisfy({ $0.leader >= 0 }) == true { return }
            usleep(100_000)
        }
        throw Problem("the input topic has no leaders")
    }

    var config: [String] { ["--config", path("stillwatch.yaml").path] }

    /// Runs a command of the program to its good end.
    func stillwatch(_ arguments: [String], log: String, output: URL? = nil) throws {
        try Child.run(Self.program, arguments + config, log: path(log), output: output)
    }

    /// Ends the brokers; the files stay where they may be of use.
    func end(keeping: Bool) {
        try? cluster.stop()
        if keeping {
            say("files are in \(directory.path)")
        } else {
            try? FileManager.default.removeItem(at: directory)
        }
    }
}
