import Broker
import Delivery
import Kafka

/// What the live engine runs with; everything is checked and resolved already.
public struct LiveSettings: Sendable {
    /// Brokers and librdkafka properties.
    public var properties: Properties
    /// The consumer group.
    public var group: String
    /// This process's name in the group: its static member id, and part of its transactional ids.
    public var instanceID: String
    /// What the instance and its shards run with; the partition counts of its outputs are looked up.
    public var engine: EngineSettings
    /// The topics.
    public var topics: TopicNames { engine.topics }
    /// Where snapshots are kept on this machine; nil keeps them on the state topic.
    public var stateDirectory: String?
    /// Milliseconds between lines of statistics in the log; 0 = none.
    public var statisticsIntervalMs: Int64 = 10_000

    /// Settings of an instance that keeps its state on the state topic.
    public init(
        properties: Properties, group: String, instanceID: String, engine: EngineSettings
    ) {
        self.properties = properties
        self.group = group
        self.instanceID = instanceID
        self.engine = engine
    }
}
