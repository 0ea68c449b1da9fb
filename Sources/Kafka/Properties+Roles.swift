import Glibc

/// Which properties a role sets, owns and shows.
extension Properties {
    /// Whether the value of `name` must not be printed.
    public static func isSecret(_ name: String) -> Bool {
        let marks = [
            "password", "secret", "ssl.key.pem", "ssl_key", "oauthbearer.config", "token", "jaas",
        ]
        return marks.contains { name.contains($0) }
    }

    /// Why the user may not set this; nil where he may.
    static func refusalReason(_ setting: Setting) -> String? {
        if let hint = ownedNames[setting.name] {
            return "is owned by the engine: \(hint)"
        }
        if setting.name == "partition.assignment.strategy",
            setting.value.contains("cooperative"), !Library.rebalancesCooperatively
        {
            return "cooperative rebalancing is unsafe in librdkafka \(Library.version); "
                + "it takes 2.6.1 or newer"
        }
        let isFunction = setting.name.hasSuffix("_cb")
        if isFunction || ["opaque", "interceptors"].contains(setting.name) {
            return "is a function, not a value"
        }
        return nil
    }

    /// Names the engine owns, with what to do instead.
    private static let ownedNames: [String: String] = [
        "bootstrap.servers": "give --bootstrap-servers",
        "metadata.broker.list": "give --bootstrap-servers",
        "group.id": "give --group",
        "group.instance.id": "give --instance-id",
        "group.protocol": "the classic protocol is used",
        "group.protocol.type": "the classic protocol is used",
        "enable.auto.commit": "offsets are committed with their outputs",
        "auto.commit.enable": "offsets are committed with their outputs",
        "auto.commit.interval.ms": "offsets are committed with their outputs",
        "enable.auto.offset.store": "offsets are committed with their outputs",
        "offset.store.method": "offsets are committed with their outputs",
        "offset.store.path": "offsets are committed with their outputs",
        "auto.offset.reset": "the start position is an explicit choice of the configuration",
        "enable.partition.eof": "idle partitions are told by it",
        "isolation.level": "only committed records are read",
        "transactional.id": "it names the shard that owns the transaction",
        "enable.idempotence": "it is always on",
        "enable.gapless.guarantee": "errors are handled by transaction",
        "acks": "all replicas must acknowledge",
        "request.required.acks": "all replicas must acknowledge",
        "delivery.report.only.error": "every delivery is counted",
        "socket.max.fails":
            "a request without an answer must end its connection, where it may linger",
        "queuing.strategy": "order is part of the protocol",
        "partitioner": "every record names its partition",
        "statistics.interval.ms": "set the metrics interval",
        "enabled_events": "events are chosen by the engine",
        "log.queue": "logs are bridged",
        "allow.auto.create.topics":
            "'stillwatch topics create' makes topics, with the settings they need",
        "default_topic_conf": "set topic properties directly",
        "internal.termination.signal": "signals belong to the program",
        "plugin.library.paths": "plugins could change what is delivered",
    ]

    /// Defaults of a role that the user may change.
    func defaults(for role: Role) -> [Setting] {
        let common = [
            Setting("socket.nagle.disable", "true"), Setting("log.connection.close", "false"),
            // At librdkafka's 10 s a broker's restart could cost a session, and with it all partitions.
            Setting("reconnect.backoff.max.ms", "1000"),
        ]
        switch role {
        case .consumer: return common + Properties.fetching + Properties.grouping
        case .reader: return common + Properties.fetching
        case .endLookup: return common
        case .producer:
            return common + Properties.producing + [Setting("message.timeout.ms", "120000")]
        case .transactionalProducer:
            let timeout = Properties.transactionTimeoutMs(settings)
            return common + Properties.producing + [
                Setting("transaction.timeout.ms", String(timeout)),
                // Records are given up while there is time left to abort.
                Setting("message.timeout.ms", String(min(8000, timeout * 4 / 5))),
            ]
        case .admin: return common
        }
    }

    /// How long a transaction may last, in milliseconds.
    public var transactionTimeoutMs: Int { Properties.transactionTimeoutMs(settings) }

    /// How long the group waits for a silent member, in milliseconds.
    public var sessionTimeoutMs: Int {
        Properties.value("session.timeout.ms", settings) ?? Properties.defaultSessionTimeoutMs
    }

    /// Bytes of a producer's batch at most, before compression; a larger record goes alone.
    public var batchBytes: Int {
        let limits = ["batch.size", "message.max.bytes"].map {
            Properties.value($0, settings) ?? Properties.defaultBatchBytes
        }
        return limits.min() ?? Properties.defaultBatchBytes
    }

    /// Bytes of a record at most, as producers see it.
    public var recordBytes: Int {
        Properties.value("message.max.bytes", settings) ?? Properties.defaultBatchBytes
    }

    /// Whether clients authenticate by SCRAM.
    public var usesSCRAM: Bool {
        settings.last { $0.name == "sasl.mechanism" || $0.name == "sasl.mechanisms" }
            .map { $0.value.uppercased().hasPrefix("SCRAM-") } ?? false
    }

    /// librdkafka's default of `batch.size` and of `message.max.bytes`.
    private static let defaultBatchBytes = 1_000_000

    /// Why the user's time-outs do not go together; nil where they do.
    ///
    /// A transaction must be over before the group gives our partitions away: its commit could land after
    /// the new owner has begun.
    static func timeoutRefusal(_ settings: [Setting]) -> String? {
        let transaction = transactionTimeoutMs(settings)
        let session = value("session.timeout.ms", settings) ?? defaultSessionTimeoutMs
        guard transaction >= session else { return nil }
        return
            "\(transaction) ms is not below session.timeout.ms, \(session) ms: a transaction must be "
            + "over before the group gives its partitions to somebody else; lower one or raise the other"
    }

    static func transactionTimeoutMs(_ settings: [Setting]) -> Int {
        value("transaction.timeout.ms", settings) ?? defaultTransactionTimeoutMs
    }

    private static let defaultTransactionTimeoutMs = 10_000
    private static let defaultSessionTimeoutMs = 20_000

    /// The number a setting ends up with, as librdkafka reads it; nil where it is not set.
    private static func value(_ name: String, _ settings: [Setting]) -> Int? {
        settings.last { $0.name == name }.map { strtol($0.value, nil, 0) }
    }

    /// Bounded by bytes, not by messages; the queue stays hot in cache where the library fetches on.
    private static let fetching: [Setting] =
        [
            Setting("fetch.message.max.bytes", "1048576"),
            Setting("queued.min.messages", "1000000"),
        ]
        + (Library.stallsWhenFull
            ? [Setting("queued.max.messages.kbytes", "65536")]
            : [
                Setting("queued.max.messages.kbytes", "32768"),
                Setting("fetch.queue.backoff.ms", "1"),
            ])

    private static let grouping: [Setting] = [
        Setting("partition.assignment.strategy", "range"),
        Setting("session.timeout.ms", String(defaultSessionTimeoutMs)),
        Setting("heartbeat.interval.ms", "3000"),
        Setting("max.poll.interval.ms", "60000"),
    ]

    private static let producing: [Setting] = [
        // Records leave when they are flushed, in one request a partition: while records wait behind others under
        // way, the broker threads of librdkafka 2.0 poll without a pause.
        Setting("linger.ms", "100"),
        // The pause before a coordinator is asked again: at 100 ms it would rule the commit time.
        Setting("retry.backoff.ms", "5"),
        Setting("compression.type", "lz4"),
        Setting("queue.buffering.max.kbytes", "131072"),
    ]

    /// What the engine sets for a role, last and always.
    static func owned(for role: Role) -> [Setting] {
        let reading = [
            Setting("enable.auto.commit", "false"), Setting("enable.auto.offset.store", "false"),
            Setting("auto.offset.reset", "error"), Setting("enable.partition.eof", "true"),
        ]
        let committed = Setting("isolation.level", "read_committed")
        // Producers and admin clients would otherwise make the topics they ask for, with the brokers' defaults.
        let common = [Setting("allow.auto.create.topics", "false")]
        switch role {
        case .consumer(let group, let instanceID):
            let instance = instanceID.map { [Setting("group.instance.id", $0)] } ?? []
            return common + reading + [committed, Setting("group.id", group)] + instance
        // librdkafka wants a name even where no group is joined.
        case .reader:
            return common + reading + [committed, Setting("group.id", "stillwatch-reader")]
        case .endLookup:
            return common + reading + [
                Setting("isolation.level", "read_uncommitted"),
                Setting("group.id", "stillwatch-reader"),
            ]
        case .producer: return common + [Setting("enable.idempotence", "true")]
        case .transactionalProducer(let transactionalID):
            return common + [
                Setting("enable.idempotence", "true"),
                Setting("transactional.id", transactionalID),
                Setting("socket.max.fails", "1"),
            ]
        case .admin: return common
        }
    }

    /// Whether a client of `role` takes the property; names of neither list concern all.
    static func concerns(_ name: String, _ role: Role) -> Bool {
        switch role {
        case .consumer, .reader, .endLookup: return !producerNames.contains(name)
        case .producer, .transactionalProducer: return !consumerNames.contains(name)
        case .admin: return !producerNames.contains(name) && !consumerNames.contains(name)
        }
    }

    private static let consumerNames: Set<String> = [
        "partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms",
        "coordinator.query.interval.ms", "max.poll.interval.ms", "queued.min.messages",
        "queued.max.messages.kbytes", "fetch.wait.max.ms", "fetch.queue.backoff.ms",
        "fetch.message.max.bytes", "max.partition.fetch.bytes", "fetch.max.bytes",
        "fetch.min.bytes", "fetch.error.backoff.ms", "check.crcs", "consume.callback.max.messages",
    ]

    private static let producerNames: Set<String> = [
        "transaction.timeout.ms", "queue.buffering.max.messages", "queue.buffering.max.kbytes",
        "queue.buffering.max.ms", "linger.ms", "message.send.max.retries", "retries",
        "queue.buffering.backpressure.threshold", "compression.codec", "compression.type",
        "compression.level", "batch.num.messages", "batch.size", "sticky.partitioning.linger.ms",
        "request.timeout.ms", "message.timeout.ms", "delivery.timeout.ms", "max.in.flight",
        "max.in.flight.requests.per.connection", "produce.offset.report",
    ]
}
