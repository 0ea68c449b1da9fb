/// How the simulated brokers behave; defaults are Kafka's, or what was measured of a small cluster.
public struct ClusterSettings: Sendable {
    /// Brokers; every partition has a replica on each.
    public var brokers = 3
    /// `min.insync.replicas`: with fewer brokers up nothing can be produced.
    public var minInSync = 2
    /// One way through the network.
    public var latencyUs: ClosedRange<Micros> = 120...700
    /// Until a batch is on all in-sync replicas, and acknowledged.
    public var replicationUs: ClosedRange<Micros> = 300...2_500
    /// Until a coordinator has written its own log, and answers.
    public var coordinatorAppendUs: ClosedRange<Micros> = 300...2_000
    /// Until a transaction's marker is on a partition.
    public var markerUs: ClosedRange<Micros> = 300...4_000
    /// Until the partitions of a broker that died have another leader.
    public var failoverUs: ClosedRange<Micros> = 300_000...6_000_000
    /// Until a new coordinator has read its log.
    public var loadUs: ClosedRange<Micros> = 10_000...500_000
    /// `group.initial.rebalance.delay.ms`: an empty group waits for more members.
    public var initialRebalanceDelayMs: Int64 = 3_000
    /// How often transactions are checked for their timeout.
    public var transactionCheckMs: Int64 = 10_000
    /// Partitions of the transaction coordinator's log; transactional ids are spread over them.
    public var transactionPartitions = 3
    /// Whether leaders ask the coordinator before a transaction's first batch (`transaction.partition.
    /// verification.enable`, the default since Kafka 3.6).
    public var verifiesTransactions = true
    /// `fetch.wait.max.ms`: how long a fetch waits at the end of a partition before it says so.
    public var fetchWaitMs: Int64 = 500
    /// The newest records of a compacted partition, which compaction leaves alone.
    public var activeTail = 16
    /// `delete.retention.ms`: how long a tombstone stays after compaction has seen it.
    public var tombstoneMs: Int64 = 10_000
    /// Lines of trace kept.
    public var traceCapacity = 20_000

    /// The defaults.
    public init() {}
}

/// How the client library behaves; the defaults are our own properties for it, or librdkafka's.
public struct ClientSettings: Sendable {
    /// `session.timeout.ms`
    public var sessionTimeoutMs: Int64 = 20_000
    /// `heartbeat.interval.ms`
    public var heartbeatMs: Int64 = 3_000
    /// `max.poll.interval.ms`, which is the rebalance timeout as well.
    public var maxPollMs: Int64 = 60_000
    /// Whether partitions are handed over one by one (`cooperative-sticky`) instead of all at once (`range`).
    public var isCooperative = false
    /// `topic.metadata.refresh.interval.ms`: how long until a change of partition counts is noticed.
    public var metadataRefreshMs: Int64 = 300_000
    /// `retry.backoff.ms`
    public var retryBackoffMs: Int64 = 5
    /// `reconnect.backoff.ms`; doubled by each failure up to `reconnectBackoffMaxMs`.
    public var reconnectBackoffMs: Int64 = 100
    /// `reconnect.backoff.max.ms`
    public var reconnectBackoffMaxMs: Int64 = 1_000
    /// The pause before a coordinator is looked for again (fixed in librdkafka).
    public var coordinatorQueryMs: Int64 = 500
    /// The pause before the offsets of a transaction are sent again (fixed in librdkafka).
    public var offsetRetryMs: Int64 = 500
    /// `transaction.timeout.ms`
    public var transactionTimeoutMs: Int64 = 10_000
    /// `message.timeout.ms` of transactional producers.
    public var messageTimeoutMs: Int64 = 8_000
    /// `message.timeout.ms` of other producers.
    public var plainMessageTimeoutMs: Int64 = 120_000
    /// `linger.ms`
    public var lingerMs: Int64 = 5
    /// Records of a partition in one batch.
    public var batchRecords = 10_000
    /// Bytes of records in one batch.
    public var batchBytes = 1_000_000
    /// The time given to commit, abort and adding offsets.
    public var stepTimeoutMs: Int64 = 5_000
    /// The time given to flush.
    public var flushTimeoutMs: Int64 = 10_000
    /// The time given to taking a transactional id over.
    public var startTimeoutMs: Int64 = 15_000
    /// The time given to questions: committed offsets, bounds.
    public var lookupTimeoutMs: Int64 = 10_000
    /// Records of a partition fetched ahead.
    public var prefetchRecords = 10_000
    /// Bytes of a partition fetched ahead.
    public var prefetchBytes = 4 << 20
    /// Bytes of one fetch.
    public var fetchBytes = 1 << 20
    /// Planted: `isolation.level=read_uncommitted`.
    public var readsUncommitted = false
    /// Planted: committed offsets are read while a transaction may still change them.
    public var readsUnstableOffsets = false

    /// The defaults.
    public init() {}
}
