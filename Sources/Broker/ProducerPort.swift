/// What came of a producer's step.
public enum StepOutcome: Sendable {
    /// It succeeded.
    case done
    /// It succeeded, but a connection broke meanwhile: a request the client has sent twice may still be under
    /// way, and could end a later transaction. Start again before the next commit batch.
    case doneOverBrokenConnection
    /// What `readCommitted` asked for.
    case committed([PartitionOffset])
    /// It failed.
    case failed(BrokerError)
}

/// A shard's producer, one step at a time. No call waits: `poll` tells the outcome of the step begun last, and
/// no other step is begun before.
///
/// Exactly once: `start`, then for each commit batch `send`, `flush`, `addOffsets`, `commit`; `abort` instead of what
/// is left. At least once: `start`, then `send`, `flush`, `addOffsets` (which commits them through the group), and
/// `commit` and `abort` do nothing. After a failed `commit` or `abort`, or any failure that is not `abortTransaction`,
/// only `start` and `readCommitted` make sense.
public protocol ProducerPort: AnyObject {
    /// Drops the producer there is and makes a new one under the shard's identity, which fences whatever an
    /// earlier one has under way and waits until that is decided.
    func start()
    /// Begins a transaction and queues the records of `batch` that are still wanted; `batch` stays as it is until its
    /// outcome is known.
    func send(_ batch: CommitBatch)
    /// Waits until every record queued is delivered.
    func flush()
    /// Adds positions to the transaction under a membership.
    func addOffsets(_ positions: [PartitionOffset], under membership: any GroupMembership)
    /// Commits the transaction; a failure leaves its outcome unknown.
    func commit()
    /// Takes the transaction back.
    func abort()
    /// Reads what the group has committed, once nothing is pending.
    func readCommitted(_ partitions: [TopicPartition])
    /// The outcome of the last step, once; nil while it is under way.
    func poll() -> StepOutcome?
}
