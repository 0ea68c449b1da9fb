import Glibc
import Kafka

/// Partition counts of the topics, looked up at start; missing topics are told all at once.
struct TopicLayout {
    let input: Int
    let partials: Int
    let outputs: OutputPartitions

    private static let patienceMs: Int64 = 3000

    /// - Throws: `LiveError.topic` naming every missing topic, `LiveError.kafka` where no broker answers.
    init(_ settings: LiveSettings) throws(LiveError) {
        let topics = settings.topics
        let names = [topics.input, topics.partials, topics.alerts, topics.deadLetters]
        let all = names + (topics.shadow.map { [$0] } ?? [])
        var counts: [String: Int] = [:]
        do throws(KafkaError) {
            let admin = try Admin(properties: settings.properties, topics: all)
            // Brokers hear of a new topic one after the other: what is missing is looked for again.
            let deadline = Clock.monotonicMs() + Self.patienceMs
            while true {
                for name in all where counts[name] == nil {
                    counts[name] = try Self.partitions(of: name, admin)
                }
                if counts.count == Set(all).count || Clock.monotonicMs() >= deadline { break }
                usleep(50_000)
            }
        } catch {
            throw .kafka(error)
        }
        let missing = all.filter { counts[$0] == nil }
        guard missing.isEmpty else { throw .topic(Self.advice(missing, topics.input)) }
        input = counts[topics.input] ?? 0
        partials = counts[topics.partials] ?? 0
        if let wanted = settings.partialsPartitions, wanted != partials {
            // Entities live where the count says: with another one they would start over, elsewhere.
            throw .topic(
                "\(topics.partials) has \(partials) partitions, the configuration says \(wanted): set "
                    + "partials.partitions to \(partials), or name a new topic in partials.topic")
        }
        outputs = OutputPartitions(
            alerts: counts[topics.alerts] ?? 1,
            shadow: topics.shadow.flatMap { counts[$0] } ?? 1,
            deadLetters: counts[topics.deadLetters] ?? 1)
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
