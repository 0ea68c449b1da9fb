import Broker
import Delivery
import Primitives

/// A producer of the library (librdkafka: `rdkafka_txnmgr.c`, `rdkafka_idempotence.c`): idempotent, and with a
/// transactional id transactional.
///
/// Each call that takes time is given what to do at its end: nil for success, or the error with the move that
/// our client gives it (`Kafka.check`).
final class ProducerClient: ClientHandle {
    /// The library's transaction states.
    enum State {
        case initial, ready, inTransaction
        case committing
        /// Committed after the program had stopped waiting; told when it asks again.
        case committedUnasked
        case aborting, abortable, fatal
    }

    typealias Done = (BrokerError?) -> Void

    let transactionalID: String?
    var state = State.initial
    var identity: ProducerIdentity?
    var partitions: [OutgoingPartition] = []
    private var indexes: [TopicPartition: Int] = [:]
    /// What made the transaction abortable, or ended the producer.
    var failure: BrokerError?
    /// The first delivery that failed since the last flush.
    var deliveryFailure: BrokerError?
    /// Requests the coordinator may have seen in this transaction: without any there is nothing to end.
    var requests = 0
    /// Whether the epoch must be bumped before the next transaction.
    var needsBump = false
    var isRegistering = false
    /// Counts transactions: answers of an earlier one are void.
    var transaction = 0
    private(set) lazy var link = CoordinatorLink(self) { [cluster, transactionalID] in
        cluster.transactionCoordinator(of: transactionalID ?? "")
    }
    private(set) lazy var groupLink = CoordinatorLink(self) { [cluster] in
        cluster.groupCoordinator()
    }
    private var flushing: Done?
    private var flushNumber = 0
    private var pending: Done?
    private var pendingNumber = 0
    private var isPumpPlanned = false
    private var isExpiryPlanned = false

    init(_ process: SimProcess, transactionalID: String?, settings: ClientSettings) {
        self.transactionalID = transactionalID
        super.init(process, settings)
    }

    override func close() {
        super.close()
        flushing = nil
        pending = nil
        partitions = []
    }

    // MARK: Steps

    /// Begins a step that has to end within a time; `late` is its end otherwise, and nil goes on for ever.
    func begin(_ done: @escaping Done, withinMs: Int64, late: BrokerError) {
        pending = done
        pendingNumber += 1
        let mine = pendingNumber
        after(ms(withinMs)) { [self] in
            if mine == pendingNumber, pending != nil { finish(late) }
        }
    }

    /// Ends the step under way, if there is one.
    func finish(_ error: BrokerError?) {
        let done = pending
        pending = nil
        done?(error)
    }

    var isStepUnderWay: Bool { pending != nil }

    /// Ends the producer.
    func end(_ code: ErrorCode, _ action: String) {
        guard state != .fatal, !isClosed else { return }
        // The library calls every kind of fencing the same.
        let isFenced = code == .invalidProducerEpoch || code == .producerFenced
        let code = isFenced ? ErrorCode.fenced : code
        // Somebody else's doing, or a setting, is said as such (`BrokerError.settled`).
        let isSettled = code.move == .fenced || code.move == .configuration
        let error = code.error(action, move: isSettled ? code.move : .fatal)
        timeline.note("\(process.name): producer ends: \(error.description)")
        state = .fatal
        failure = error
        for partition in partitions { partition.clear() }
        finish(error)
        checkFlush()
    }

    /// The transaction can only be aborted.
    func abortable(_ code: ErrorCode, _ action: String, bump: Bool = false) {
        guard state == .inTransaction || state == .committing else { return }
        // What would come again is said as such (`BrokerError.abortable`).
        let isSettled = code.move == .configuration || code.move == .rejected
        let error = code.error(action, move: isSettled ? code.move : .abortTransaction)
        timeline.note("\(process.name): \(error.description)")
        needsBump = needsBump || bump
        state = .abortable
        failure = error
        purge()
        checkFlush()
    }

    /// Drops what waits to be sent.
    func purge() {
        for partition in partitions {
            let isEmpty = partition.batches.isEmpty
            if partition.purge() { needsBump = true }
            if !isEmpty, deliveryFailure == nil {
                deliveryFailure = ErrorCode.purgedFromQueue.error("deliver")
            }
        }
    }

    /// Why a call is refused in this state; nil where it may go on.
    func refusal(_ action: String, unless allowed: State...) -> BrokerError? {
        if allowed.contains(state) { return nil }
        return state == .fatal || state == .abortable ? failure : ErrorCode.state.error(action)
    }

    // MARK: Producing

    /// When a record queued now is given up.
    var newDeadlineUs: Micros {
        let limitMs =
            transactionalID == nil ? settings.plainMessageTimeoutMs : settings.messageTimeoutMs
        return timeline.nowUs + ms(limitMs)
    }

    /// Queues a record; its bytes are copied.
    func produce(
        to partition: TopicPartition, key: ByteSlice?, value: ByteSlice?, timestampMs: Int64?,
        headers: [RecordHeader]
    ) {
        guard state != .fatal else { return }
        var record = LogRecord(timestampMs: timestampMs ?? -1)
        if let key {
            record.key = cluster.arena.copy(key)
            record.keyCount = Int32(key.count)
        }
        if let value {
            record.value = cluster.arena.copy(value)
            record.valueCount = Int32(value.count)
        }
        record.headers = cluster.store(headers: headers)
        outgoing(partition).append(record, self)
        planPump()
        planExpiry()
    }

    private func outgoing(_ id: TopicPartition) -> OutgoingPartition {
        if let index = indexes[id] { return partitions[index] }
        let partition = OutgoingPartition(id)
        indexes[id] = partitions.count
        partitions.append(partition)
        return partition
    }

    private func planPump() {
        guard !isPumpPlanned else { return }
        isPumpPlanned = true
        after(ms(settings.lingerMs)) { [self] in
            isPumpPlanned = false
            pump()
        }
    }

    /// Waits until everything queued is delivered or given up.
    func flush(_ done: @escaping Done) {
        flushing = done
        flushNumber += 1
        let mine = flushNumber
        pump()
        after(ms(settings.flushTimeoutMs)) { [self] in
            if flushing != nil, mine == flushNumber {
                flushed(ErrorCode.timedOut.error("flush"))
            }
        }
        checkFlush()
    }

    func checkFlush() {
        guard flushing != nil, partitions.allSatisfy(\.batches.isEmpty) else { return }
        let failed = deliveryFailure
        deliveryFailure = nil
        // What ended the transaction says more than the record that failed for it.
        let isOver = state == .fatal || state == .abortable
        flushed(isOver ? failure : failed)
    }

    private func flushed(_ error: BrokerError?) {
        let done = flushing
        flushing = nil
        done?(error)
    }

    // MARK: Time-outs

    private func planExpiry() {
        guard !isExpiryPlanned else { return }
        let waiting = partitions.filter { !$0.batches.isEmpty }
        guard let first = waiting.map(\.deadlineUs).min() else { return }
        isExpiryPlanned = true
        after(first - timeline.nowUs) { [self] in
            isExpiryPlanned = false
            expire()
            planExpiry()
        }
    }

    private func expire() {
        let late = partitions.filter {
            !$0.batches.isEmpty && $0.deadlineUs <= timeline.nowUs
        }
        guard !late.isEmpty else { return }
        for partition in late { partition.clear() }
        if transactionalID != nil {
            abortable(.timedOut, "deliver to \(late[0].id)", bump: true)
        } else {
            // The library would bump its epoch and go on; our callers make a new producer.
            end(.messageTimedOut, "deliver to \(late[0].id)")
        }
        checkFlush()
    }
}
