import Delivery
import Kafka

/// The one place where what Kafka says becomes what the engine decides by.
extension ClusterError {
    /// `_MAX_POLL_EXCEEDED` and `_ASSIGNMENT_LOST`: our partitions are gone, our identity is not.
    private static let lostAssignment: Set<Int32> = [-147, -142]

    /// The engine's word for a Kafka error.
    ///
    /// The moves have the same names on both sides. Only `fenced` is narrower here: the end of an assignment
    /// is told by a lost revocation, and the group is joined again.
    public init(_ error: KafkaError) {
        let move = Move(rawValue: error.move.rawValue) ?? .fatal
        let isLost = Self.lostAssignment.contains(error.detail.code)
        self.init(
            isLost ? .retry : move, name: error.detail.name, description: error.description)
    }

    /// The word for an error of producing: a record that brokers refuse would be refused again, and only a
    /// person can change the topic's limit or the right to write.
    init(producing error: KafkaError) {
        self.init(error)
        if move == .rejected { move = .configuration }
    }

    /// What is said where a topic is gone.
    static func missing(_ topic: String) -> ClusterError {
        ClusterError(
            .configuration, name: "UNKNOWN_TOPIC_OR_PART",
            description:
                "deliver to \(topic): there is no such topic; create it (stillwatch topics create)")
    }

    /// What is said of a step begun in the wrong order.
    static func outOfOrder(_ step: String) -> ClusterError {
        ClusterError(
            .fatal, name: "_STATE", description: "\(step): there is no producer; start one first")
    }
}

/// Calls `body`, with what Kafka says in the engine's words.
func translated<R: ~Copyable>(
    _ body: () throws(KafkaError) -> R
) throws(ClusterError) -> R {
    do throws(KafkaError) { return try body() } catch { throw ClusterError(error) }
}
