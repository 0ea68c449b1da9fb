/// Something that can happen: one type emits both its numbers and its log line, so the two agree.
public protocol Occurrence: Sendable {
    /// Adds to the counters what happened.
    func count(in counters: inout Counters)
    /// Writes what happened; repeats are held back by the logger's handler.
    func log(to logger: Logger)
}

extension Occurrence {
    /// Counts and logs in one call.
    public func emit(_ counters: inout Counters, _ logger: Logger) {
        count(in: &counters)
        log(to: logger)
    }
}

/// A record could not be used and went to the dead-letter topic.
public struct RecordDeadLettered: Occurrence {
    private let topic: String
    private let partition: Int32
    private let offset: Int64
    private let reason: String

    /// The record at `topic`/`partition`/`offset`, set aside for `reason` (one of a bounded set).
    public init(topic: String, partition: Int32, offset: Int64, reason: String) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.reason = reason
    }

    /// Adds a dead letter.
    public func count(in counters: inout Counters) { counters[.deadLetters] += 1 }

    /// Warns with the record's place, never its bytes.
    public func log(to logger: Logger) {
        logger.warning(
            "record set aside as a dead letter",
            metadata: [
                "topic": .string(topic), "partition": .count(partition), "offset": .count(offset),
                "reason": .string(reason),
            ])
    }
}

/// State was over its budget and the longest-idle entities were forgotten.
public struct EntitiesEvicted: Occurrence {
    private let entities: Int
    private let budgetBytes: Int64

    /// So many entities went, under a budget of `budgetBytes`.
    public init(entities: Int, budgetBytes: Int64) {
        self.entities = entities
        self.budgetBytes = budgetBytes
    }

    /// Adds the entities.
    public func count(in counters: inout Counters) { counters[.entitiesEvicted] += Int64(entities) }

    /// Warns and names the setting to raise.
    public func log(to logger: Logger) {
        logger.warning(
            "state is over its memory budget, longest-idle entities forgotten; raise state.memory_budget",
            metadata: ["entities": .count(entities), "budget_bytes": .count(budgetBytes)])
    }
}

/// Partitions came to this process or left it.
public struct PartitionsMoved: Occurrence {
    private let topic: String
    private let partitions: [Int32]
    private let isAssigned: Bool

    /// The partitions of `topic` that were assigned, or revoked.
    public init(topic: String, partitions: [Int32], isAssigned: Bool) {
        self.topic = topic
        self.partitions = partitions
        self.isAssigned = isAssigned
    }

    /// Adds the partitions to those assigned or revoked.
    public func count(in counters: inout Counters) {
        counters[isAssigned ? .partitionsAssigned : .partitionsRevoked] += Int64(partitions.count)
    }

    /// Says which.
    public func log(to logger: Logger) {
        let numbers = partitions.sorted().map(String.init).joined(separator: ",")
        logger.info(
            isAssigned ? "partitions assigned" : "partitions revoked",
            metadata: ["topic": .string(topic), "partitions": .string(numbers)])
    }
}

/// A commit failed; the caller decides what follows.
public struct CommitFailed: Occurrence {
    private let shard: Int
    private let error: String

    /// The commit of `shard` failed with `error`.
    public init(shard: Int, error: String) {
        self.shard = shard
        self.error = error
    }

    /// Adds a failed commit.
    public func count(in counters: inout Counters) { counters[.commitsFailed] += 1 }

    /// Reports the error.
    public func log(to logger: Logger) {
        logger.error("commit failed", metadata: ["shard": .count(shard), "error": .string(error)])
    }
}

/// The Kafka library reported an error it deals with itself.
public struct KafkaErrorReported: Occurrence {
    private let client: String
    private let error: String
    private let isFatal: Bool

    /// `client` reported `error`.
    public init(client: String, error: String, isFatal: Bool) {
        self.client = client
        self.error = error
        self.isFatal = isFatal
    }

    /// Adds an error.
    public func count(in counters: inout Counters) { counters[.kafkaErrors] += 1 }

    /// A warning, or an error when the client cannot go on.
    public func log(to logger: Logger) {
        logger.log(
            level: isFatal ? .error : .warning,
            isFatal ? "Kafka client failed" : "Kafka client reports an error",
            metadata: ["client": .string(client), "error": .string(error)])
    }
}
