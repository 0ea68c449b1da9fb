import Delivery
import Glibc
import Kafka
import Primitives

/// The steps of a producer, on its thread.
///
/// Unchecked Sendable: made elsewhere, used on the producer's thread alone.
final class ProducerSteps: @unchecked Sendable {
    private let settings: KafkaProducer.Settings
    private let offsets: GroupOffsets
    private let hooks: Hooks
    private let topics: TopicMap
    /// The consumer's topics, by which positions are named.
    private let sources: TopicMap
    private var producer: Producer?
    /// Keeps the memory that librdkafka was lent.
    private var lent: Cut?
    /// Connections closed before the transaction under way began.
    private var closedBefore: UInt64 = 0

    private static let pauseUs: UInt32 = 50_000
    /// How long a look at a topic may take: for a deleted topic librdkafka itself only says that time ran out.
    private static let lookMs: Int32 = 1_000

    init(_ settings: KafkaProducer.Settings, offsets: GroupOffsets, hooks: Hooks) {
        self.settings = settings
        self.offsets = offsets
        self.hooks = hooks
        topics = TopicMap(settings.topics, [.partials, .alerts, .shadow, .deadLetters, .state])
        sources = TopicMap(settings.topics, [.input, .partials])
    }

    private var isTransactional: Bool { settings.guarantee != .atLeastOnce }

    /// Destroys the client, and with it every reference to lent memory.
    func close() {
        producer = nil
        lent = nil
    }

    // MARK: Start

    func start() throws(ClusterError) -> StepOutcome {
        close()
        do throws(KafkaError) {
            try open()
            return .done
        } catch {
            close()
            throw ClusterError(error)
        }
    }

    private func open() throws(KafkaError) {
        guard case .exactlyOnce(let identity) = settings.guarantee else {
            producer = try Producer(
                properties: settings.properties, topics: topics.names, hooks: hooks)
            return
        }
        let producer = try Producer(
            properties: settings.properties,
            role: .transactionalProducer(transactionalID: identity), topics: topics.names,
            hooks: hooks)
        try takeOver(producer)
        self.producer = consume producer
    }

    /// Takes the identity over, asking again what passes by itself until the time is up.
    private func takeOver(_ producer: borrowing Producer) throws(KafkaError) {
        let deadline = Clock.monotonicMs() + Int64(settings.startMs)
        while true {
            let rest = Swift.max(1, deadline - Clock.monotonicMs())
            do throws(KafkaError) {
                return try producer.initTransactions(timeoutMs: Int32(rest))
            } catch {
                let mayPass = error.move == .retry || error.move == .unreachable
                guard mayPass else { throw error }
                guard Clock.monotonicMs() < deadline else {
                    throw producer.reason(of: error)
                }
                usleep(Self.pauseUs)
            }
        }
    }

    // MARK: A cut

    func send(_ lent: LentCut) throws(ClusterError) -> StepOutcome {
        guard producer != nil else { throw .outOfOrder("send a cut") }
        self.lent = lent.cut
        do throws(KafkaError) {
            closedBefore = producer?.closedConnections ?? 0
            if isTransactional { try producer?.beginTransaction() }
            let deadline = Clock.monotonicMs() + Int64(settings.flushMs)
            for record in lent.records where !lent.lost.contains(record.owner) {
                try produce(record, of: lent.cut, until: deadline)
            }
            return .done
        } catch {
            throw refusal(error)
        }
    }

    private func produce(
        _ record: Cut.Record, of cut: Cut, until deadlineMs: Int64
    ) throws(KafkaError) {
        var partition = record.partition.number
        if record.partition.topic == .state { partition %= max(1, settings.statePartitions) }
        try producer?.produce(
            topic: topics.index(of: record.partition.topic), partition: partition,
            key: record.key.map(cut.slice), value: record.value.map(cut.slice),
            timestampMs: record.timestampMs,
            headers: Self.headers(of: record), memory: .lent,
            // Read when the queue is full, which is seldom: the clock is not asked for each record.
            waitMs: Int(max(0, deadlineMs - Clock.monotonicMs())))
    }

    private static func headers(of record: Cut.Record) -> [Producer.Header] {
        record.originals.map { Producer.Header($0.name, $0.value) }
            + record.headers.map { Producer.Header($0.name, $0.value) }
    }

    func flush() throws(ClusterError) -> StepOutcome {
        guard producer != nil else { throw .outOfOrder("flush") }
        do throws(KafkaError) {
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
    private func refusal(_ error: KafkaError) -> ClusterError {
        guard isTransactional, producer?.fatalError == nil else {
            return ClusterError(producing: error)
        }
        if let cause = producer?.transactionError() {
            return ClusterError(producing: located(cause, at: error))
        }
        // Given up, as `_MSG_TIMED_OUT`: the transaction lacks the record and can only be aborted.
        let isGivenUp = error.move == .retry && error.detail.name == "_MSG_TIMED_OUT"
        return ClusterError(
            producing: isGivenUp ? KafkaError(.abortTransaction, error.detail) : error)
    }

    /// A cause at the place of the first record that failed with it, or was taken back for it.
    private func located(_ cause: KafkaError, at record: KafkaError) -> KafkaError {
        var detail = cause.detail
        detail.action = record.detail.action
        return KafkaError(cause.move, detail)
    }

    func addOffsets(
        _ positions: [Position], _ membership: any Membership
    ) throws(ClusterError) -> StepOutcome {
        guard producer != nil else { throw .outOfOrder("add offsets") }
        guard let membership = membership as? KafkaMembership, membership.isValid else {
            throw ClusterError(
                .abortTransaction, name: "ILLEGAL_GENERATION",
                description: "add offsets: the membership had ended when it was captured")
        }
        guard !positions.isEmpty else { return .done }
        do throws(KafkaError) {
            let list = positions.map(sources.offset)
            if isTransactional {
                try producer?.sendOffsets(
                    list, topics: sources.names, group: membership.metadata,
                    timeoutMs: settings.stepMs)
            } else {
                try offsets.commit(
                    list, under: membership.metadata, timeoutMs: settings.stepMs)
            }
            return .done
        } catch {
            throw ClusterError(error)
        }
    }

    func commit() throws(ClusterError) -> StepOutcome { try end(isCommit: true) }

    func abort() throws(ClusterError) -> StepOutcome { try end(isCommit: false) }

    private func end(isCommit: Bool) throws(ClusterError) -> StepOutcome {
        let step = isCommit ? "commit" : "abort"
        guard producer != nil else { throw .outOfOrder(step) }
        do throws(KafkaError) {
            if !isTransactional {
                closedBefore = producer?.closedConnections ?? 0
            } else if isCommit {
                try producer?.commitTransaction(timeoutMs: settings.stepMs)
            } else {
                try producer?.abortTransaction(timeoutMs: settings.stepMs)
            }
        } catch {
            throw ClusterError(error)
        }
        // Nothing is under way when a cut has ended: else its memory is not free.
        guard producer?.pending == 0 else {
            throw ClusterError(
                .fatal, name: "_STATE", description: "\(step): records are still under way")
        }
        lent = nil
        let isBroken = producer?.closedConnections != closedBefore
        return isBroken ? .doneOverBrokenConnection : .done
    }

    // MARK: Outcomes

    func readCommitted(_ partitions: [PartitionID]) throws(ClusterError) -> StepOutcome {
        do throws(KafkaError) {
            let found = try offsets.committed(
                partitions.map(sources.partition), timeoutMs: settings.readMs)
            return .committed(found.map(sources.position).sorted { $0.partition < $1.partition })
        } catch {
            throw ClusterError(error)
        }
    }
}
