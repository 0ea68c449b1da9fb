import Kafka

/// Partition counts of the topics, looked up at start; missing topics are told all at once.
struct TopicLayout {
    let input: Int
    let partials: Int
    let outputs: OutputPartitions

    private static let attempts = 10
    private static let pauseMs: UInt32 = 300

    /// - Throws: `LiveError.topic` naming every missing topic, `LiveError.kafka` where no broker answers.
    init(_ settings: LiveSettings) throws(LiveError) {
        let topics = settings.topics
        let names = [topics.input, topics.partials, topics.alerts, topics.deadLetters]
        let all = names + (topics.shadow.map { [$0] } ?? [])
        var counts: [String: Int] = [:]
        do throws(KafkaError) {
            let admin = try Admin(properties: settings.properties, topics: all)
            // Topics made a moment ago may not be known to every broker yet.
            for attempt in 0..<Self.attempts where counts.count < all.count {
                if attempt > 0 { Clock.sleep(ms: Self.pauseMs) }
                for name in all where counts[name] == nil {
                    counts[name] = try Self.partitions(of: name, admin)
                }
            }
        } catch {
            throw .kafka(error)
        }
        let missing = all.filter { counts[$0] == nil }
        guard missing.isEmpty else { throw .topic(Self.advice(missing, topics.input)) }
        input = counts[topics.input] ?? 0
        partials = counts[topics.partials] ?? 0
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
