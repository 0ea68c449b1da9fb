import Broker
import Configuration
import History
import Kafka

/// Which dead letters a command is about.
struct DeadLetterSelection {
    private let topic: String
    private let properties: Properties
    private let reason: String?
    private let range: TopicReader.Range
    /// Records of the topic that are no dead letters.
    private(set) var foreign = 0

    init(_ invocation: Invocation, _ settings: Settings, last: Int? = nil) throws(Failure) {
        topic = invocation.value("topic") ?? settings.deadLetters.topic
        properties = try Setup.properties(settings)
        reason = invocation.value("reason")
        range = TopicReader.Range(
            since: try invocation.bound("since"), until: try invocation.bound("until"),
            last: last)
    }

    /// Hands out the letters one after the other until `body` returns false.
    mutating func forEach(_ body: (DeadLetterRecord) throws -> Bool) throws {
        var reader = try Failure.kafka { () throws(BrokerError) in
            try TopicReader(properties, topic: topic, range)
        }
        var others = 0
        try reader.forEach { record in
            guard let letter = DeadLetterRecord(record) else {
                others += 1
                return true
            }
            return try reason == nil || reason == letter.reason ? body(letter) : true
        }
        foreign = others
    }
}

/// The options that select dead letters.
extension Option {
    static let letterTopic = Option(
        "topic", .text("topic"), default: "dead_letters.topic", help: "The topic of dead letters.")

    static let reason = Option(
        "reason", .text("reason"),
        help: "Only those refused for this: missing_account, bad_time, ...")

    static let since = Option(
        "since", .text("offset|time"),
        help: "From this offset of each partition, or from a UTC time of writing, on.")

    static let until = Option(
        "until", .text("offset|time"), help: "Up to this offset or time, itself not included.")
}
