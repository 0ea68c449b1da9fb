import Primitives
import Synchronization

/// Where the input partitions stand in event time: read by all shards of a process, to hold back those ahead.
///
/// Partitions of this process are noted by their INGEST tasks. Those of other processes are known from the
/// blocks that this process's ENTITY tasks read: every source tells every shuffle partition how far it is.
/// Looked at once a step of a shard: a short lock a source and task, beside batches of thousands of records.
public final class AlignmentBoard: Sendable {
    /// A partition's standing.
    struct Standing: Sendable, Equatable {
        /// Its highest event time.
        var highest: EventTime
        /// Whether it has nothing more to read for now: then it holds nobody back.
        var isQuiet: Bool
    }

    private struct State {
        var own: [Int32: Standing] = [:]
        var others: [Int32: Standing] = [:]
        /// Partitions the topic has; state from before may tell of more.
        var count = Int32.max
        var waitingBytes: [Int: Int] = [:]
    }

    private let state = Mutex(State())
    private let isHungry = Atomic<Bool>(false)
    private let waitingLimit: Int

    /// A board; over `waitingLimit` bytes of waiting partials only the slowest partitions go on.
    public init(waitingLimit: Int) { self.waitingLimit = waitingLimit }

    /// Notes where a partition read here stands.
    func note(_ partition: Int32, _ standing: Standing) {
        state.withLock { $0.own[partition] = standing }
    }

    /// Forgets a partition that went elsewhere.
    func forget(_ partition: Int32) { state.withLock { $0.own[partition] = nil } }

    /// Notes where a partition stands by what its blocks tell; it never goes back.
    func hear(_ partition: Int32, _ standing: Standing) {
        state.withLock { state in
            guard partition < state.count else { return }
            if let known = state.others[partition], known.highest > standing.highest { return }
            state.others[partition] = standing
        }
    }

    /// Notes how many partitions there are: what is heard of others, or was, holds nobody back.
    func note(partitions count: Int) {
        state.withLock { state in
            state.count = Int32(count)
            state.others = state.others.filter { $0.key < state.count }
        }
    }

    /// Forgets what was heard: no task of this process hears any more.
    func forgetOthers() { state.withLock { $0.others = [:] } }

    /// Notes how many bytes of partials wait in a shard for their pane.
    func noteWaiting(shard: Int, bytes: Int) {
        state.withLock { $0.waitingBytes[shard] = bytes }
    }

    /// Notes that a shard gets less than it could take while there is more to read.
    func noteHunger() { isHungry.store(true, ordering: .relaxed) }

    /// Whether a shard was hungry since the last call; some client libraries need a push then.
    public func takeHunger() -> Bool { isHungry.exchange(false, ordering: .relaxed) }

    /// The event time up to which a partition may be read; nil where nothing holds it back.
    func limit(alignmentMs: Int64) -> EventTime? {
        state.withLock { state in
            var slowest: EventTime?
            for standing in state.own.values where !standing.isQuiet {
                slowest = min(slowest ?? standing.highest, standing.highest)
            }
            for (partition, standing) in state.others
            where state.own[partition] == nil && !standing.isQuiet {
                slowest = min(slowest ?? standing.highest, standing.highest)
            }
            guard let slowest else { return nil }
            let isCrowded = state.waitingBytes.values.reduce(0, +) > waitingLimit
            return slowest.advanced(byMs: isCrowded ? 0 : alignmentMs)
        }
    }
}
