import Broker
import Delivery
import Primitives

/// A producer port whose outcomes a test writes down before.
final class ScriptedProducer: ProducerPort {
    /// A record as it was handed over.
    struct Sent: Equatable {
        var partition: TopicPartition
        var key: [UInt8]?
        var value: [UInt8]?
        var timestampMs: Int64?
        var headers: [String: String]
    }

    /// What was called, in order.
    private(set) var calls: [String] = []
    /// Outcomes of steps by name, taken one after the other; a step without one succeeds.
    var outcomes: [String: [StepOutcome]] = [:]
    /// Whether the steps begun from now on have no end.
    var isSilent = false
    /// The records of the last commit batch sent.
    private(set) var sent: [Sent] = []
    /// The positions added last.
    private(set) var positions: [PartitionOffset] = []
    /// What is committed, as reading it finds it where nothing else is scripted.
    var committed: [TopicPartition: PartitionOffset] = [:]
    /// What a successful commit leads to.
    var onCommit: (([Sent], [PartitionOffset]) -> Void)?
    private var pending: StepOutcome?

    private func call(_ name: String, _ argument: String = "") {
        precondition(pending == nil, "the step before has an outcome that nobody took")
        calls.append(argument.isEmpty ? name : "\(name) \(argument)")
        let outcome = outcomes[name]?.isEmpty == false ? outcomes[name]?.removeFirst() : .done
        pending = isSilent ? nil : outcome
    }

    func start() { call("start") }

    func send(_ batch: CommitBatch) {
        sent = batch.records.filter { batch.isWanted($0) }.map { record in
            Sent(
                partition: record.partition, key: record.key.map { Array(batch.slice($0)) },
                value: record.value.map { Array(batch.slice($0)) }, timestampMs: record.timestampMs,
                headers: Dictionary(record.headers.map { ($0.name, $0.text ?? "") }) { $1 })
        }
        call("send", batch.name)
    }

    func flush() { call("flush") }

    func addOffsets(_ positions: [PartitionOffset], under membership: any GroupMembership) {
        self.positions = positions
        call("offsets", (membership as? FakeMembership)?.name ?? "")
    }

    func commit() {
        call("commit")
        switch pending {
        case .done, .doneOverBrokenConnection:
            for position in positions { committed[position.partition] = position }
            onCommit?(sent, positions)
        default: break
        }
    }

    func abort() { call("abort") }

    func readCommitted(_ partitions: [TopicPartition]) {
        call("read")
        guard case .done = pending else { return }
        pending = .committed(
            partitions.map { committed[$0] ?? PartitionOffset($0, offset: nil) })
    }

    func poll() -> StepOutcome? { pending.take() }

    /// What was called since the last time.
    func takeCalls() -> [String] {
        defer { calls = [] }
        return calls
    }
}

/// A membership that is valid, or not.
final class FakeMembership: GroupMembership {
    let name: String
    let isValid: Bool
    init(_ name: String = "m1", isValid: Bool = true) {
        self.name = name
        self.isValid = isValid
    }
}

extension BrokerError {
    /// An error as a broker or the library would give it.
    static func of(_ move: Move, _ code: Code = .none) -> BrokerError {
        BrokerError(move, code: code, action: "a step", text: "error \(code.rawValue)")
    }
}
