import Broker
@_spi(Simulation) import Delivery

/// A committer over a scripted producer that has started, and knows that offset 5 is committed.
final class CommitterBench {
    static let partition = TopicPartition(.input, 0)
    /// What is committed before the first commit batch.
    static let before = PartitionOffset(partition, offset: 5, metadata: "2;-;-;-;c0")

    let producer = ScriptedProducer()
    var committer: Committer
    /// Failed steps and resolved outcomes told.
    var notices: [EngineEvent] { box.notices }
    private let box = EventBox()
    private(set) var nowMs: Int64 = 0

    init() {
        committer = Committer(producer) { [box] in box.notices.append($0) }
        committer.know(Self.before)
        producer.committed[Self.partition] = Self.before
        _ = run()
        _ = producer.takeCalls()
    }

    /// A commit batch that commits offset 9 of the partition.
    static func batch(_ name: String, offset: Int64 = 9) -> CommitBatch {
        let batch = CommitBatch()
        batch.close(as: name)
        Array("output of \(name)".utf8).withUnsafeBytes {
            batch.append(to: TopicPartition(.partials, 0), of: partition, value: $0)
        }
        batch.append(position(by: name, offset: offset))
        return batch
    }

    /// The position as a commit batch of a name leaves it.
    static func position(by name: String, offset: Int64 = 9) -> PartitionOffset {
        PartitionOffset(partition, offset: offset, metadata: "2;-;-;-;\(name)")
    }

    /// Begins a commit batch under a membership.
    func begin(_ name: String = "c1", _ membership: String = "m1", offset: Int64 = 9) {
        committer.begin(Self.batch(name, offset: offset), under: FakeMembership(membership))
    }

    /// Goes on under a membership of the name.
    func resume(_ membership: String) { committer.resume(under: FakeMembership(membership)) }

    /// So many steps, and long enough between them for every pause; what they tell.
    func run(steps: Int = 40, everyMs: Int64 = 5_000) -> [String] {
        var events: [String] = []
        for _ in 0..<steps {
            nowMs += everyMs
            if let event = committer.step(nowMs: nowMs) { events.append(event.text) }
        }
        return events
    }

    /// Scripts a step's next outcome to be a failure.
    func fail(_ step: String, _ error: BrokerError) {
        producer.outcomes[step, default: []].append(.failed(error))
    }

    /// Scripts what the next reading of committed positions finds.
    func find(_ position: PartitionOffset) {
        producer.outcomes["read", default: []].append(.committed([position]))
    }
}

/// Keeps what is told.
final class EventBox {
    var notices: [EngineEvent] = []
}

extension Committer.Event {
    /// The event in a word or two.
    var text: String {
        switch self {
        case .committed(let batch): "committed \(batch.name)"
        case .refused(let batch, let error): "refused \(batch.name) \(error.code.rawValue)"
        case .stale(let batch): "stale \(batch.name)"
        case .failed(.fenced): "failed fenced"
        case .failed(.configuration): "failed configuration"
        case .failed(let failure): "failed \(failure)"
        }
    }
}
