import Broker
import Primitives
import Synchronization
import Topology

/// Where the input partitions stand in event time: read by all shards of a process, to hold back those ahead.
///
/// Partitions of this process are noted by their INGEST tasks. Those of other processes are known from the
/// blocks that this process's ENTITY tasks read: every source tells every shuffle partition how far it is.
/// Looked at once a step of a shard: a short lock a source and task, beside batches of thousands of records.
public final class AlignmentBoard: Sendable {
    /// A partition's standing.
    struct Standing: Sendable, Equatable {
        /// Its highest event time; nil before its first event.
        var highest: EventTime?
        /// Whether it has nothing more to read for now: then it holds nobody back.
        var isQuiet: Bool
    }

    /// How far partitions may be read, and who says so.
    struct Limit: Sendable, Equatable {
        /// The event time up to which a partition may be read.
        var time: EventTime
        /// The slowest partition that has something to read.
        var partition: Int32
        /// How far that has come.
        var slowest: EventTime
        /// Whether waiting partials fill their part of the memory, so that only the slowest goes on.
        var isCrowded: Bool

        /// Whether a partition at `highest` has to wait.
        func holds(_ highest: EventTime?) -> Bool { highest.map { $0 > time } ?? false }
    }

    private struct State {
        var own: [Int32: Standing] = [:]
        /// What each ENTITY task of this process has heard, by task and source.
        var heard: [TopicPartition: [Int32: Standing]] = [:]
        /// The furthest that any task has heard of a source.
        var others: [Int32: Standing] = [:]
        /// Partitions the topic has; state from before may tell of more.
        var count = Int32.max
        var waitingBytes: [Int: Int] = [:]

        mutating func hear(_ partition: Int32, _ standing: Standing, by task: TopicPartition) {
            guard partition < count, heard[task]?[partition] != standing else { return }
            heard[task, default: [:]][partition] = standing
            combine(partition)
        }

        /// A task that lags behind another does not take back what that knows; a source whose topic was made
        /// anew goes back once every task has heard so.
        mutating func combine(_ partition: Int32) {
            var furthest: Standing?
            for case .some(let standing) in heard.values.lazy.map({ $0[partition] }) {
                guard let known = furthest, let far = known.highest else {
                    furthest = standing
                    continue
                }
                let near = standing.highest ?? .distantPast
                if near > far || near == far && standing.isQuiet { furthest = standing }
            }
            others[partition] = furthest
        }

        /// The slowest of those that have something to read.
        var slowest: (partition: Int32, time: EventTime)? {
            var slowest: (partition: Int32, time: EventTime)?
            func take(_ partition: Int32, _ standing: Standing) {
                guard !standing.isQuiet, let time = standing.highest else { return }
                let known = slowest ?? (.max, EventTime(ms: .max))
                if (time, partition) < (known.time, known.partition) { slowest = (partition, time) }
            }
            for (partition, standing) in own { take(partition, standing) }
            for (partition, standing) in others where own[partition] == nil {
                take(partition, standing)
            }
            return slowest
        }
    }

    private let state = Mutex(State())
    private let isHungry = Atomic<Bool>(false)
    private let waitingLimit: Int

    /// A board; over `waitingLimit` bytes of waiting partials only the slowest partitions go on.
    public init(waitingLimit: Int) { self.waitingLimit = waitingLimit }

    /// Notes where a partition read here stands; what others tell of it does not count any more.
    func note(_ partition: Int32, _ standing: Standing) {
        state.withLock { $0.own[partition] = standing }
    }

    /// Forgets a partition that went elsewhere.
    func forget(_ partition: Int32) { state.withLock { $0.own[partition] = nil } }

    /// Notes where a partition stands by the blocks that an ENTITY task of this process has read.
    func hear(_ partition: Int32, _ standing: Standing, by task: TopicPartition) {
        state.withLock { $0.hear(partition, standing, by: task) }
    }

    /// Notes where the input partitions stand by the blocks that a task of this process has read.
    func hear(_ inputs: [SourceStatus], by task: TopicPartition, width: PaneWidth) {
        for (number, status) in inputs.enumerated() {
            guard let last = status.lastPane else { continue }
            let standing = Standing(
                highest: width.start(of: Pane(index: last.index &+ 1)),
                isQuiet: !status.isActive || status.isCaughtUp)
            hear(Int32(number), standing, by: task)
        }
    }

    /// Notes how many partitions there are: what is heard of others, or was, holds nobody back.
    func note(partitions count: Int) {
        state.withLock { state in
            state.count = Int32(count)
            state.others = state.others.filter { $0.key < state.count }
            state.heard = state.heard.mapValues { $0.filter { $0.key < Int32(count) } }
        }
    }

    /// Forgets what an ENTITY task has heard: it went elsewhere.
    func forget(task: TopicPartition) {
        state.withLock { state in
            guard let gone = state.heard.removeValue(forKey: task) else { return }
            for partition in gone.keys { state.combine(partition) }
        }
    }

    /// Notes how many bytes of partials wait in a shard for their pane.
    func noteWaiting(shard: Int, bytes: Int) {
        state.withLock { $0.waitingBytes[shard] = bytes }
    }

    /// Notes that a shard gets less than it could take while there is more to read.
    func noteHunger() { isHungry.store(true, ordering: .relaxed) }

    /// Whether a shard was hungry since the last call; some client libraries need a push then.
    public func takeHunger() -> Bool { isHungry.exchange(false, ordering: .relaxed) }

    /// How far partitions may be read; nil where nothing holds them back.
    func limit(alignmentMs: Int64) -> Limit? {
        state.withLock { state in
            guard let slowest = state.slowest else { return nil }
            let isCrowded = state.waitingBytes.values.reduce(0, +) > waitingLimit
            return Limit(
                time: slowest.time.advanced(byMs: isCrowded ? 0 : alignmentMs),
                partition: slowest.partition, slowest: slowest.time, isCrowded: isCrowded)
        }
    }
}
