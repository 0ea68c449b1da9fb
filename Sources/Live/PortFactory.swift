import Delivery
import Kafka
import Telemetry

/// Makes the ports an instance and its shards run on.
final class PortFactory: Sendable {
    let group: Consumer
    /// What the group has committed, for producers and look-ups.
    private let offsets: GroupOffsets
    let board: AlignmentBoard
    private let settings: LiveSettings
    private let engine: EngineSettings
    private let hooks: Hooks
    private let history: LogHistory
    private let directory: DirectoryStore?

    init(_ settings: LiveSettings, _ engine: EngineSettings, _ logger: Logger) throws {
        self.settings = settings
        self.engine = engine
        hooks = Self.hooks(logger.labelled("librdkafka"))
        let sources = settings.topics.only(engine.readTopics)
        group = try Consumer(
            properties: settings.properties,
            role: .consumer(group: settings.group, instanceID: settings.instanceID),
            topics: sources, hooks: hooks)
        offsets = group.makeGroupOffsets()
        history = try LogHistory(
            properties: settings.properties, topics: sources, hooks: hooks)
        directory = try settings.stateDirectory.map { path in
            let log = logger.labelled("state")
            return try DirectoryStore(path: path, application: engine.pipeline.application) {
                text in
                log.notice("state directory", metadata: ["note": .string(text)])
            }
        }
        board = AlignmentBoard(waitingLimit: engine.pipeline.memoryBudget / 2)
    }

    private static func hooks(_ logger: Logger) -> Hooks {
        Hooks(log: { line in
            let level: Logger.Level =
                line.level <= 3
                ? .error : line.level == 4 ? .warning : line.level == 7 ? .trace : .debug
            logger.log(
                level: level, "client log",
                metadata: ["facility": .string(line.facility), "text": .string(line.text)])
        })
    }

    func makeLookup() -> BrokerLookup {
        BrokerLookup(
            properties: settings.properties, topics: settings.topics, offsets: offsets,
            hooks: hooks)
    }

    func makePorts(shard: Int) throws -> sending ShardPorts {
        let input = try group.makeShardQueue(capacity: 2048)
        return ShardPorts(
            input: input, tasks: try group.makeShardQueue(capacity: 256),
            producer: ShardProducer(
                producerSettings(shard), offsets: offsets, hooks: hooks,
                onOutcome: { input.wake() }),
            state: try makeState(), history: history, lookup: makeLookup())
    }

    private func producerSettings(_ shard: Int) -> ShardProducer.Settings {
        ShardProducer.Settings(
            properties: settings.properties,
            guarantee: engine.delivery == .exactlyOnce
                ? .exactlyOnce(identity: "\(settings.group)-\(settings.instanceID)-\(shard)")
                : .atLeastOnce,
            topics: settings.topics.only(settings.topics.topics.filter { $0 != .input }))
    }

    private func makeState() throws -> sending any StatePort {
        if let directory { return directory.makePort() }
        return try TopicStatePort(
            properties: settings.properties, topic: settings.topics.state ?? "",
            partitions: Int32(engine.outputs.state), hooks: hooks)
    }
}
