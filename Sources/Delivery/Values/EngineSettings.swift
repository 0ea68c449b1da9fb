import Aggregation
import Broker
import Detection
import Events
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
    /// Topic names, for messages and dead letters.
    public var topics: TopicNames
    /// Partitions of the topics written.
    public var outputs: OutputPartitions
    /// Tells the blocks and the state of one consumer group from another's; a hash of its name.
    public var application: UInt32
    /// Drawn at random by each start of the program.
    public var incarnation: UInt64
    /// The compiled rules.
    public var rules: RuleSet
    /// How event time is cut.
    public var timing: TopologyPlan.Timing
    /// Accounts re-keyed by `end_user`.
    public var gateways: [String] = []
    /// Whether the subnet of an event's address is a fingerprint where the event carries none.
    public var derivesSubnets = true
    /// How records are encoded.
    public var format = EventFormat.json
    /// Where fields are found in JSON records.
    public var fieldMap = FieldMap(.stillwatch)
    /// Bounds on what is decoded.
    public var limits = DecoderLimits()
    /// How findings are written.
    public var encoder: FindingEncoder
    /// How outputs and positions reach the brokers.
    public var delivery = DeliveryMode.exactlyOnce
    /// Where an input partition without a committed position is read from.
    public var onMissingOffset = StartPolicy.earliest
    /// What to do where records are gone that were not read.
    public var dataLoss = DataLossPolicy.stop
    /// Partitions of the shuffle topic: part of the format.
    public var partialsPartitions: Int
    /// Shards; at least 1.
    public var shards = 1
    /// Values sampled per dimension of an entity.
    public var sampleSize = 128
    /// Bytes of entity state, if this process had all tasks; each has an even share.
    public var memoryBudget = 4 << 30
    /// Milliseconds between cuts.
    public var cutIntervalMs: Int64 = 200
    /// Milliseconds between snapshots of a task.
    public var snapshotIntervalMs: Int64 = 30_000
    /// Bytes of unchanged state a snapshot writes again at the least, so that few older ones stay in use.
    public var snapshotRollBytes = EntityStore.leastRollBytes
    /// Milliseconds the state of a revoked task is kept in case it comes back.
    public var parkMs: Int64 = 60_000
    /// Milliseconds a revoked partition's last cut may take.
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
    /// Deliberate faults, for the simulation.
    @_spi(Simulation) public var defects: PlantedDefects = []

    /// Settings with defaults for the numbers.
    public init(
        topics: TopicNames, outputs: OutputPartitions, partialsPartitions: Int,
        application: UInt32, incarnation: UInt64, rules: RuleSet, timing: TopologyPlan.Timing,
        encoder: FindingEncoder
    ) {
        self.topics = topics
        self.outputs = outputs
        self.partialsPartitions = partialsPartitions
        self.application = application
        self.incarnation = incarnation
        self.rules = rules
        self.timing = timing
        self.encoder = encoder
    }

    /// Bytes of entity state of one task: a task must come to the same wherever it runs, so its share does not
    /// depend on how many others run beside it.
    var memoryPerTask: Int { memoryBudget / max(1, partialsPartitions) }

    /// A topic's name.
    func name(_ topic: Topic) -> String { topics[topic] ?? "\(topic)" }

    /// What INGEST and ENTITY agree on.
    public var plan: TopologyPlan {
        TopologyPlan(
            rules: rules, timing: timing, partitions: partialsPartitions, gateways: gateways,
            derivesSubnets: derivesSubnets, application: application)
    }
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
