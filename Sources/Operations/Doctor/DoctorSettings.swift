import Broker
import Delivery
import Kafka

/// What `doctor` checks against.
public struct DoctorSettings: Sendable {
    /// Brokers and librdkafka properties.
    public var properties: Properties
    /// The consumer group.
    public var group: String
    /// What each topic has to be; the input and the partials among them.
    public var topics: [TopicSpec]
    /// Whether outputs go out in transactions.
    public var isTransactional: Bool
    /// Whether reading goes on where records are gone.
    public var acceptsLoss: Bool
    /// How far back a restore from a snapshot may have to read, in milliseconds.
    public var replayMs: Int64
    /// How far events may be ahead of their records, in milliseconds.
    public var futureSkewMs: Int64
    /// Where snapshots are kept on this machine; nil keeps them on a topic.
    public var stateDirectory: String?
    /// Bytes of state, if this process had all of it.
    public var memoryBudget: Int64

    /// Settings; see the fields.
    public init(
        properties: Properties, group: String, topics: [TopicSpec], isTransactional: Bool,
        acceptsLoss: Bool, replayMs: Int64, futureSkewMs: Int64, stateDirectory: String?,
        memoryBudget: Int64
    ) {
        self.properties = properties
        self.group = group
        self.topics = topics
        self.isTransactional = isTransactional
        self.acceptsLoss = acceptsLoss
        self.replayMs = replayMs
        self.futureSkewMs = futureSkewMs
        self.stateDirectory = stateDirectory
        self.memoryBudget = memoryBudget
    }

    var limits: BrokerChecks.Limits {
        BrokerChecks.Limits(
            transactionMs: isTransactional ? properties.transactionTimeoutMs : nil,
            sessionMs: properties.sessionTimeoutMs)
    }

    /// What the topics are called.
    var names: TopicNames {
        var names = TopicNames()
        for spec in topics { names[spec.topic] = spec.name }
        return names
    }

    func spec(_ topic: Topic) -> TopicSpec? { topics.first { $0.topic == topic } }
}
