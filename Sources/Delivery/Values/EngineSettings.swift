import Aggregation
import Broker
import Detection
import Topology

/// How outputs and positions reach the brokers.
public enum DeliveryMode: String, CaseIterable, Sendable {
    /// In transactions: readers of committed records see every output once.
    case exactlyOnce = "exactly_once"
    /// Positions are committed behind delivered outputs: after a crash some come again.
    case atLeastOnce = "at_least_once"
}

/// What to do where records that were not read are gone.
public enum DataLossPolicy: String, CaseIterable, Sendable {
    /// Stop and say so.
    case stop
    /// Say so and go on with what is kept.
    case accept
}

/// Where an input partition without a committed position is read from.
public enum StartPolicy: String, CaseIterable, Sendable {
    /// Its first record.
    case earliest
    /// Its end.
    case latest
}

/// What an instance runs with: everything is checked and resolved already, and nothing in it knows Kafka.
public struct EngineSettings: Sendable {
    /// What the stages run with.
    public var pipeline: PipelineSettings
    /// The stages whose tasks keep state, in the order in which records pass through them.
    public var stages = StageRow.all
    /// Topic names, for messages and dead letters.
    public var topics: TopicNames
    /// Partitions of the topics written.
    public var outputs: OutputPartitions
    /// Drawn at random by each start of the program.
    public var incarnation: UInt64
    /// How findings are written.
    public var encoder: FindingEncoder
    /// How outputs and positions reach the brokers.
    public var delivery = DeliveryMode.exactlyOnce
    /// Where an input partition without a committed position is read from.
    public var onMissingOffset = StartPolicy.earliest
    /// What to do where records are gone that were not read.
    public var dataLoss = DataLossPolicy.stop
    /// Shards; at least 1.
    public var shards = 1
    /// Milliseconds between commit batches.
    public var commitIntervalMs: Int64 = 200
    /// Milliseconds between snapshots of a task.
    public var snapshotIntervalMs: Int64 = 30_000
    /// Bytes of unchanged state a snapshot writes again at the least, so that few older ones stay in use.
    public var snapshotRollBytes = EntityStore.leastRollBytes
    /// Milliseconds the state of a revoked task is kept in case it comes back.
    public var suspendMs: Int64 = 60_000
    /// Milliseconds a revoked partition's last commit batch may take.
    public var settleMs: Int64 = 20_000
    /// Milliseconds the last snapshots may take when the instance is asked to stop, once all is committed.
    public var lastSnapshotsMs: Int64 = 10_000
    /// Milliseconds a caught-up partition may be silent before it stops holding others back.
    public var idleTimeoutMs: Int64 = 60_000
    /// Event time a partition may be ahead of the slowest, in milliseconds.
    public var alignmentLimitMs: Int64 = 600_000
    /// Bytes of a dead letter kept at most.
    public var deadLetterBytes = DeadLetter.maxBytes
    /// Whether to end at the end offsets seen at the start.
    public var stopsAtEnd = false
    /// Milliseconds after which the group has found out about members that are gone: the session's and a little.
    public var memberTimeoutMs: Int64 = 25_000
    /// Milliseconds without any progress of the group after which a run that stops at the end gives up.
    public var giveUpMs: Int64 = 120_000

    /// Settings with defaults for the numbers.
    public init(
        pipeline: PipelineSettings, topics: TopicNames, outputs: OutputPartitions,
        incarnation: UInt64, encoder: FindingEncoder
    ) {
        self.pipeline = pipeline
        self.topics = topics
        self.outputs = outputs
        self.incarnation = incarnation
        self.encoder = encoder
    }

    /// A topic's name.
    func name(_ topic: Topic) -> String { topics[topic] ?? "\(topic)" }

    /// A partition's name, such as `llm.requests[3]`.
    func name(_ partition: TopicPartition) -> String {
        "\(name(partition.topic))[\(partition.number)]"
    }

    /// Does without a topic that is not there, and without the stage that reads it.
    public mutating func leaveOut(_ topic: Topic) {
        topics[topic] = nil
        stages.removeAll { $0.log == topic }
    }

    /// The topics the group reads: the input, and the logs of the stages that keep state.
    public var readTopics: [Topic] { [.input] + stages.map(\.log) }
    /// The stage whose tasks read a topic; nil for the input.
    func stage(reading topic: Topic) -> StageRow? { stages.first { $0.log == topic } }
}

/// Partition counts of the topics written.
public struct OutputPartitions: Sendable, Equatable {
    /// Of the findings' topic.
    public var alerts: Int
    /// Of the topic of shadow findings; 0 where there is none: they are counted only.
    public var shadow: Int
    /// Of the dead letters' topic.
    public var deadLetters: Int
    /// Of the state topic; 0 where state is kept elsewhere.
    public var state: Int

    /// Counts.
    public init(alerts: Int, shadow: Int, deadLetters: Int, state: Int) {
        self.alerts = alerts
        self.shadow = shadow
        self.deadLetters = deadLetters
        self.state = state
    }
}
