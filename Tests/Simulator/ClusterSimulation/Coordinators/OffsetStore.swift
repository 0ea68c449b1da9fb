import Broker
import Delivery

/// An offset that was committed, with who committed it and when.
public struct OffsetCommit: Sendable {
    /// The position.
    public var position: PartitionOffset
    /// When it took effect, in virtual milliseconds.
    public var timeMs: Int64
    /// The generation it was committed under; -1 for none.
    public var generation: Int32
    /// The static member that committed it; nil for a dynamic one.
    public var instanceID: String?
    /// The transactional producer; -1 for a commit without a transaction.
    public var producerID: Int64
    /// Counts commits in the order they were written; a transaction's take effect with its marker.
    var order: Int
}

/// The group's committed offsets, and those of transactions that are not decided (Kafka:
/// `OffsetMetadataManager`).
struct OffsetStore {
    /// What a transaction will commit, if it is.
    private struct Pending {
        var producerID: Int64
        var epoch: Int16
        var commits: [OffsetCommit]
    }

    /// Every commit that took effect, in that order.
    private(set) var history: [OffsetCommit] = []
    private var current: [TopicPartition: OffsetCommit] = [:]
    private var pending: [Pending] = []
    /// The highest epoch seen of a producer.
    private var epochs: [Int64: Int16] = [:]
    private var order = 0

    /// What is committed of a partition.
    func committed(_ partition: TopicPartition) -> OffsetCommit? { current[partition] }

    /// Whether a transaction may still change what is committed of a partition.
    func isPending(_ partition: TopicPartition) -> Bool {
        pending.contains { $0.commits.contains { $0.position.partition == partition } }
    }

    mutating func commit(_ commits: [OffsetCommit]) {
        order += 1
        for commit in commits { apply(commit, order: order) }
    }

    private mutating func apply(_ commit: OffsetCommit, order: Int) {
        var commit = commit
        commit.order = order
        // What was written later stays, whenever the transaction ends.
        if let known = current[commit.position.partition], known.order > order { return }
        current[commit.position.partition] = commit
        history.append(commit)
    }

    /// Notes a transaction's offsets; false for an epoch older than one seen.
    mutating func addPending(_ commits: [OffsetCommit], producerID: Int64, epoch: Int16) -> Bool {
        if epoch < epochs[producerID] ?? -1 { return false }
        epochs[producerID] = epoch
        order += 1
        let index = pending.firstIndex { $0.producerID == producerID }
        let slot = index ?? pending.count
        if index == nil {
            pending.append(Pending(producerID: producerID, epoch: epoch, commits: []))
        }
        for var commit in commits {
            commit.order = order
            let partition = commit.position.partition
            pending[slot].commits.removeAll { $0.position.partition == partition }
            pending[slot].commits.append(commit)
        }
        return true
    }

    /// Whether a transaction has offsets here.
    func hasPending(_ producerID: Int64) -> Bool {
        pending.contains { $0.producerID == producerID }
    }

    /// A marker ends a producer's transaction; false for an epoch older than one seen.
    mutating func end(producerID: Int64, epoch: Int16, commits: Bool, nowMs: Int64) -> Bool {
        if epoch < epochs[producerID] ?? -1 { return false }
        epochs[producerID] = epoch
        guard let index = pending.firstIndex(where: { $0.producerID == producerID }) else {
            return true
        }
        let ended = pending.remove(at: index)
        guard commits else { return true }
        for var commit in ended.commits {
            commit.timeMs = nowMs
            apply(commit, order: commit.order)
        }
        return true
    }

    /// Forgets a deleted topic.
    mutating func forget(_ topic: Topic) {
        for partition in current.keys.filter({ $0.topic == topic }) { current[partition] = nil }
        for index in pending.indices {
            pending[index].commits.removeAll { $0.position.partition.topic == topic }
        }
    }
}
