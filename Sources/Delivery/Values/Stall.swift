import Broker
import Primitives

/// A partition that has something to read and does not move, and why.
public struct Stall: Sendable, Equatable {
    /// What it waits for.
    public enum Reason: Sendable, Equatable {
        /// It is ahead in event time of a partition that has something to read and has come to `slowest`.
        case alignment(behind: Int32, slowest: EventTime)
        /// Waiting partials fill their part of the memory: only this slowest partition goes on.
        case memory(behind: Int32, slowest: EventTime)
        /// Its state is being restored.
        case restoring
        /// Rules were changed, and the first snapshot under them is not safe yet.
        case snapshot
        /// Its last event lies ahead, and counts once a further event confirms it.
        case pendingJump
        /// What was put out fills the open commit batch, and the one before is not committed.
        case commits
        /// The group has not said under which membership work goes on.
        case membership
        /// Its broker delivers nothing.
        case broker
    }

    /// The partition.
    public var partition: TopicPartition
    /// What it waits for.
    public var reason: Reason
    /// Milliseconds without a record, as far as they were lived through.
    public var forMs: Int64
}
