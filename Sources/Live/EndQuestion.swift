import Broker
import Delivery

/// Asks the brokers where partitions end, once a statistics line, and waits a bounded time for the answer.
struct EndQuestion {
    private let lookup: any LookupPort
    /// Whether an answer is under way, which has to be taken before the next question.
    private var isAsked = false
    private var sinceMs: Int64?
    private var bounds: [TopicPartition: OffsetRange]?

    private static let patienceMs: Int64 = 2_000

    init(_ lookup: any LookupPort) { self.lookup = lookup }

    /// Asks where nothing was asked since the last line; true once there is an answer, or there has to be a line
    /// without one.
    mutating func isSettled(_ now: Int64, for partitions: Set<TopicPartition>) -> Bool {
        takeAnswer()
        guard let sinceMs else {
            self.sinceMs = now
            if !isAsked, !partitions.isEmpty {
                isAsked = true
                bounds = nil
                lookup.ask(.bounds(partitions.sorted()))
            }
            return partitions.isEmpty
        }
        return bounds != nil || !isAsked || now - sinceMs >= Self.patienceMs
    }

    /// The answer, for one line; nil where the brokers did not say.
    mutating func takeBounds() -> [TopicPartition: OffsetRange]? {
        defer { (sinceMs, bounds) = (nil, nil) }
        return bounds
    }

    private mutating func takeAnswer() {
        guard isAsked, let answer = lookup.answer() else { return }
        isAsked = false
        if case .success(let answer) = answer { bounds = answer.bounds }
    }
}
