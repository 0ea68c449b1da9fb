import Broker
import Delivery
import Snapshots
import Topology

/// The topics: everything that is to be said of one stands in its row and nowhere else.
///
/// `run`, `validate`, `doctor`, `topics create` with its help, and the README's table are made from the rows or are
/// compared with them.
public struct TopicRow: Sendable {
    /// What the topic is for.
    public let topic: Topic
    /// The configuration's key for its name.
    public let key: String
    /// What is in it, in a few words.
    public let contents: String
    /// Who writes it, and who reads it.
    public let writer: String, reader: String
    /// Whether another number of partitions would lose what the topic holds.
    let isFixed: Bool
    /// Whether everything works without it.
    let isOptional: Bool
    let configs: [TopicSpec.Config]
    /// Its name; empty where the configuration does without it.
    let name: @Sendable (Settings) -> String
    /// Partitions it is created with; nil where it is somebody else's to create.
    let partitions: @Sendable (Settings) -> Int?
    /// Bytes of the largest record written; 0 where records are small.
    let largestRecord: @Sendable (Settings) -> Int

    private init(
        _ topic: Topic, key: String, _ contents: String, writer: String, reader: String,
        isFixed: Bool = false, isOptional: Bool = false, configs: [TopicSpec.Config] = [],
        name: @escaping @Sendable (Settings) -> String,
        partitions: @escaping @Sendable (Settings) -> Int?,
        largestRecord: @escaping @Sendable (Settings) -> Int = { _ in 0 }
    ) {
        self.topic = topic
        self.key = key
        self.contents = contents
        self.writer = writer
        self.reader = reader
        self.isFixed = isFixed
        self.isOptional = isOptional
        self.configs = configs
        self.name = name
        self.partitions = partitions
        self.largestRecord = largestRecord
    }

    /// Bytes around a dead letter's value: its key and headers.
    private static let headerBytes = 2_048 + RecordOrigin.maxBytes
    /// Findings carry the event's time as their record's: brokers would delete those of a replay at once.
    private static let kept = [TopicSpec.Config("retention.ms", "-1")]
    /// Everything else is as old as its writing.
    private static let stamped = [TopicSpec.Config("message.timestamp.type", "LogAppendTime")]
    /// Tables: the last value of a key stays. Small segments, so that what is replaced goes soon.
    private static let compacted =
        stamped + [
            TopicSpec.Config("cleanup.policy", "compact"),
            TopicSpec.Config("segment.bytes", "67108864"),
            TopicSpec.Config("min.cleanable.dirty.ratio", "0.2"),
        ]

    /// All topics.
    public static let all = [
        TopicRow(
            .input, key: "input.topic", "request events", writer: "the API", reader: "INGEST",
            name: { $0.input.topic }, partitions: { _ in nil }),
        TopicRow(
            .partials, key: "partials.topic", "the shuffle between the stages", writer: "INGEST",
            reader: "ENTITY", isFixed: true, configs: stamped, name: { $0.partials.topic },
            partitions: { $0.partials.partitions }, largestRecord: { _ in IngestTask.blockBytes }),
        TopicRow(
            .alerts, key: "alerts.topic", "findings", writer: "ENTITY", reader: "you",
            configs: kept,
            name: { $0.alerts.topic }, partitions: { $0.alerts.partitions }),
        TopicRow(
            .deadLetters, key: "dead_letters.topic", "records that are no events", writer: "INGEST",
            reader: "dead-letters", configs: stamped, name: { $0.deadLetters.topic },
            partitions: { $0.deadLetters.partitions },
            largestRecord: { Int($0.deadLetters.maxBytes) + headerBytes }),
        TopicRow(
            .state, key: "state.topic", "snapshots of entity state", writer: "ENTITY",
            reader: "ENTITY, after a restart", isFixed: true, configs: compacted,
            name: { $0.state.directory.isEmpty ? $0.state.topic : "" },
            partitions: { $0.partials.partitions }, largestRecord: { _ in PageWriter.largestPage }),
        TopicRow(
            .shadow, key: "shadow.topic", "findings of shadow rules", writer: "ENTITY",
            reader: "you", configs: kept, name: { $0.shadowTopic },
            partitions: { $0.alerts.partitions }),
        TopicRow(
            .evidence, key: "evidence.topic", "what is known of linked fingerprints",
            writer: "ENTITY", reader: "CAMPAIGN", isFixed: true, configs: stamped,
            name: { $0.campaigns.alerts == .off ? "" : $0.evidenceTopic }, partitions: { _ in 1 },
            largestRecord: { _ in EvidenceWriter.partBytes + 4_096 }),
        TopicRow(
            .members, key: "members.topic", "members of campaigns", writer: "CAMPAIGN",
            reader: "you", configs: compacted,
            name: { $0.campaigns.alerts == .off ? "" : $0.membersTopic }, partitions: { _ in 1 }),
        TopicRow(
            .verdicts, key: "verdicts.topic", "what people decided", writer: "you",
            reader: "ENTITY, CAMPAIGN", isFixed: true, isOptional: true, configs: kept + stamped,
            name: { $0.verdictsTopic }, partitions: { _ in 1 }),
    ]
}

extension Settings {
    /// The topics of this configuration: that of shadow findings where one is set, that of state unless a directory
    /// holds it, those of campaigns unless they are off.
    public var topics: [TopicSpec] {
        TopicRow.all.compactMap { row in
            let name = row.name(self)
            guard !name.isEmpty else { return nil }
            var spec = TopicSpec(
                row.topic, key: row.key, name: name, partitions: row.partitions(self))
            spec.isFixed = row.isFixed
            spec.isOptional = row.isOptional
            spec.configs = row.configs
            spec.largestRecord = row.largestRecord(self)
            return spec
        }
    }

    /// The topics the engine writes, each name once: findings of shadow rules may go where the others go.
    public var ownTopics: [TopicSpec] {
        var seen: Set<String> = []
        return topics.filter { $0.partitions != nil && seen.insert($0.name).inserted }
    }
}

extension TopicNames {
    /// What the topics are called.
    public init(_ topics: [TopicSpec]) {
        self.init()
        for spec in topics { self[spec.topic] = spec.name }
    }
}
