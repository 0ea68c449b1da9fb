import Broker
import Configuration
import Glibc
import Kafka
import Replay
import Telemetry

/// `topics create`: the topics the engine writes; running it again changes nothing.
enum TopicsCreateCommand {
    static let command = Command(
        "topics create", summary: "Create the topics the engine writes.",
        discussion: """
            Creates the topics of partials, alerts and dead letters, and that of shadow findings where one is \
            set, with the partition counts of the configuration. Topics that exist are left as they are; one with \
            another number of partitions is an error. The input topic is never created.
            """,
        options: [
            Option(
                "replication-factor", .integer("n", -1...32), default: "-1, the broker's default",
                help: "Replicas of each partition."),
            Option("dry-run", .flag, help: "Say what would be created, and create nothing."),
        ] + Option.connection + Option.settings + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let environment = try Environment(invocation)
        let replication = invocation.integer("replication-factor") ?? -1
        if replication == 0 { throw Failure(.usage, "--replication-factor must not be 0") }
        let properties = try Wiring.properties(environment.settings)
        let isDry = invocation.has("dry-run")
        do throws(BrokerError) {
            let admin = try Admin(properties: properties)
            var code = ExitCode.ok
            for topic in EngineTopic.all(environment.settings) {
                if try !create(topic, replication, admin, isDry: isDry) { code = .checkFailed }
            }
            return code
        } catch {
            throw Failure(error)
        }
    }

    /// Creates one topic and says what came of it; false when it is not as the configuration wants it.
    private static func create(
        _ topic: EngineTopic, _ replication: Int, _ admin: borrowing Admin, isDry: Bool
    ) throws(BrokerError) -> Bool {
        if let existing = try admin.partitionCount(of: topic.name) {
            return judge(existing, topic)
        }
        let new = NewTopic(
            topic.name, partitions: Int32(topic.partitions),
            replication: replication < 0 ? nil : Int32(replication), configs: topic.configs)
        let outcome = try admin.create([new], validateOnly: isDry).first
        switch outcome {
        case .existedAlready:
            // Somebody was quicker, or brokers do not all know it yet.
            try waitForLeaders(of: topic, admin)
            return judge(try admin.partitionCount(of: topic.name) ?? 0, topic)
        case .done:
            if !isDry { try waitForLeaders(of: topic, admin) }
            let verb = isDry ? "would be created" : "created"
            Console.error("\(topic.name): \(verb) with \(count(topic.partitions, "partition"))\n")
            return true
        case .failed(let error): throw error
        case nil: return false
        }
    }

    /// Says what a topic that exists is like; false when it is not as the configuration wants it.
    private static func judge(_ existing: Int, _ topic: EngineTopic) -> Bool {
        let isRight = existing == topic.partitions
        let problem = isRight ? "" : ", but the configuration says \(topic.partitions)"
        Console.error("\(topic.name): exists with \(count(existing, "partition"))\(problem)\n")
        return isRight
    }

    /// Brokers answer for a new topic a little after it is created: the next command should find it.
    private static func waitForLeaders(
        of topic: EngineTopic, _ admin: borrowing Admin
    ) throws(BrokerError) {
        let endMs = WallClock.steadyMs + 10_000
        while WallClock.steadyMs < endMs {
            do throws(BrokerError) {
                let partitions = try admin.describe(topic.name).partitions
                if partitions.count == topic.partitions, partitions.allSatisfy({ $0.leader >= 0 }) {
                    return
                }
            } catch {
                if error.move != .configuration, error.move != .retry { throw error }
            }
            usleep(20_000)
        }
    }
}

/// A topic the engine writes.
struct EngineTopic {
    let key: String
    let name: String
    let partitions: Int
    /// Settings of the topic that differ from the broker's.
    var configs: [(name: String, value: String)] = []

    /// Findings carry the event's time as their record's: brokers would delete those of a replay at once.
    private static let keep = [(name: "retention.ms", value: "-1")]
    /// Everything else is as old as its writing.
    private static let stamped = [(name: "message.timestamp.type", value: "LogAppendTime")]
    /// Snapshots: the last value of a key stays. Small segments, so that what is replaced goes soon.
    static let compacted =
        stamped + [
            (name: "cleanup.policy", value: "compact"),
            (name: "segment.bytes", value: "67108864"),
            (name: "min.cleanable.dirty.ratio", value: "0.2"),
        ]

    /// The topics of a configuration; that of shadow findings where it is one of its own, that of state unless
    /// a directory holds it.
    static func all(_ settings: Settings) -> [EngineTopic] {
        var topics = [
            EngineTopic(
                key: "partials.topic", name: settings.partials.topic,
                partitions: settings.partials.partitions, configs: stamped),
            EngineTopic(
                key: "alerts.topic", name: settings.alerts.topic,
                partitions: settings.alerts.partitions, configs: keep),
            EngineTopic(
                key: "dead_letters.topic", name: settings.deadLetters.topic,
                partitions: settings.deadLetters.partitions, configs: stamped),
        ]
        if settings.state.directory.isEmpty {
            topics.append(
                EngineTopic(
                    key: "state.topic", name: settings.state.topic,
                    partitions: settings.partials.partitions, configs: compacted))
        }
        if !settings.shadowTopic.isEmpty, settings.shadowTopic != settings.alerts.topic {
            topics.append(
                EngineTopic(
                    key: "shadow.topic", name: settings.shadowTopic,
                    partitions: settings.alerts.partitions, configs: keep))
        }
        return topics
    }
}
