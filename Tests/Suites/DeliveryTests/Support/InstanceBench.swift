import Broker
import Delivery

/// A group port whose events a test hands out.
final class ScriptedGroup: GroupPort {
    var events: [GroupEvent] = []
    /// What was called, in order.
    private(set) var calls: [String] = []
    /// Positions assigned last.
    private(set) var positions: [PartitionOffset] = []
    /// What the next calls fail with.
    var failures: [BrokerError] = []
    var hasLeft = false

    func poll() -> GroupEvent? { events.isEmpty ? nil : events.removeFirst() }

    func assign(_ positions: [PartitionOffset], isIncremental: Bool) throws(BrokerError) {
        self.positions = positions
        try call("assign", positions.map(\.partition), isIncremental)
    }

    func unassign(_ partitions: [TopicPartition], isIncremental: Bool) throws(BrokerError) {
        try call("unassign", partitions, isIncremental)
    }

    private func call(
        _ name: String, _ partitions: [TopicPartition], _ isIncremental: Bool
    ) throws(BrokerError) {
        calls.append("\(name) \(partitions.text)\(isIncremental ? " more" : "")")
        if !failures.isEmpty { throw failures.removeFirst() }
    }

    func leave() { calls.append("leave") }

    /// What was called since the last time.
    func takeCalls() -> [String] {
        defer { calls = [] }
        return calls
    }
}

/// An instance of two shards over a scripted group and lookup.
final class InstanceBench {
    static let inputs = [TopicPartition(.input, 0), TopicPartition(.input, 1)]
    static let shuffle = TopicPartition(.partials, 1)

    let site = Site()
    let group = ScriptedGroup()
    let lookup: ScriptedLookup
    /// Answers where the input ends.
    let ends: ScriptedLookup
    let instance: Instance
    var notices: [EngineEvent] { box.notices }
    private(set) var nowMs: Int64 = 0
    private let box = EventBox()

    init(_ change: (inout EngineSettings) -> Void = { _ in }) throws {
        var settings = try TestEngine.settings(partials: 4)
        settings.shards = 2
        change(&settings)
        lookup = ScriptedLookup(site)
        lookup.partitions = (2, 4)
        ends = ScriptedLookup(site)
        ends.partitions = (2, 4)
        let box = box
        instance = Instance(settings, group: group, lookup: lookup, ends: ends) {
            box.notices.append($0)
        }
    }

    /// Steps for so long; the orders in words.
    func run(ms: Int64 = 100) throws -> [String] {
        try orders(ms: ms).map { "\($0.shard) \($0.command.text)" }
    }

    func orders(ms: Int64 = 100) throws -> [Instance.Order] {
        var orders: [Instance.Order] = []
        for _ in stride(from: 0, to: ms, by: 20) {
            nowMs += 20
            orders += try instance.step(nowMs: nowMs)
        }
        return orders
    }

    func assign(
        _ partitions: [TopicPartition], isIncremental: Bool = false,
        _ membership: FakeMembership = FakeMembership()
    ) {
        group.events.append(.assigned(partitions, isIncremental: isIncremental, membership))
    }

    func revoke(_ partitions: [TopicPartition], isIncremental: Bool = false, isLost: Bool = false) {
        group.events.append(
            .revoked(
                partitions, isIncremental: isIncremental, isLost: isLost, FakeMembership()))
    }

    func tell(_ event: ShardEvent, from shard: Int) throws {
        try instance.take(event, from: shard, nowMs: nowMs)
    }

    /// An instance that has partitions.
    static func assigned(
        _ change: (inout EngineSettings) -> Void = { _ in }
    ) throws -> InstanceBench {
        let bench = try InstanceBench(change)
        bench.assign(inputs + [shuffle])
        _ = try bench.run()
        _ = bench.group.takeCalls()
        return bench
    }

    /// What was told of one kind.
    func told<T>(_ pick: (EngineEvent) -> T?) -> [T] { notices.compactMap(pick) }
}

extension ShardCommand {
    /// The command in words.
    var text: String {
        switch self {
        case .take(let starts, let membership, let sources):
            "take \(starts.map(\.partition).text) \((membership as? FakeMembership)?.name ?? "") "
                + "of \(sources)"
        case .release(let partitions, let membership):
            "release \(partitions.text)\(membership == nil ? " lost" : "")"
        case .drain: "drain"
        }
    }
}
