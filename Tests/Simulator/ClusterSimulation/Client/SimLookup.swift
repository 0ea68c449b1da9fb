import Broker
import Delivery

/// Questions to the brokers, asked through the consumer's handle.
public final class SimLookup: LookupPort {
    private let group: SimGroup
    private let thread: SimThread?
    private var result: Result<Answer, BrokerError>?
    private var number = 0

    init(_ group: SimGroup, thread: SimThread?) {
        self.group = group
        self.thread = thread
    }

    /// Asks; an earlier question is forgotten.
    public func ask(_ question: Question) {
        number += 1
        result = nil
        switch question {
        case .start(let partitions): askCommitted(partitions)
        case .bounds(let partitions): askBounds(partitions, Answer())
        case .topic(let topic): askBounds(all(topic), Answer(counts: counts([topic])))
        case .group: askCommitted(group.topics.flatMap { all($0) })
        }
    }

    /// The answer, once.
    public func answer() -> Result<Answer, BrokerError>? {
        defer { result = nil }
        return result
    }

    private func all(_ topic: Topic) -> [TopicPartition] {
        (0..<Int32(group.cluster.partitionCount(topic))).map { TopicPartition(topic, $0) }
    }

    private func counts(_ topics: [Topic]) -> [Topic: Int] {
        Dictionary(topics.map { ($0, group.cluster.partitionCount($0)) }) { $1 }
    }

    private func askCommitted(_ partitions: [TopicPartition]) {
        let mine = number
        _ = CommittedLookup(
            partitions, handle: group, link: group.link, timeoutMs: group.settings.lookupTimeoutMs
        ) { [self] committed in
            guard mine == number else { return }
            switch committed {
            case .failure(let error): finish(.failure(error))
            case .success(let positions):
                askBounds(
                    partitions,
                    Answer(committed: positions, counts: counts(group.topics)))
            }
        }
    }

    private func askBounds(_ partitions: [TopicPartition], _ begun: Answer) {
        let mine = number
        _ = OffsetLookup(
            partitions, handle: group, timeoutMs: group.settings.lookupTimeoutMs
        ) { [self] bounds in
            guard mine == number else { return }
            finish(
                bounds.map { found in
                    var answer = begun
                    answer.bounds = found
                    return answer
                })
        }
    }

    private func finish(_ result: Result<Answer, BrokerError>) {
        self.result = result
        thread?.wake()
    }
}
