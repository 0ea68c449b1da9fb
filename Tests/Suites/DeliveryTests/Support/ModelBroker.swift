import Broker
@_spi(Simulation) import Delivery
import TestSupport

/// A broker for one shard's producer that keeps commit batches' names as a log, and fails at random.
///
/// A commit whose answer is lost may have been applied, not have been, or be under way until the producer is
/// started again, which decides it.
final class ModelBroker: ProducerPort {
    /// The names of commit batches whose outputs can be read, in order.
    private(set) var log: [String] = []
    /// What is committed.
    private(set) var committed: PartitionOffset
    /// The generation of the group that may commit.
    var generation = 1
    /// Whether nothing fails any more.
    var isHealthy = false
    /// What must never be done to a producer was done.
    private(set) var misuses: [String] = []
    private let isTransactional: Bool
    private var random: TestRandom
    private var pending: StepOutcome?
    private var batch = ""
    private var added: PartitionOffset?
    private var isSpoiled = false
    private var isOpen = false
    /// Whether the coordinator has taken the transaction back: another owner waits until nothing is pending.
    private var isTimedOut = false
    /// A commit under way.
    private var late: (() -> Void)?

    init(_ mode: DeliveryMode, committed: PartitionOffset, seed: UInt64) {
        isTransactional = mode == .exactlyOnce
        self.committed = committed
        random = TestRandom(seed: seed)
    }

    func poll() -> StepOutcome? { pending.take() }

    private var isDone: Bool {
        if case .done = pending { return true }
        return false
    }

    private func chance(_ percent: Int) -> Bool {
        !isHealthy && Int.random(in: 0..<100, using: &random) < percent
    }

    private var unclear: BrokerError {
        let moves: [BrokerError.Move] = [.retry, .fatal, .unreachable, .fenced]
        return .of(moves.randomElement(using: &random) ?? .fatal)
    }

    private func begin(_ step: String) {
        if pending != nil { misuses.append("\(step) before the end of a step") }
        if isSpoiled { misuses.append("\(step) on a producer that is not to be used") }
    }

    /// A step that may fail, and spoils the producer unless the transaction can be aborted.
    private func step(_ name: String) {
        begin(name)
        if isTimedOut || chance(8) {
            isSpoiled = true
            pending = .failed(unclear)
        } else {
            pending = chance(8) ? .failed(.of(.abortTransaction)) : .done
        }
    }

    func start() {
        late?()
        late = nil
        isSpoiled = false
        isTimedOut = false
        isOpen = false
        pending = .done
        if chance(20) {
            isSpoiled = true
            pending = .failed(.of(.unreachable))
        }
    }

    func send(_ batch: CommitBatch) {
        step("send")
        self.batch = batch.name
        added = nil
        isOpen = true
        // Without transactions what was sent can be read at once, and may be even where sending failed.
        if !isTransactional, isDone || chance(50) { log.append(batch.name) }
    }

    func flush() { step("flush") }

    func addOffsets(_ positions: [PartitionOffset], under membership: any GroupMembership) {
        guard (membership as? FakeMembership)?.name == "m\(generation)" else {
            begin("offsets")
            pending = .failed(.of(.abortTransaction, .illegalGeneration))
            return
        }
        step("offsets")
        if isDone { added = positions.first }
        if !isTransactional, let position = positions.first, isDone || chance(50) {
            committed = position
        }
    }

    func commit() {
        begin("commit")
        guard isOpen else { return misuses.append("a commit of nothing") }
        isOpen = false
        if isTimedOut {
            isSpoiled = true
            pending = .failed(unclear)
            return
        }
        let (batch, added) = (batch, added)
        let apply = { [unowned self] in
            guard isTransactional, let added else { return }
            if added.offset != (committed.offset ?? 0) + 1 {
                misuses.append("\(batch) does not begin where the one before ends")
            }
            log.append(batch)
            committed = added
        }
        pending = chance(5) ? .doneOverBrokenConnection : .done
        if case .doneOverBrokenConnection = pending { isSpoiled = true }
        guard chance(20) else { return apply() }
        isSpoiled = true
        pending = .failed(unclear)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: apply()
        case 1: break
        default: late = chance(50) ? apply : nil
        }
    }

    func abort() {
        begin("abort")
        isOpen = false
        pending = .done
        if isTimedOut || chance(15) {
            isSpoiled = true
            pending = .failed(unclear)
        }
    }

    func readCommitted(_ partitions: [TopicPartition]) {
        pending = chance(15) ? .failed(.of(.retry)) : .committed([committed])
    }

    /// Another owner commits: what is under way is decided before.
    func rival(_ name: String) {
        late?()
        late = nil
        if isOpen, added != nil { isTimedOut = true }
        log.append(name)
        committed = PartitionOffset(
            committed.partition, offset: (committed.offset ?? 0) + 1,
            metadata: "2;-;-;-;\(name)")
    }
}
