import Broker
import Delivery

/// Answers questions from a site, or as a test says.
final class ScriptedLookup: LookupPort {
    private let site: Site
    /// Questions asked.
    private(set) var asked: [Question] = []
    /// Answers to the next questions, in place of the site's.
    var answers: [Result<Answer, BrokerError>] = []
    /// Whether nobody answers.
    var isSilent = false
    /// Partitions of the input and of the shuffle, as answers give them.
    var partitions = (inputs: 1, partials: 1)
    private var pending: Result<Answer, BrokerError>?

    init(_ site: Site) { self.site = site }

    func ask(_ question: Question) {
        asked.append(question)
        if !answers.isEmpty {
            pending = answers.removeFirst()
            return
        }
        switch question {
        case .start(let ids):
            pending = .success(
                Answer(
                    committed: ids.map { site.committed[$0] ?? PartitionOffset($0, offset: nil) },
                    bounds: bounds(ids), counts: counts))
        case .topic(let topic):
            let count = counts[topic] ?? 0
            pending = .success(Answer(bounds: bounds(all(topic, count)), counts: [topic: count]))
        case .group:
            let ids = all(.input, partitions.inputs) + all(.partials, partitions.partials)
            pending = .success(
                Answer(
                    committed: ids.map { site.committed[$0] ?? PartitionOffset($0, offset: nil) },
                    bounds: bounds(ids), counts: counts))
        case .bounds(let ids): pending = .success(Answer(bounds: bounds(ids)))
        }
    }

    private var counts: [Topic: Int] {
        [.input: partitions.inputs, .partials: partitions.partials]
    }

    private func all(_ topic: Topic, _ count: Int) -> [TopicPartition] {
        (0..<Int32(count)).map { TopicPartition(topic, $0) }
    }

    private func bounds(_ ids: [TopicPartition]) -> [TopicPartition: OffsetRange] {
        Dictionary(ids.map { ($0, site.bounds(of: $0)) }) { $1 }
    }

    func answer() -> Result<Answer, BrokerError>? { isSilent ? nil : pending.take() }
}
