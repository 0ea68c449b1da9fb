import Primitives
import Synchronization

/// Where this process's input partitions stand in event time: read by all shards, to hold back those ahead.
///
/// One lock per look, a few looks a second and shard.
final class AlignmentBoard: Sendable {
    /// A partition's standing.
    struct Standing: Sendable {
        /// Its highest event time.
        var highest: EventTime
        /// Whether it has nothing more to read for now: then it holds nobody back.
        var isCaughtUp: Bool
    }

    private let standings = Mutex<[Int32: Standing]>([:])
    /// Whether some shard waits for input that the brokers have: the engine then wakes the fetchers.
    let isHungry = Atomic<Bool>(false)

    /// Notes where a partition stands.
    func note(_ partition: Int32, _ standing: Standing) {
        standings.withLock { $0[partition] = standing }
    }

    /// Forgets a partition that went elsewhere.
    func forget(_ partition: Int32) { standings.withLock { $0[partition] = nil } }

    /// The event time of the partition furthest behind; nil where all are caught up.
    func slowest() -> EventTime? {
        standings.withLock { $0.values.lazy.filter { !$0.isCaughtUp }.map(\.highest).min() }
    }
}
