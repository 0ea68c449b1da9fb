import Broker
import Kafka

/// What the cluster says of a topic.
public struct TopicFacts: Equatable, Sendable {
    /// Its partitions; nil where there is no such topic.
    public var partitions: [TopicDescription.Partition]?
    /// Its properties; empty where they may not be seen.
    public var properties: [String: String]

    /// Facts.
    public init(partitions: [TopicDescription.Partition]?, properties: [String: String] = [:]) {
        self.partitions = partitions
        self.properties = properties
    }

    /// A numeric property.
    func number(_ name: String) -> Int64? { properties[name].flatMap(Int64.init) }

    /// The fewest brokers that keep a partition.
    var replicas: Int { partitions?.map(\.replicas).min() ?? 0 }
}

/// What judging topics depends on beside themselves.
public struct TopicContext: Equatable, Sendable {
    /// Brokers in the cluster.
    public var brokers: Int
    /// Bytes of a producer's batch at most.
    public var batchBytes: Int
    /// How far back a restore from a snapshot may have to read, in milliseconds.
    public var replayMs: Int64
    /// How long the input is kept, in milliseconds, -1 for ever; nil where that is not known.
    public var inputRetentionMs: Int64?
    /// How far events may be ahead of their records, in milliseconds.
    public var futureSkewMs: Int64
    /// Whether the client library fails to notice records lost by an unclean election.
    public var missesTruncation: Bool

    /// A context.
    public init(
        brokers: Int, batchBytes: Int = 1_000_000, replayMs: Int64,
        inputRetentionMs: Int64? = nil, futureSkewMs: Int64, missesTruncation: Bool
    ) {
        self.brokers = brokers
        self.batchBytes = batchBytes
        self.replayMs = replayMs
        self.inputRetentionMs = inputRetentionMs
        self.futureSkewMs = futureSkewMs
        self.missesTruncation = missesTruncation
    }
}
