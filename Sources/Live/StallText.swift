import Broker
import Delivery
import Primitives

/// Says in words which partition waits for what.
struct StallText {
    private let topics: TopicNames

    init(_ topics: TopicNames) { self.topics = topics }

    /// The longest waiting partitions in a line; nil where there are none.
    func line(_ stalls: [Stall]) -> String? {
        guard !stalls.isEmpty else { return nil }
        let named = stalls.sorted { ($1.forMs, $0.partition) < ($0.forMs, $1.partition) }
            .prefix(Self.named)
            .map { "\(place($0.partition)) for \($0.forMs / 1_000) s: \(why($0.reason))" }
        let rest = stalls.count - named.count
        return named.joined(separator: "; ") + (rest > 0 ? "; \(rest) more" : "")
    }

    /// Why a partition waits.
    func why(_ reason: Stall.Reason) -> String {
        switch reason {
        case .alignment(let partition, let slowest):
            "alignment behind \(input(partition)), which has come to \(time(slowest))"
        case .memory(let partition, let slowest):
            "memory: partials wait for \(input(partition)), which has come to \(time(slowest))"
        case .restoring: "restore of its state"
        case .snapshot: "restore: the first snapshot under other rules is not safe yet"
        case .pendingJump:
            "a jump ahead in its last event, which counts once a further event confirms it"
        case .commits: "commits: what was put out before is not committed yet"
        case .membership: "the group has not said under which membership work goes on"
        case .broker: "its broker delivers nothing"
        }
    }

    private static let named = 4

    private func place(_ partition: TopicPartition) -> String {
        "\(topics[partition.topic] ?? "")[\(partition.number)]"
    }

    private func input(_ partition: Int32) -> String { place(TopicPartition(.input, partition)) }

    private func time(_ time: EventTime) -> String { "event time \(time.ms)" }
}
