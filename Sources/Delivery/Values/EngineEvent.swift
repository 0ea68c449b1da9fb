import Broker
import Events
import Snapshots
import Topology

/// Something that happened, for the log and the counters of the program around.
public enum EngineEvent: Sendable {
    // MARK: Group

    /// Partitions were taken on.
    case assigned(inputs: Int, shuffles: Int, epoch: UInt32)
    /// Partitions went.
    case revoked(count: Int, isLost: Bool)
    /// The membership had ended before its partitions could be begun.
    case membershipOver
    /// Something is wrong, and passes by itself or not.
    case clusterTrouble(BrokerError)
    /// The brokers do not tell where to begin; asked again.
    case lookupFailed(BrokerError, attempts: Int)
    /// Records that were not read are gone, and the configuration accepts that: reading goes on at `start`.
    case dataLossAccepted(TopicPartition, committed: Int64, start: Int64)
    /// The group has committed nothing for an input partition: it is begun at `start`.
    case begunWithoutOffset(TopicPartition, start: Int64)
    /// The input topic has more partitions than before.
    case inputGrew(partitions: Int)

    // MARK: Commit batches

    /// The shard has a producer.
    case producerStarted(afterFailures: Int)
    /// A step of a commit batch failed; it is tried again with the same bytes.
    case commitFailed(step: String, error: BrokerError, failures: Int)
    /// What became of a commit batch whose commit had no clear end.
    case outcomeResolved(batch: String, wasCommitted: Bool)
    /// The membership a commit batch was to be committed under is over: it waits for what the group says.
    case batchRefused(batch: String, BrokerError)
    /// Others have committed what a commit batch was to commit: it is dropped.
    case batchStale(batch: String)
    /// Nothing could be committed for so long.
    case commitsStalled(ms: Int64)
    /// A partition could not be settled in time when it was revoked: its last commit batch is dropped.
    case settlingTimedOut

    // MARK: Tasks

    /// A record was set aside as a dead letter.
    case deadLetter(partition: Int32, offset: Int64, reason: RejectReason, field: EventField?)
    /// A record of a task's log became a dead letter.
    case refused(TopicPartition, offset: Int64, reason: String, advice: String)
    /// A source partition is silent and read to its end.
    case sourceIdle(partition: Int32)
    /// A source's blocks do not follow each other.
    case missingRecords(partition: Int32, count: Int)

    /// A partition has something to read and has not moved for a minute, nor has what it waits for.
    case stalled(Stall)
    /// Of the partitions to be read to their end some are with other members, who have read them: whether their
    /// findings are closed is up to those.
    case endedWithOthers(partitions: Int)

    // MARK: Restoring

    /// A task begins to restore.
    case restoreBegan(TaskID, committed: Int64)
    /// How far a restore is.
    case restoreProgress(RestoreProgress)
    /// A snapshot cannot be used.
    case snapshotUnusable(TaskID, SnapshotID, reason: String)
    /// State was kept under other rules: what those need and the state does not have.
    case stateChanged(TaskID, RestoreReport)
    /// No snapshot can be used: the task is rebuilt from the partition's records from `offset` on.
    case rebuilding(TaskID, from: Int64, lost: Bool)
    /// A task is restored.
    case restored(TaskID, RestoreSummary)
    /// Reading a task's state or history failed; it begins again.
    case restoreFailed(TaskID, BrokerError)

    // MARK: Snapshots

    /// A snapshot's pages are on their way.
    case snapshotTaken(TaskID, SnapshotID, pages: Int, bytes: Int)
    /// A snapshot could not be written; the one before stays good.
    case snapshotFailed(TaskID, SnapshotID, BrokerError)
    /// The instance ends, and so many tasks' last snapshots were not written in time.
    case lastSnapshotsTimedOut(tasks: Int)
}

/// How far a restore is.
public struct RestoreProgress: Sendable, Equatable {
    /// What it is doing.
    public enum Step: String, Sendable {
        /// Reading the store.
        case reading
        /// Reading the partition again.
        case replaying
    }

    /// Whose state.
    public var task: TaskID
    /// What it is doing.
    public var step: Step
    /// Bytes or records done, and in all; 0 where that is not known.
    public var done: Int64
    /// In all.
    public var total: Int64
    /// Milliseconds since the step began.
    public var elapsedMs: Int64

    /// Done per second.
    public var rate: Double { elapsedMs > 0 ? Double(done) * 1000 / Double(elapsedMs) : 0 }
    /// Milliseconds left at this rate; nil where that cannot be told.
    public var remainingMs: Int64? {
        guard rate > 0, total > 0 else { return nil }
        return Int64(Double(max(0, total - done)) / rate * 1000)
    }
}

/// What a restore came to.
public struct RestoreSummary: Sendable, Equatable {
    /// The snapshot it began from; nil where it was rebuilt from records alone.
    public var snapshot: SnapshotID?
    /// Entities the task knows.
    public var entities: Int
    /// Records of the partition read again.
    public var replayed: Int
    /// How long it took.
    public var elapsedMs: Int64

    /// Whether nothing was there to restore: the task's first start.
    public var isEmpty: Bool { snapshot == nil && replayed == 0 && entities == 0 }
}
