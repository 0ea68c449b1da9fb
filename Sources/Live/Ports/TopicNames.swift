import Delivery
import Kafka

/// The names of the engine's topics.
public struct TopicNames: Sendable, Equatable {
    /// Request events.
    public var input: String
    /// The shuffle between INGEST and ENTITY.
    public var partials: String
    /// Findings.
    public var alerts: String
    /// Findings of shadow rules; nil where they are only counted.
    public var shadow: String?
    /// Records that cannot be used.
    public var deadLetters: String
    /// Snapshots; nil where they are kept in a directory.
    public var state: String?

    /// Names for all topics.
    public init(
        input: String, partials: String, alerts: String, shadow: String? = nil,
        deadLetters: String, state: String? = nil
    ) {
        self.input = input
        self.partials = partials
        self.alerts = alerts
        self.shadow = shadow
        self.deadLetters = deadLetters
        self.state = state
    }

    /// A topic's name; nil where there is no such topic.
    public subscript(topic: Topic) -> String? {
        switch topic {
        case .input: input
        case .partials: partials
        case .alerts: alerts
        case .shadow: shadow
        case .deadLetters: deadLetters
        case .state: state
        }
    }
}

/// The topics of one client: which of ours each of its indices is.
struct TopicMap: Sendable {
    /// The names a client is made with.
    let names: [String]
    private let topics: [Topic]
    private let indices: [Int?]

    /// Those of `wanted` that have a name.
    init(_ names: TopicNames, _ wanted: [Topic]) {
        topics = wanted.filter { names[$0] != nil }
        self.names = topics.compactMap { names[$0] }
        var indices: [Int?] = Array(repeating: nil, count: Topic.allCases.count)
        for (index, topic) in topics.enumerated() { indices[Int(topic.rawValue)] = index }
        self.indices = indices
    }

    /// The client's index of a topic; asking for one it was not made with is a programming error.
    func index(of topic: Topic) -> Int {
        guard let index = indices[Int(topic.rawValue)] else {
            preconditionFailure("this client has no topic \(topic)")
        }
        return index
    }

    func partition(_ id: PartitionID) -> TopicPartition {
        TopicPartition(topic: index(of: id.topic), partition: id.number)
    }

    func id(_ partition: TopicPartition) -> PartitionID {
        PartitionID(topics[partition.topic], partition.partition)
    }

    /// A position to read or commit; one without an offset is neither.
    func offset(_ position: Position) -> PartitionOffset {
        guard let offset = position.offset else {
            preconditionFailure("\(position.partition) has no offset to begin at")
        }
        return PartitionOffset(
            partition(position.partition), offset: offset, metadata: position.metadata)
    }

    func position(_ entry: PartitionOffset) -> Position {
        Position(
            id(entry.partition), offset: entry.offset < 0 ? nil : entry.offset,
            metadata: entry.metadata)
    }
}
