import Broker
import Delivery
import Dispatch
import Kafka
import Live
import Primitives
import Testing

/// A producer whose steps are waited for.
final class TestProducer {
    private(set) var port: ShardProducer?
    private let signal = DispatchSemaphore(value: 0)

    init(_ settings: ShardProducer.Settings, offsets: GroupOffsets) {
        let signal = self.signal
        port = ShardProducer(settings, offsets: offsets) { signal.signal() }
    }

    /// Drops the port with whatever is under way.
    func drop() { port = nil }

    /// The outcome of a step begun before.
    func outcome(seconds: Int = 90) throws -> StepOutcome {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            _ = signal.wait(timeout: .now() + 1)
            if let outcome = port?.poll() { return outcome }
        }
        throw BrokerError(.fatal, action: "test", text: "the step did not end")
    }

    func run(_ begin: (ShardProducer) -> Void) throws -> StepOutcome {
        let port = try #require(port)
        begin(port)
        return try outcome()
    }

    /// Runs a step that must succeed.
    func done(_ begin: (ShardProducer) -> Void) throws {
        switch try run(begin) {
        case .done: return
        case .failed(let error): throw error
        case let outcome: Issue.record("the step ended as \(outcome)")
        }
    }

    /// Runs a step that must fail.
    func failure(_ begin: (ShardProducer) -> Void) throws -> BrokerError {
        guard case .failed(let error) = try run(begin) else {
            Issue.record("the step did not fail")
            return BrokerError(.benign, action: "test", text: "no failure")
        }
        return error
    }

    /// Starts until it succeeds.
    func start() throws {
        var last: BrokerError?
        let isStarted = eventually(seconds: 120) {
            do {
                try done { $0.start() }
                return true
            } catch {
                last = error as? BrokerError
                return false
            }
        }
        try #require(isStarted, "\(String(describing: last))")
    }

    /// Everything up to the commit.
    func prepare(_ batch: CommitBatch, _ membership: any GroupMembership) throws {
        try done { $0.send(batch) }
        try done { $0.flush() }
        try done { $0.addOffsets(batch.positions, under: membership) }
    }

    /// A whole commit batch.
    func commit(_ batch: CommitBatch, _ membership: any GroupMembership) throws {
        try prepare(batch, membership)
        try done { $0.commit() }
    }

    func readCommitted(_ partitions: [TopicPartition]) throws -> [PartitionOffset] {
        switch try run({ $0.readCommitted(partitions) }) {
        case .committed(let positions): return positions
        case .failed(let error): throw error
        default: return []
        }
    }
}

extension CommitBatch {
    /// A commit batch with texts for a partition and positions of input partitions.
    static func make(
        _ name: String, _ texts: [String] = [], to partition: TopicPartition = .init(.alerts, 0),
        committing offsets: [Int32: Int64] = [:]
    ) -> CommitBatch {
        let batch = CommitBatch()
        batch.reset()
        batch.close(as: name)
        let owner = TopicPartition(.input, 0)
        for text in texts { batch.append(text, to: partition, of: owner) }
        for (number, offset) in offsets.sorted(by: { $0.key < $1.key }) {
            batch.append(
                PartitionOffset(
                    TopicPartition(.input, number), offset: offset, metadata: "batch=\(name)"))
        }
        return batch
    }

    func append(_ text: String, to partition: TopicPartition, of owner: TopicPartition) {
        Array(text.utf8).withUnsafeBytes {
            append(
                to: partition, of: owner, key: ByteSlice(rebasing: $0.prefix(8)), value: $0,
                headers: [RecordHeader("h", text)])
        }
    }
}
