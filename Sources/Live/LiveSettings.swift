import Detection
import Events
import Kafka
import Telemetry
import Topology

/// What the live engine runs with; everything is checked and resolved already.
public struct LiveSettings: Sendable {
    /// Topics by what they are for.
    public struct Topics: Sendable {
        /// Request events.
        public var input: String
        /// The shuffle between INGEST and ENTITY.
        public var partials: String
        /// Findings.
        public var alerts: String
        /// Findings of shadow rules; nil counts them only.
        public var shadow: String?
        /// Records that cannot be used.
        public var deadLetters: String

        /// Names for all topics.
        public init(
            input: String, partials: String, alerts: String, shadow: String?, deadLetters: String
        ) {
            self.input = input
            self.partials = partials
            self.alerts = alerts
            self.shadow = shadow
            self.deadLetters = deadLetters
        }
    }

    /// Brokers and librdkafka properties.
    public var properties: Properties
    /// The consumer group; also what blocks on the shuffle topic are told apart by.
    public var group: String
    /// The topics.
    public var topics: Topics
    /// Where an input partition without a committed offset is read from.
    public var onMissingOffset: StartPolicy
    /// The compiled rules.
    public var rules: RuleSet
    /// How event time is cut.
    public var timing: TopologyPlan.Timing
    /// Accounts re-keyed by `end_user`.
    public var gateways: [String]
    /// How records are encoded.
    public var format: EventFormat
    /// Where fields are found in JSON records.
    public var fieldMap: FieldMap
    /// Bounds on what is decoded.
    public var limits: DecoderLimits
    /// How findings are written.
    public var encoder: FindingEncoder
    /// Partitions the shuffle topic must have; nil takes it as it is.
    public var partialsPartitions: Int?
    /// Whether the subnet of an event's address is a fingerprint where the event carries none.
    public var derivesSubnets = true
    /// Shard actors; at least 1.
    public var shards = 1
    /// Values sampled per dimension of an entity.
    public var sampleSize = 512
    /// Bytes of entity state in this process.
    public var memoryBudget = 4 << 30
    /// Milliseconds between cuts: flushes of all partials and commits of what is delivered.
    public var cutIntervalMs: Int64 = 200
    /// Milliseconds a caught-up partition may be silent before it stops holding others back.
    public var idleTimeoutMs: Int64 = 10_000
    /// Event time a partition may be ahead of the slowest, in milliseconds.
    public var alignmentLimitMs: Int64 = 300_000
    /// Milliseconds between lines of statistics in the log; 0 = none.
    public var statisticsIntervalMs: Int64 = 10_000
    /// Bytes of a dead letter kept at most.
    public var deadLetterBytes = DeadLetter.maxBytes
    /// Whether to end at the end offsets seen at the start.
    public var stopsAtEnd = false

    /// Settings with defaults for the numbers.
    public init(
        properties: Properties, group: String, topics: Topics, onMissingOffset: StartPolicy,
        rules: RuleSet, timing: TopologyPlan.Timing, gateways: [String], format: EventFormat,
        fieldMap: FieldMap, limits: DecoderLimits, encoder: FindingEncoder
    ) {
        self.properties = properties
        self.group = group
        self.topics = topics
        self.onMissingOffset = onMissingOffset
        self.rules = rules
        self.timing = timing
        self.gateways = gateways
        self.format = format
        self.fieldMap = fieldMap
        self.limits = limits
        self.encoder = encoder
    }
}

/// Why the engine cannot start or go on.
public enum LiveError: Error, CustomStringConvertible {
    /// A topic is missing or unusable; the text says which and what to do.
    case topic(String)
    /// The decoder cannot be made from the configuration.
    case decoder(DecoderConfigurationError)
    /// Kafka said so.
    case kafka(KafkaError)
    /// A block on the shuffle topic cannot be read; the text says where.
    case shuffle(String)

    /// What is wrong, for the log and standard error.
    public var description: String {
        switch self {
        case .topic(let text), .shuffle(let text): text
        case .decoder(let error): "\(error)"
        case .kafka(let error): error.description
        }
    }
}
