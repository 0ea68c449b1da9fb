import Delivery

/// A producer port whose outcomes a test writes down before.
final class ScriptedProducer: ProducerPort {
    /// What was called, in order.
    private(set) var calls: [String] = []
    /// Outcomes of steps by name, taken one after the other; a step without one succeeds.
    var outcomes: [String: [StepOutcome]] = [:]
    private var pending: StepOutcome?

    private func call(_ name: String) {
        precondition(pending == nil, "the step before has an outcome that nobody took")
        calls.append(name)
        pending = outcomes[name]?.isEmpty == false ? outcomes[name]?.removeFirst() : .done
    }

    func start() { call("start") }
    func send(_ cut: Cut) { call("send \(cut.name)") }
    func flush() { call("flush") }
    func addOffsets(_ positions: [Position], under membership: any Membership) { call("offsets") }
    func commit() { call("commit") }
    func abort() { call("abort") }
    func readCommitted(_ partitions: [PartitionID]) { call("read") }
    func poll() -> StepOutcome? { pending.take() }

    /// What was called since the last time.
    func takeCalls() -> [String] {
        defer { calls = [] }
        return calls
    }
}

/// A membership that is valid, or not.
final class FakeMembership: Membership {
    let isValid: Bool
    init(isValid: Bool = true) { self.isValid = isValid }
}

extension ClusterError {
    /// An error as a broker or the library would give it.
    static func of(_ move: Move, _ name: String) -> ClusterError {
        ClusterError(move, name: name, description: "a step: \(name)")
    }
}
