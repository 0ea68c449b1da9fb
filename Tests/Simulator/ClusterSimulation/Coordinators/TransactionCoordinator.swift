import Broker
import Delivery

/// The coordinator of transactions (Kafka: `TransactionCoordinator`), without KIP-890: a request of the present
/// epoch counts for whatever transaction is under way when it arrives.
///
/// The coordinator's own writes take effect at once and are acknowledged later.
public final class TransactionCoordinator {
    let placements: [Placement]
    unowned let cluster: Cluster
    let timeline: Timeline
    let settings: ClusterSettings
    private var byName: [String: TransactionalID] = [:]
    private var byProducer: [Int64: TransactionalID] = [:]
    private(set) var all: [TransactionalID] = []
    private var nextProducerID: Int64 = 1000
    /// The probability that the answer to a decision that was carried out is an error the library does not know:
    /// it calls the transaction abortable, though it is committed.
    public var endErrorChance = 0.0

    init(cluster: Cluster) {
        self.cluster = cluster
        timeline = cluster.timeline
        settings = cluster.settings
        placements = (0..<cluster.settings.transactionPartitions).map { _ in
            Placement(leader: cluster.random.below(cluster.settings.brokers))
        }
    }

    /// Transactions that are neither committed nor aborted on all partitions yet.
    public var openCount: Int {
        all.count { [.ongoing, .prepareCommit, .prepareAbort].contains($0.state) }
    }

    /// The partition of the coordinator's log that a transactional id belongs to.
    func partition(of name: String) -> Int {
        var hash: UInt32 = 0
        for byte in name.utf8 { hash = hash &* 31 &+ UInt32(byte) }
        return Int(hash % UInt32(placements.count))
    }

    func start() { checkTimeouts() }

    // MARK: Producers

    /// InitProducerId of a producer without transactions: a new id.
    func newProducer() -> ProducerIdentity {
        nextProducerID += 1
        return ProducerIdentity(id: nextProducerID, epoch: 0)
    }

    /// InitProducerId: bumps the epoch, which fences earlier producers. A transaction under way is aborted first,
    /// and until its end, as of one being ended already, the answer is `concurrentTransactions`.
    ///
    /// - Parameter expected: the producer's own identity where it asks for a bump after an error (KIP-360).
    func begin(
        _ name: String, timeoutMs: Int64, expected: ProducerIdentity?, at broker: Int,
        reply: @escaping (Result<ProducerIdentity, CodeError>) -> Void
    ) {
        let index = partition(of: name)
        if let error = cluster.refusal(placements[index], at: broker) {
            return reply(.failure(CodeError(error)))
        }
        let id = byName[name] ?? add(name, index)
        if let expected, id.epoch >= 0, expected.id != id.producerID {
            return reply(.failure(CodeError(.producerFenced)))
        }
        switch id.state {
        case .prepareCommit, .prepareAbort:
            return reply(.failure(CodeError(.concurrentTransactions)))
        case .ongoing:
            id.epoch += 1
            id.lastEpoch = -1
            timeline.note("\(name): fenced, epoch \(id.epoch)")
            end(id, commits: false)
            return later(id) { reply(.failure(CodeError(.concurrentTransactions))) }
        case .empty, .completeCommit, .completeAbort: break
        }
        guard bump(id, expected) else { return reply(.failure(CodeError(.producerFenced))) }
        id.timeoutMs = timeoutMs
        id.state = .empty
        id.partitions = []
        id.hasOffsets = false
        timeline.note("\(name): epoch \(id.epoch)")
        timeline.mix(UInt64(bitPattern: id.producerID) ^ UInt64(UInt16(bitPattern: id.epoch)))
        let identity = id.identity
        later(id) { reply(.success(identity)) }
    }

    private func add(_ name: String, _ partition: Int) -> TransactionalID {
        let id = TransactionalID(
            name: name, partition: partition, producerID: newProducer().id)
        byName[name] = id
        byProducer[id.producerID] = id
        all.append(id)
        return id
    }

    /// Kafka: `prepareIncrementProducerEpoch`.
    private func bump(_ id: TransactionalID, _ expected: ProducerIdentity?) -> Bool {
        guard let expected, id.epoch >= 0 else {
            id.epoch += 1
            id.lastEpoch = -1
            return true
        }
        if expected.epoch == id.epoch {
            id.lastEpoch = id.epoch
            id.epoch += 1
            return true
        }
        // The same request again: its answer was lost.
        return expected.epoch == id.lastEpoch
    }

    /// Answers when the coordinator's log is written.
    func later(_ id: TransactionalID, _ body: @escaping () -> Void) {
        let appendUs = cluster.random.pick(settings.coordinatorAppendUs)
        timeline.after(appendUs + placements[id.partition].stallUs(timeline.nowUs), body)
    }

    // MARK: Transactions

    /// AddPartitionsToTxn.
    func add(
        _ partitions: [TopicPartition], to name: String, of producer: ProducerIdentity,
        at broker: Int, reply: @escaping (ErrorCode?) -> Void
    ) {
        if partitions.contains(where: { cluster.readOnlyTopics.contains($0.topic) }) {
            return reply(.topicAuthorizationFailed)
        }
        add(name, producer, broker, reply) { id in
            for partition in partitions where !id.partitions.contains(partition) {
                id.partitions.append(partition)
            }
        }
    }

    /// AddOffsetsToTxn.
    func addOffsets(
        to name: String, of producer: ProducerIdentity, at broker: Int,
        reply: @escaping (ErrorCode?) -> Void
    ) {
        add(name, producer, broker, reply) { id in id.hasOffsets = true }
    }

    private func add(
        _ name: String, _ producer: ProducerIdentity, _ broker: Int,
        _ reply: @escaping (ErrorCode?) -> Void, _ change: (TransactionalID) -> Void
    ) {
        if let error = cluster.refusal(placements[partition(of: name)], at: broker) {
            return reply(error)
        }
        guard let id = byName[name], id.producerID == producer.id else {
            return reply(.invalidProducerIDMapping)
        }
        guard id.epoch == producer.epoch else { return reply(.producerFenced) }
        switch id.state {
        case .prepareCommit, .prepareAbort: return reply(.concurrentTransactions)
        case .empty, .completeCommit, .completeAbort:
            id.state = .ongoing
            id.startUs = timeline.nowUs
        case .ongoing: break
        }
        change(id)
        later(id) { reply(nil) }
    }

    /// Why a leader may not take a transaction's first batch; nil where the transaction is known.
    func refusal(of producer: ProducerIdentity, on partition: TopicPartition) -> ErrorCode? {
        refusal(of: producer)
            ?? {
                byProducer[producer.id]?.partitions.contains(partition) == true
                    ? nil : .invalidTransactionState
            }()
    }

    /// The same for the group's offsets.
    func refusal(ofGroupIn producer: ProducerIdentity) -> ErrorCode? {
        refusal(of: producer)
            ?? {
                byProducer[producer.id]?.hasOffsets == true ? nil : .invalidTransactionState
            }()
    }

    private func refusal(of producer: ProducerIdentity) -> ErrorCode? {
        guard let id = byProducer[producer.id] else { return .invalidProducerIDMapping }
        // The leader could not ask: Kafka answers what every client repeats.
        guard let leader = placements[id.partition].leader,
            cluster.refusal(placements[id.partition], at: leader) == nil
        else { return .notEnoughReplicas }
        guard id.epoch == producer.epoch else { return .invalidProducerEpoch }
        return id.state == .ongoing ? nil : .invalidTransactionState
    }

    /// The transactional id called `name`; nil before its first producer.
    func find(_ name: String) -> TransactionalID? { byName[name] }

    /// Drops what it holds: the end of the world.
    func close() {}
}
