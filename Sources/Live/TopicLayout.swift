import Delivery
import Glibc
import Kafka

/// Partition counts of the topics, looked up at start; missing topics are told all at once.
struct TopicLayout {
    let input: Int
    let partials: Int
    let outputs: OutputPartitions

    private static let patienceMs: Int64 = 3000

    /// - Throws: `.unreachable` naming every missing topic, or where no broker answers; `.configuration`
    ///   where the shuffle topic is not what the configuration says.
    init(_ settings: LiveSettings) throws(EngineFailure) {
        let topics = settings.topics
        let state = settings.stateDirectory == nil ? topics.state : nil
        let all =
            [topics.input, topics.partials, topics.alerts, topics.deadLetters]
            + [topics.shadow, state].compactMap(\.self)
        let counts = try Self.counts(of: all, settings.properties)
        let missing = all.filter { counts[$0] == nil }
        guard missing.isEmpty else { throw .unreachable(Self.advice(missing, topics.input)) }
        input = counts[topics.input] ?? 0
        partials = counts[topics.partials] ?? 0
        let wanted = settings.engine.pipeline.partitions
        if wanted != partials {
            // Entities live where the count says: with another one they would start over, elsewhere.
            throw .configuration(
                "\(topics.partials) has \(partials) partitions, the configuration says \(wanted): set "
                    + "partials.partitions to \(partials), or name a new topic in partials.topic")
        }
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
        do throws(KafkaError) {
            let admin = try Admin(properties: properties, topics: topics)
            // Brokers hear of a new topic one after the other: what is missing is looked for again.
            let deadline = Clock.monotonicMs() + patienceMs
            while true {
                for name in topics where counts[name] == nil {
                    counts[name] = try partitions(of: name, admin)
                }
                if counts.count == Set(topics).count || Clock.monotonicMs() >= deadline { break }
                usleep(50_000)
            }
        } catch {
            throw EngineFailure(ClusterError(error))
        }
        return counts
    }

    /// A topic's partitions; nil where there is no such topic.
    private static func partitions(
        of name: String, _ admin: borrowing Admin
    ) throws(KafkaError) -> Int? {
        do throws(KafkaError) {
            return try admin.describe(name).partitions.count
        } catch {
            if error.detail.name.contains("UNKNOWN_TOPIC")
                || error.detail.name == "_UNKNOWN_PARTITION"
            {
                return nil
            }
            throw error
        }
    }

    private static func advice(_ missing: [String], _ input: String) -> String {
        let list = missing.joined(separator: ", ")
        let own = missing.contains { $0 != input }
        let ours = own ? "; 'stillwatch topics create' makes the topics the engine writes" : ""
        let theirs = missing.contains(input) ? "; the input topic is its producers' to create" : ""
        return "no such topic: \(list)\(ours)\(theirs)"
    }
}
