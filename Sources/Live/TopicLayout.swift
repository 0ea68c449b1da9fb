import Broker
import Delivery
import Execution
import Glibc
import Kafka

/// Partition counts of the topics, looked up at start; missing topics are told all at once.
public struct TopicLayout {
    /// Partitions of the input.
    public let input: Int
    /// Partitions of the topics written.
    public let outputs: OutputPartitions
    /// The logs that are missing and can be done without: none of them is read before the next start.
    public let absent: [Topic]

    private static let patienceMs: Int64 = 3000

    /// Looks the topics up.
    ///
    /// - Throws: `.unreachable` naming every missing topic, or where no broker answers; `.configuration`
    ///   where the shuffle topic is not what the configuration says.
    public init(_ settings: LiveSettings) throws(EngineFailure) {
        let topics = settings.topics
        let state = settings.stateDirectory == nil ? topics.state : nil
        let all = topics.topics.filter { $0 != .state || state != nil }.map { topics.name($0) }
        let counts = try Self.counts(of: all, settings.properties)
        absent = settings.engine.stages.filter {
            !$0.keepsState && counts[topics.name($0.log)] == nil
        }.map(\.log)
        let spared = absent.map(topics.name)
        let missing = all.filter { counts[$0] == nil && !spared.contains($0) }
        guard missing.isEmpty else { throw .unreachable(Self.advice(missing, topics.input)) }
        input = counts[topics.input] ?? 0
        for stage in settings.engine.stages where !absent.contains(stage.log) {
            let (name, wanted) = (
                topics.name(stage.log), stage.partitions(settings.engine.pipeline)
            )
            let count = counts[name] ?? 0
            guard count != wanted else { continue }
            if wanted == 1 {
                throw .configuration(
                    "\(name) has \(count) partitions, and its stage has one task, which has to see everything: name "
                        + "a new topic in \(stage.log).topic, which 'stillwatch topics create' makes"
                )
            }
            // Entities live where the count says: with another one they would start over, elsewhere.
            throw .configuration(
                "\(name) has \(count) partitions, the configuration says \(wanted): set "
                    + "\(stage.log).partitions to \(count), or name a new topic in \(stage.log).topic"
            )
        }
        let partials = counts[topics.partials] ?? 0
        if let state, let kept = counts[state], kept != partials {
            // Snapshots lie where the count says.
            throw .configuration(
                "\(state) has \(kept) partitions, and \(topics.partials) \(partials): snapshots are found by "
                    + "partition. Name a new topic in state.topic, which 'stillwatch topics create' makes with "
                    + "\(partials); state is rebuilt from the partials kept")
        }
        outputs = OutputPartitions(
            alerts: counts[topics.alerts] ?? 1, shadow: topics.shadow.flatMap { counts[$0] } ?? 0,
            deadLetters: counts[topics.deadLetters] ?? 1,
            state: state.flatMap { counts[$0] } ?? 0)
    }

    /// Partitions by topic, without those that are not there.
    private static func counts(
        of topics: [String], _ properties: Properties
    ) throws(EngineFailure) -> [String: Int] {
        var counts: [String: Int] = [:]
        do throws(BrokerError) {
            let admin = try Admin(properties: properties, topics: TopicNames(topics))
            // Brokers hear of a new topic one after the other: what is missing is looked for again.
            let deadline = MachineClock.monotonicMs() + patienceMs
            while true {
                for name in topics where counts[name] == nil {
                    counts[name] = try admin.partitionCount(of: name)
                }
                if counts.count == Set(topics).count || MachineClock.monotonicMs() >= deadline {
                    break
                }
                usleep(50_000)
            }
        } catch {
            throw EngineFailure(error)
        }
        return counts
    }

    private static func advice(_ missing: [String], _ input: String) -> String {
        let list = missing.joined(separator: ", ")
        let own = missing.contains { $0 != input }
        let ours = own ? "; 'stillwatch topics create' makes the topics the engine writes" : ""
        let theirs = missing.contains(input) ? "; the input topic is its producers' to create" : ""
        return "no such topic: \(list)\(ours)\(theirs)"
    }
}
