import Broker
import Execution
import Glibc

/// The steps of a producer, on its thread.
///
/// Unchecked Sendable: made elsewhere, used on the producer's thread alone.
final class ProducerSteps: @unchecked Sendable {
    private let settings: ShardProducer.Settings
    private let offsets: GroupOffsets
    private let hooks: Hooks
    private var producer: Producer?
    /// Keeps the memory that librdkafka was lent.
    private var lent: CommitBatch?
    /// Connections closed before the transaction under way began.
    private var closedBefore: UInt64 = 0

    private static let pauseUs: UInt32 = 50_000
    /// How long a look at a topic may take: for a deleted topic librdkafka itself only says that time ran out.
    private static let lookMs: Int32 = 1_000

    init(_ settings: ShardProducer.Settings, offsets: GroupOffsets, hooks: Hooks) {
        self.settings = settings
        self.offsets = offsets
        self.hooks = hooks
    }

    private var isTransactional: Bool { settings.guarantee != .atLeastOnce }

    /// Destroys the client, and with it every reference to lent memory.
    func close() {
        producer = nil
        lent = nil
    }

    // MARK: Start

    func start() throws(BrokerError) -> StepOutcome {
        close()
        try open()
        return .done
    }

    private func open() throws(BrokerError) {
        guard case .exactlyOnce(let identity) = settings.guarantee else {
            producer = try Producer(
                properties: settings.properties, topics: settings.topics, hooks: hooks)
            return
        }
        let producer = try Producer(
            properties: settings.properties,
            role: .transactionalProducer(transactionalID: identity), topics: settings.topics,
            hooks: hooks)
        try takeOver(producer)
        self.producer = consume producer
    }

    /// Takes the identity over, asking again what passes by itself until the time is up.
    private func takeOver(_ producer: borrowing Producer) throws(BrokerError) {
        let deadline = MachineClock.monotonicMs() + Int64(settings.startMs)
        while true {
            let rest = Swift.max(1, deadline - MachineClock.monotonicMs())
            do throws(BrokerError) {
                return try producer.initTransactions(timeoutMs: Int32(rest))
            } catch {
                let mayPass = error.move == .retry || error.move == .unreachable
                guard mayPass else { throw error }
                guard MachineClock.monotonicMs() < deadline else {
                    throw producer.reason(of: error)
                }
                usleep(Self.pauseUs)
            }
        }
    }

    // MARK: A commit batch

    func send(_ lent: LentBatch) throws(BrokerError) -> StepOutcome {
        guard producer != nil else { throw .outOfOrder("send a commit batch") }
        self.lent = lent.batch
        do throws(BrokerError) {
            closedBefore = producer?.closedConnections ?? 0
            if isTransactional { try producer?.beginTransaction() }
            let deadline = MachineClock.monotonicMs() + Int64(settings.flushMs)
            for record in lent.records where !lent.lost.contains(record.owner) {
                try produce(record, of: lent.batch, until: deadline)
            }
            return .done
        } catch {
            throw refusal(error)
        }
    }

    private func produce(
        _ record: CommitBatch.Record, of batch: CommitBatch, until deadlineMs: Int64
    ) throws(BrokerError) {
        try producer?.produce(
            topic: record.partition.topic, partition: record.partition.number,
            key: record.key.map(batch.slice), value: record.value.map(batch.slice),
            timestampMs: record.timestampMs, headers: record.headers, memory: .lent,
            // Read when the queue is full, which is seldom: the clock is not asked for each record.
            waitMs: Int(max(0, deadlineMs - MachineClock.monotonicMs())))
    }

    func flush() throws(BrokerError) -> StepOutcome {
        guard producer != nil else { throw .outOfOrder("flush") }
        do throws(BrokerError) {
            try producer?.flush(timeoutMs: settings.flushMs)
        } catch {
            if let topic = producer?.missingTopic(timeoutMs: Self.lookMs) { throw .missing(topic) }
            throw refusal(error)
        }
        return .done
    }

    /// The word for a failure of sending: what brokers said of the first record they refused.
    ///
    /// Records taken back for another's sake say nothing; the transaction knows what for.
    private func refusal(_ error: BrokerError) -> BrokerError {
        guard isTransactional, producer?.fatalError == nil else { return error.producing }
        // The cause is told at the place of the first record that failed with it, or was taken back for it.
        if let cause = producer?.transactionError() { return cause.during(error.action).producing }
        // Given up: the transaction lacks the record and can only be aborted.
        let isGivenUp = error.move == .retry && error.code == .messageTimedOut
        return isGivenUp ? error.moved(to: .abortTransaction) : error.producing
    }

    func addOffsets(
        _ positions: [PartitionOffset], _ membership: any GroupMembership
    ) throws(BrokerError) -> StepOutcome {
        guard producer != nil else { throw .outOfOrder("add offsets") }
        guard let membership = membership as? GroupMetadata, membership.isValid else {
            throw BrokerError(
                .abortTransaction, code: .illegalGeneration, action: "add offsets",
                text: "the membership had ended when it was captured")
        }
        guard !positions.isEmpty else { return .done }
        if isTransactional {
            try producer?.sendOffsets(
                positions, topics: offsets.topics, group: membership, timeoutMs: settings.stepMs)
        } else {
            try offsets.commit(positions, under: membership, timeoutMs: settings.stepMs)
        }
        return .done
    }

    func commit() throws(BrokerError) -> StepOutcome { try end(isCommit: true) }

    func abort() throws(BrokerError) -> StepOutcome { try end(isCommit: false) }

    private func end(isCommit: Bool) throws(BrokerError) -> StepOutcome {
        let step = isCommit ? "commit" : "abort"
        guard producer != nil else { throw .outOfOrder(step) }
        if !isTransactional {
            closedBefore = producer?.closedConnections ?? 0
        } else if isCommit {
            try producer?.commitTransaction(timeoutMs: settings.stepMs)
        } else {
            try producer?.abortTransaction(timeoutMs: settings.stepMs)
        }
        // Nothing is under way when a commit batch has ended: else its memory is not free.
        guard producer?.pending == 0 else {
            throw BrokerError(.fatal, action: step, text: "records are still under way")
        }
        lent = nil
        let isBroken = producer?.closedConnections != closedBefore
        return isBroken ? .doneOverBrokenConnection : .done
    }

    // MARK: Outcomes

    func readCommitted(_ partitions: [TopicPartition]) throws(BrokerError) -> StepOutcome {
        let found = try offsets.committed(partitions, timeoutMs: settings.readMs)
        return .committed(found.sorted { $0.partition < $1.partition })
    }
}

extension BrokerError {
    /// What is said where a topic is gone.
    fileprivate static func missing(_ topic: String) -> BrokerError {
        BrokerError(
            .configuration, action: "deliver to \(topic)", text: "there is no such topic",
            advice: "create it (stillwatch topics create)")
    }

    /// What is said of a step begun in the wrong order.
    fileprivate static func outOfOrder(_ step: String) -> BrokerError {
        BrokerError(
            .fatal, action: step, text: "there is no producer", advice: "start one first")
    }
}
