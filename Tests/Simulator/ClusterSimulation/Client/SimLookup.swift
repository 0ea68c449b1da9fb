import Delivery

/// Questions to the brokers, asked through the consumer's handle.
public final class SimLookup: LookupPort {
    private let group: SimGroup
    private let thread: SimThread?
    private var result: Result<Answer, ClusterError>?
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
        case .inputs:
            askBounds(all(.input), Answer(inputPartitions: group.cluster.partitionCount(.input)))
        case .group: askCommitted(all(.input) + all(.partials))
        }
    }

    /// The answer, once.
    public func answer() -> Result<Answer, ClusterError>? {
        defer { result = nil }
        return result
    }

    private func all(_ topic: Topic) -> [PartitionID] {
        (0..<Int32(group.cluster.partitionCount(topic))).map { PartitionID(topic, $0) }
    }

    private func askCommitted(_ partitions: [PartitionID]) {
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
                    Answer(
                        committed: positions,
                        inputPartitions: group.cluster.partitionCount(.input),
                        partialsPartitions: group.cluster.partitionCount(.partials)))
            }
        }
    }

    private func askBounds(_ partitions: [PartitionID], _ begun: Answer) {
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

    private func finish(_ result: Result<Answer, ClusterError>) {
        self.result = result
        thread?.wake()
    }
}
