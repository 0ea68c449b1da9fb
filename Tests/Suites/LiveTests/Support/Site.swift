import Broker
import Delivery
import Foundation
import Kafka
import Live
import Primitives
import TestSupport
import Testing

/// The topics and the group of one test.
struct Site {
    let release: Release
    let servers: String
    let group: String
    let names: TopicNames
    let partitions: Int32

    init(
        _ release: Release, _ stem: String, partitions: Int32 = 2,
        configs: [(name: String, value: String)] = [],
        stateConfigs: [(name: String, value: String)] = []
    ) throws {
        self.release = release
        self.partitions = partitions
        servers = try release.cluster().bootstrapServers
        group = KafkaCluster.topicName(stem)
        names = TopicNames(
            input: "\(group)-in", partials: "\(group)-partials", alerts: "\(group)-alerts",
            deadLetters: "\(group)-dead", state: "\(group)-state")
        let keep = (name: "retention.ms", value: "-1")
        let plain = [names.input, names.partials, names.alerts, names.deadLetters].map {
            NewTopic($0, partitions: partitions, replication: 1, configs: configs + [keep])
        }
        let compact = (name: "cleanup.policy", value: "compact")
        let state = NewTopic(
            "\(group)-state", partitions: partitions, replication: 1,
            configs: stateConfigs + [compact])
        let admin = try Admin(properties: Properties(bootstrapServers: servers))
        let outcomes = try admin.create(plain + [state])
        try #require(outcomes.allSatisfy { $0 == .done }, "\(outcomes)")
        for topic in plain + [state] { try awaitLeaders(topic.name, admin) }
        // Until the broker itself knows that it leads, it refuses batches one by one: of two that are under way the second
        // may be the first it takes, and the other is taken for a repetition then.
        let answering = try self.admin()
        let isReady = eventually(seconds: 30) {
            (try? answering.watermarks(own, timeoutMs: 3_000)) != nil
        }
        try #require(isReady, "the brokers do not answer for all partitions")
    }

    /// All partitions of the topics.
    private var own: [TopicPartition] {
        (0..<4).flatMap { topic in (0..<partitions).map { TopicPartition(Topic(topic), $0) } }
    }

    /// A broker may answer for a topic a little after the controller does.
    private func awaitLeaders(_ topic: String, _ admin: borrowing Admin) throws {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            let described = try? admin.describe(topic)
            if described?.partitions.count == Int(partitions),
                described?.partitions.allSatisfy({ $0.leader >= 0 }) == true
            {
                return
            }
        }
        Issue.record("\(topic) has no leaders")
    }

    /// Waits until every partition has a leader that answers, those of offsets and transactions too.
    func awaitLeaders() throws {
        let admin = try admin()
        let hasLeaders = eventually(seconds: 90) {
            let isLed = ["__consumer_offsets", "__transaction_state"].allSatisfy { topic in
                (try? admin.describe(topic))?.partitions.allSatisfy { $0.leader >= 0 } ?? false
            }
            return isLed && (try? admin.watermarks(own, timeoutMs: 3_000)) != nil
        }
        try #require(hasLeaders, "the brokers do not answer for all partitions")
    }

    func properties(_ settings: [Properties.Setting] = []) throws -> Properties {
        try Properties(bootstrapServers: servers, settings: settings)
    }

    func admin() throws -> Admin {
        try Admin(
            properties: properties(),
            topics: [names.input, names.partials, names.alerts, names.state ?? ""])
    }

    func member(
        _ instanceID: String? = nil, settings: [Properties.Setting] = []
    ) throws -> TestMember {
        try TestMember(
            Consumer(
                properties: properties(settings),
                role: .consumer(group: group, instanceID: instanceID),
                topics: names.only([.input, .partials])))
    }

    /// A member that has all partitions, and its membership.
    func joined() throws -> (member: TestMember, membership: any GroupMembership) {
        let member = try member()
        try member.join(expecting: 2 * Int(partitions))
        return (member, try #require(member.membership))
    }

    /// A producer under `identity`; nil is at least once.
    func producer(
        _ identity: String?, _ member: TestMember, settings: [Properties.Setting] = [],
        adjust: (inout ShardProducer.Settings) -> Void = { _ in }
    ) throws -> TestProducer {
        var wanted = ShardProducer.Settings(
            properties: try properties(settings),
            guarantee: identity.map { .exactlyOnce(identity: "\(group)-\($0)") } ?? .atLeastOnce,
            topics: names.only([.partials, .alerts, .deadLetters, .state]))
        adjust(&wanted)
        return TestProducer(wanted, offsets: member.offsets)
    }

    /// Produces texts outside any transaction and waits for them.
    func fill(_ topic: String, _ texts: [String], partition: Int32 = 0) throws {
        let producer = try Producer(properties: properties(), topics: [topic])
        for text in texts {
            try Array(text.utf8).withUnsafeBytes {
                try producer.produce(topic: 0, partition: partition, key: nil, value: $0)
            }
        }
        try producer.flush(timeoutMs: 30_000)
    }

    /// The values of a partition's committed records, and where it ends.
    func committed(_ topic: String, partition: Int32 = 0) throws -> [String] {
        let consumer = try Consumer(properties: properties(), role: .reader, topics: [topic])
        let queue = try consumer.makeShardQueue(capacity: 1000)
        let place = TopicPartition(0, partition)
        try consumer.assign([PartitionOffset(place, offset: 0)], isIncremental: false)
        queue.attach(place, slot: 0, from: 0)
        var values: [String] = []
        var isAtEnd = false
        let end = ContinuousClock.now + .seconds(30)
        while !isAtEnd {
            try #require(ContinuousClock.now < end, "the end of \(topic) did not come")
            queue.withBatch(waitMs: 100) { batch in
                for entry in batch {
                    if entry.kind == .end { isAtEnd = true }
                    if entry.kind == .record {
                        values.append(
                            entry.valueBytes.map { String(decoding: $0, as: UTF8.self) } ?? "-")
                    }
                }
            }
        }
        return values
    }
}

/// Waits until `condition` holds; false when that took longer than `seconds`.
func eventually(seconds: Int = 60, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while !(try condition()) {
        guard ContinuousClock.now < end else { return false }
        // Brokers run on the same processors.
        usleep(1_000)
    }
    return true
}
