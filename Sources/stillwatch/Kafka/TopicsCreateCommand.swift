import Broker
import Configuration
import Delivery
import Execution
import Glibc
import Kafka
import Replay

/// `topics create`: the topics the engine writes; running it again changes nothing.
enum TopicsCreateCommand {
    static let command = Command(
        "topics create", summary: "Create the topics the engine writes.",
        discussion: """
            Creates the topics of the configuration that the engine writes, with their partitions and what of \
            their settings has to differ from the broker's: \(list). Where state.directory is set there is no \
            topic of snapshots. Topics that exist are left as they are; one with another number of partitions is \
            an error. The input topic is never created.
            """,
        options: [
            Option(
                "replication-factor", .integer("n", -1...32), default: "-1, the broker's default",
                help: "Replicas of each partition."),
            Option("dry-run", .flag, help: "Say what would be created, and create nothing."),
        ] + Option.connection + Option.settings + Option.logging,
        run: run)

    /// The topics, in the words of their table.
    private static var list: String {
        TopicRow.all.filter { $0.topic != .input }.map { "\($0.contents) (\($0.key))" }
            .joined(separator: ", ")
    }

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let environment = try Environment(invocation)
        let replication = invocation.integer("replication-factor") ?? -1
        if replication == 0 { throw Failure(.usage, "--replication-factor must not be 0") }
        let properties = try Setup.properties(environment.settings)
        let isDry = invocation.has("dry-run")
        do throws(BrokerError) {
            let admin = try Admin(properties: properties)
            var code = ExitCode.ok
            for topic in environment.settings.ownTopics {
                if try !create(topic, replication, admin, isDry: isDry) { code = .checkFailed }
            }
            return code
        } catch {
            throw Failure(error)
        }
    }

    /// Creates one topic and says what came of it; false when it is not as the configuration wants it.
    private static func create(
        _ topic: TopicSpec, _ replication: Int, _ admin: borrowing Admin, isDry: Bool
    ) throws(BrokerError) -> Bool {
        let partitions = topic.partitions ?? 0
        if let existing = try admin.partitionCount(of: topic.name) {
            return judge(existing, topic)
        }
        let new = NewTopic(
            topic.name, partitions: Int32(partitions),
            replication: replication < 0 ? nil : Int32(replication),
            configs: topic.configs.map { (name: $0.name, value: $0.value) })
        let outcome = try admin.create([new], validateOnly: isDry).first
        switch outcome {
        case .existedAlready:
            // Somebody was quicker, or brokers do not all know it yet.
            try waitForLeaders(of: topic, admin)
            return judge(try admin.partitionCount(of: topic.name) ?? 0, topic)
        case .done:
            if !isDry { try waitForLeaders(of: topic, admin) }
            let verb = isDry ? "would be created" : "created"
            Console.error("\(topic.name): \(verb) with \(count(partitions, "partition"))\n")
            return true
        case .failed(let error): throw error
        case nil: return false
        }
    }

    /// Says what a topic that exists is like; false when it is not as the configuration wants it.
    private static func judge(_ existing: Int, _ topic: TopicSpec) -> Bool {
        let partitions = topic.partitions ?? existing
        let isRight = existing == partitions
        let problem = isRight ? "" : ", but the configuration says \(partitions)"
        Console.error("\(topic.name): exists with \(count(existing, "partition"))\(problem)\n")
        return isRight
    }

    /// Brokers answer for a new topic a little after it is created: the next command should find it.
    private static func waitForLeaders(
        of topic: TopicSpec, _ admin: borrowing Admin
    ) throws(BrokerError) {
        let wanted = topic.partitions ?? 0
        let endMs = MachineClock.monotonicMs() + 10_000
        while MachineClock.monotonicMs() < endMs {
            do throws(BrokerError) {
                let partitions = try admin.describe(topic.name).partitions
                if partitions.count == wanted, partitions.allSatisfy({ $0.leader >= 0 }) {
                    return
                }
            } catch {
                if error.move != .configuration, error.move != .retry { throw error }
            }
            usleep(20_000)
        }
    }
}
