import Broker
import Delivery
import Foundation
import Kafka
import Operations
import Testing

/// Each judgement is a function of what the cluster and the machine say.
@Suite struct DoctorTests {
    private let context = TopicContext(
        brokers: 3, replayMs: 720_000, inputRetentionMs: 604_800_000, futureSkewMs: 300_000,
        missesTruncation: true)

    /// A topic as it should be, three replicas of each partition.
    private func topic(
        _ topic: Topic, partitions: Int = 4, replicas: Int = 3, inSync: Int? = nil,
        leader: Int32 = 1, _ changes: [String: String] = [:]
    ) -> TopicFacts {
        let isFinding = topic == .alerts || topic == .shadow
        let healthy = [
            "cleanup.policy": topic == .state || topic == .members ? "compact" : "delete",
            "retention.ms": "604800000",
            "retention.bytes": "-1", "min.insync.replicas": "2", "max.message.bytes": "1048588",
            "message.timestamp.type": isFinding ? "CreateTime" : "LogAppendTime",
            "unclean.leader.election.enable": "false",
            "message.timestamp.after.max.ms": "3600000",
        ]
        return TopicFacts(
            partitions: (0..<Int32(partitions)).map {
                .init(id: $0, leader: leader, replicas: replicas, inSync: inSync ?? replicas)
            }, properties: healthy.merging(changes) { _, new in new })
    }

    private static let keys: TopicNames = [
        "input", "partials", "alerts", "shadow", "deadLetters", "state", "evidence", "members",
        "verdicts",
    ]

    private func judge(_ topic: Topic, _ facts: TopicFacts) -> [CheckResult] {
        let isFormat = [.partials, .state, .evidence, .verdicts].contains(topic)
        var spec = TopicSpec(topic, key: Self.keys.name(topic), name: "t", partitions: 4)
        spec.isFixed = isFormat
        spec.largestRecord = isFormat ? 900_000 : 0
        return TopicChecks.judge(spec, facts, in: context)
    }

    @Test("topics as they should be get one line each", arguments: Topic.all)
    func healthy(_ role: Topic) {
        let results = judge(role, topic(role))
        #expect(results.map(\.grade) == [.ok], "\(results)")
    }

    /// A setting, the grade it gets, and what the line says.
    struct Fault: Sendable {
        let topic: Topic
        let name: String
        let value: String
        let grade: CheckResult.Grade
        let word: String

        init(
            _ topic: Topic, _ name: String, _ value: String, _ grade: CheckResult.Grade,
            _ word: String
        ) {
            self.topic = topic
            self.name = name
            self.value = value
            self.grade = grade
            self.word = word
        }
    }

    static let faults: [Fault] = [
        Fault(.state, "cleanup.policy", "delete", .problem, "cleanup.policy=compact"),
        Fault(.state, "cleanup.policy", "compact,delete", .problem, "pages older"),
        Fault(.partials, "cleanup.policy", "compact", .problem, "cleanup.policy=delete"),
        Fault(.deadLetters, "cleanup.policy", "compact", .problem, "no keys"),
        Fault(.evidence, "cleanup.policy", "compact", .problem, "cleanup.policy=delete"),
        Fault(.evidence, "retention.ms", "60000", .problem, "no snapshot could be used"),
        Fault(.members, "cleanup.policy", "delete", .problem, "cleanup.policy=compact"),
        Fault(.members, "cleanup.policy", "compact,delete", .problem, "rows of members older"),
        Fault(.input, "cleanup.policy", "compact", .warn, "events are lost"),
        Fault(.alerts, "cleanup.policy", "compact", .warn, "last state"),
        Fault(.partials, "max.message.bytes", "100000", .problem, "900000"),
        Fault(.state, "max.message.bytes", "950000", .warn, "a batch"),
        Fault(.alerts, "max.message.bytes", "100000", .warn, "a batch"),
        Fault(.partials, "retention.ms", "60000", .problem, "no snapshot could be used"),
        Fault(.partials, "retention.ms", "3600000", .warn, "an outage"),
        Fault(.partials, "retention.ms", "86400000", .warn, "the input is kept for 604800000"),
        Fault(.partials, "retention.bytes", "1000", .warn, "remove retention.bytes"),
        Fault(.partials, "message.timestamp.type", "CreateTime", .warn, "LogAppendTime"),
        Fault(.alerts, "message.timestamp.type", "LogAppendTime", .warn, "CreateTime"),
        Fault(.alerts, "message.timestamp.after.max.ms", "1000", .problem, "max_future_skew"),
        Fault(.alerts, "message.timestamp.before.max.ms", "1000", .warn, "older events"),
        Fault(.input, "unclean.leader.election.enable", "true", .problem, "does not notice"),
        Fault(.alerts, "unclean.leader.election.enable", "true", .warn, "can be lost"),
        Fault(.state, "min.insync.replicas", "4", .warn, "refuse every write"),
        Fault(.state, "min.insync.replicas", "3", .warn, "one broker down"),
        Fault(.state, "min.insync.replicas", "1", .warn, "can be lost"),
    ]

    @Test("a setting that breaks something is told with what to do", arguments: faults)
    func settings(_ fault: Fault) {
        let results = judge(fault.topic, topic(fault.topic, [fault.name: fault.value]))
        #expect(results.map(\.grade) == [fault.grade], "\(results)")
        #expect(results.allSatisfy { $0.line.contains(fault.word) && !$0.remedy.isEmpty })
    }

    @Test("a topic that is missing, of another size, without leaders or replicas is told")
    func partitions() {
        #expect(
            judge(.partials, TopicFacts(partitions: nil))[0].line
                == "problem  partials: there is no topic 't'; 'stillwatch topics create' creates it"
        )
        #expect(judge(.input, TopicFacts(partitions: nil))[0].remedy.contains("producers"))
        #expect(judge(.partials, topic(.partials, partitions: 5)).map(\.grade) == [.problem])
        #expect(judge(.state, topic(.state, partitions: 5)).map(\.grade) == [.problem])
        #expect(judge(.alerts, topic(.alerts, partitions: 9)).map(\.grade) == [.ok])
        #expect(judge(.input, topic(.input, leader: -1)).map(\.grade) == [.problem])
        #expect(judge(.input, topic(.input, inSync: 1)).map(\.grade) == [.problem])
        #expect(judge(.input, topic(.input, inSync: 2)).map(\.grade) == [.warn])
        let single = topic(.input, replicas: 1, ["min.insync.replicas": "1"])
        #expect(judge(.input, single).map(\.grade) == [.warn])
        let blind = TopicFacts(partitions: topic(.input).partitions)
        #expect(judge(.input, blind)[0].text.contains("may not be seen"))
    }

    private func broker(_ changes: [String: String] = [:]) -> BrokerFacts {
        BrokerFacts(
            broker: BrokerAddress(id: 1, host: "h", port: 9092),
            properties: [
                "transaction.max.timeout.ms": "900000", "group.min.session.timeout.ms": "6000",
                "group.max.session.timeout.ms": "1800000", "offsets.topic.replication.factor": "3",
            ].merging(changes) { _, new in new })
    }

    @Test("a broker whose limits refuse ours is a problem, and so is one too old for transactions")
    func brokers() {
        let limits = BrokerChecks.Limits(transactionMs: 10_000, sessionMs: 20_000)
        #expect(BrokerChecks.judge(broker(), limits).map(\.grade) == [.ok])
        for (name, value) in [
            ("transaction.max.timeout.ms", "5000"), ("group.min.session.timeout.ms", "30000"),
            ("group.max.session.timeout.ms", "10000"),
            ("inter.broker.protocol.version", "2.4-IV1"),
        ] {
            let results = BrokerChecks.judge(broker([name: value]), limits)
            #expect(results.map(\.grade) == [.problem], "\(name)")
        }
        let none = BrokerChecks.Limits(transactionMs: nil, sessionMs: 20_000)
        let short = broker(["transaction.max.timeout.ms": "5000"])
        #expect(BrokerChecks.judge(short, none).map(\.grade) == [.ok])
        let blind = BrokerFacts(broker: broker().broker, properties: [:])
        #expect(BrokerChecks.judge(blind, limits).map(\.grade) == [.warn])
    }

    @Test("the brokers' own topics need replicas where there are several brokers")
    func internalTopics() {
        func judge(_ facts: TopicFacts, brokers: Int, factor: String = "3") -> CheckResult.Grade {
            let setting = "offsets.topic.replication.factor"
            let all = (0..<brokers).map { _ in broker([setting: factor]) }
            return BrokerChecks.judge(
                internalTopic: "__consumer_offsets", facts, setting: setting, brokers: all
            ).grade
        }
        let absent = TopicFacts(partitions: nil)
        let single = topic(.input, replicas: 1, ["min.insync.replicas": "1"])
        #expect(judge(topic(.input), brokers: 3) == .ok)
        #expect(judge(single, brokers: 3) == .problem && judge(single, brokers: 1) == .ok)
        #expect(judge(absent, brokers: 3) == .ok && judge(absent, brokers: 1) == .problem)
        #expect(judge(absent, brokers: 3, factor: "1") == .problem)
        #expect(judge(topic(.input, inSync: 1), brokers: 3) == .problem)
    }

    @Test("SCRAM to a broker that refuses it is a problem, with what else to use")
    func library() {
        func grades(
            _ scram: Bool, new: Bool?, unclean: Bool?, _ version: Library.Version = .init(2, 0, 2)
        ) -> [String: CheckResult.Grade] {
            let results = LibraryChecks.judge(
                version, Library.defects(of: version),
                .init(usesSCRAM: scram, hasNewBrokers: new, electsUnclean: unclean))
            return Dictionary(uniqueKeysWithValues: results.map { ($0.subject, $0.grade) })
        }
        let scram = "librdkafka scram-nonce"
        #expect(grades(true, new: true, unclean: false)[scram] == .problem)
        #expect(grades(true, new: nil, unclean: false)[scram] == .warn)
        #expect(grades(true, new: false, unclean: false)[scram] == .warn)
        #expect(grades(false, new: true, unclean: false)[scram] == .ok)
        #expect(grades(true, new: true, unclean: false, .init(2, 6, 1))[scram] == nil)
        #expect(
            grades(false, new: true, unclean: true)["librdkafka log-truncation"] == .problem)
        let quiet = grades(false, new: true, unclean: false)
        #expect(quiet.values.allSatisfy { $0 == .ok } && quiet.count > 5)
    }

    @Test("a group is told with its members, and offsets whose records are gone are a problem")
    func group() {
        var group = GroupDescription(name: "g", state: "Empty", assignor: "", members: [])
        func judge(
            _ committed: Int64?, acceptsLoss: Bool = false, hasBegun: Bool = false
        ) -> [CheckResult] {
            let standing = PartitionStanding(
                TopicPartition(.input, 2), committed: committed, bounds: 10...50, target: 50)
            return [
                GroupChecks.judge(group),
                GroupChecks.judge(
                    topic: "in", [standing], acceptsLoss: acceptsLoss, hasBegun: hasBegun),
            ]
        }
        #expect(judge(20).map(\.grade) == [.ok, .ok] && judge(20)[1].text.contains("30 records"))
        #expect(judge(nil).map(\.grade) == [.ok, .ok])
        #expect(judge(nil, hasBegun: true)[1].grade == .warn)
        #expect(judge(nil, hasBegun: true)[1].remedy.contains("--state clear"))
        #expect(judge(nil, acceptsLoss: true, hasBegun: true)[1].grade == .ok)
        for gone: Int64 in [5, 60] {
            #expect(judge(gone).map(\.grade) == [.ok, .problem])
            #expect(judge(gone)[1].remedy.contains("stillwatch reset"))
            #expect(judge(gone, acceptsLoss: true).map(\.grade) == [.ok, .warn])
        }
        group.members = [
            .init(id: "m", instanceID: "one", clientID: "c", host: "/h", partitions: [:])
        ]
        group.state = "PreparingRebalance"
        #expect(judge(20)[0].grade == .warn && judge(20)[0].text.contains("one at /h"))
        (group.state, group.assignor) = ("Stable", "roundrobin")
        #expect(judge(20)[0].grade == .warn)
        group.assignor = "range"
        #expect(judge(20)[0].grade == .ok)
    }

    @Test("records ahead of the clock, and a state directory that is full or not ours, are told")
    func machine() {
        func clock(_ ahead: [Int32]) -> CheckResult {
            MachineChecks.judgeClock(topic: "in", partitionsAhead: ahead, isBrokerTime: false)
        }
        #expect(clock([]).grade == .ok)
        #expect(clock([1, 4]).grade == .warn && clock([1, 4]).text.contains("1, 4"))
        func directory(_ isThere: Bool?, _ isWritable: Bool, _ mib: Int64) -> CheckResult.Grade {
            MachineChecks.judge(
                directory: "d",
                .init(isThere: isThere, isWritable: isWritable, freeBytes: mib << 20),
                memoryBudget: 1 << 30
            ).grade
        }
        #expect(directory(true, true, 4096) == .ok && directory(false, true, 4096) == .ok)
        #expect(directory(true, true, 1024) == .warn && directory(true, true, 10) == .problem)
        #expect(directory(true, false, 4096) == .problem)
        #expect(directory(nil, true, 4096) == .problem)
    }
}
