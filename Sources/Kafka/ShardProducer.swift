import Broker
import Execution
import Synchronization

/// A shard's producer on a thread of its own: each step blocks there, and never the shard.
///
/// Exactly once, a step is a call of librdkafka's transactions; at least once, records are produced
/// idempotently and offsets committed through the group once they are delivered.
///
/// Values are lent from the commit batch, not copied. librdkafka lets go of a record when it reports its delivery or
/// its end, so a commit batch is free once everything is reported, or once the client is destroyed; each way to a known
/// outcome passes one of the two: `commit`, `abort` and `flush` end with nothing outstanding, `start` destroys.
///
/// A step that librdkafka does not come back from is given up by `poll`, with its thread and its client: adding
/// offsets hangs in 2.0 when the group's coordinator cannot be found three times in a row. The next `start` fences
/// that client like any other.
public final class ShardProducer: ProducerPort, Sendable {
    /// How records and offsets get to the brokers.
    public enum Guarantee: Sendable, Equatable {
        /// In a transaction under this identity, of which there must be one in the cluster.
        case exactlyOnce(identity: String)
        /// Records first, then offsets.
        case atLeastOnce
    }

    /// What a producer is made of.
    public struct Settings: Sendable {
        /// Brokers and librdkafka properties.
        public var properties: Properties
        /// How records and offsets get to the brokers.
        public var guarantee: Guarantee
        /// The topics that records go to.
        public var topics: TopicNames
        /// Milliseconds a `start` may take.
        public var startMs: Int32 = 15_000
        /// Milliseconds a `flush` may take; records are given up after 8 s by default.
        public var flushMs: Int32 = 10_000
        /// Milliseconds that `addOffsets`, `commit` and `abort` may take.
        ///
        /// librdkafka ends `addOffsets` by the request's own time-out (`socket.timeout.ms`) at the latest.
        public var stepMs: Int32 = 5_000
        /// Milliseconds a `readCommitted` may take.
        public var readMs: Int32 = 10_000
        /// Milliseconds past its own time after which a step counts as hung.
        public var hangMs: Int32 = 7_000

        /// Settings with defaults for the times.
        public init(properties: Properties, guarantee: Guarantee, topics: TopicNames) {
            self.properties = properties
            self.guarantee = guarantee
            self.topics = topics
        }
    }

    /// A client, its thread, and the step under way.
    private final class Line: Sendable {
        let steps: ProducerSteps
        let worker = WorkerThread()
        let box: OutcomeBox<StepOutcome>

        init(_ make: () -> ProducerSteps, _ onOutcome: @escaping @Sendable () -> Void) {
            steps = make()
            box = OutcomeBox(onOutcome)
        }

        /// The client goes on its own thread: whoever drops the port waits for nothing.
        func close() { worker.run { [steps] in steps.close() } }
    }

    private struct State: Sendable {
        var line: Line
        var step = ""
        var deadlineMs = Int64.max
        var hangs = 0
    }

    private let state: Mutex<State>
    private let settings: Settings
    private let makeLine: @Sendable () -> Line

    /// A producer whose first step is `start`.
    ///
    /// - Parameters:
    ///   - offsets: the group's, through its consumer.
    ///   - onOutcome: called on the producer's thread when `poll` has something: wakes the shard.
    public init(
        _ settings: Settings, offsets: GroupOffsets, hooks: Hooks = Hooks(),
        onOutcome: @escaping @Sendable () -> Void
    ) {
        self.settings = settings
        makeLine = {
            Line({ ProducerSteps(settings, offsets: offsets, hooks: hooks) }, onOutcome)
        }
        state = Mutex(State(line: makeLine()))
    }

    deinit { state.withLock { $0.line.close() } }

    /// Clients given up because librdkafka did not come back; each keeps its memory and its threads.
    public var hangs: Int { state.withLock { $0.hangs } }

    private func begin(
        _ name: String, _ limitMs: Int32,
        _ step: @escaping @Sendable (ProducerSteps) throws(BrokerError) -> StepOutcome
    ) {
        let line = state.withLock { state in
            state.step = name
            state.deadlineMs = MachineClock.monotonicMs() + Int64(limitMs) + Int64(settings.hangMs)
            return state.line
        }
        line.box.begin()
        line.worker.run { [steps = line.steps, box = line.box] in
            do throws(BrokerError) {
                box.end(try step(steps))
            } catch {
                box.end(.failed(error))
            }
        }
    }

    /// Drops the producer there is and makes a new one under the shard's identity.
    ///
    /// `configuration` where credentials, rights or time-outs are refused; `unreachable` where no coordinator
    /// answers in time: begin it again.
    public func start() {
        begin("start", settings.startMs) { steps throws(BrokerError) in try steps.start() }
    }

    /// Begins a transaction and queues the records of `batch` that are still wanted.
    ///
    /// Which those are is taken now. The commit batch must not change until its outcome is known.
    public func send(_ batch: CommitBatch) {
        let lent = LentBatch(batch)
        begin("send", settings.flushMs) { steps throws(BrokerError) in try steps.send(lent) }
    }

    /// Waits until every record queued is delivered.
    ///
    /// `configuration`, with topic and partition, where a record is too large or writing is not allowed.
    public func flush() {
        begin("flush", settings.flushMs) { steps throws(BrokerError) in try steps.flush() }
    }

    /// Adds positions to the transaction under a membership; at least once, commits them.
    public func addOffsets(_ positions: [PartitionOffset], under membership: any GroupMembership) {
        begin("add offsets", settings.stepMs) { steps throws(BrokerError) in
            try steps.addOffsets(positions, membership)
        }
    }

    /// Commits the transaction; a failure leaves its outcome unknown.
    public func commit() {
        begin("commit", settings.stepMs) { steps throws(BrokerError) in try steps.commit() }
    }

    /// Takes the transaction back.
    public func abort() {
        begin("abort", settings.stepMs) { steps throws(BrokerError) in try steps.abort() }
    }

    /// Reads what the group has committed, once nothing is pending.
    public func readCommitted(_ partitions: [TopicPartition]) {
        begin("read committed offsets", settings.readMs) { steps throws(BrokerError) in
            try steps.readCommitted(partitions)
        }
    }

    /// The outcome of the last step, once; nil while it is under way.
    public func poll() -> StepOutcome? {
        state.withLock { state in
            if let outcome = state.line.box.take() {
                state.deadlineMs = .max
                return outcome
            }
            guard state.deadlineMs != .max, MachineClock.monotonicMs() > state.deadlineMs else {
                return nil
            }
            return giveUp(&state)
        }
    }

    /// Leaves a hung client to itself and goes on with another thread.
    private func giveUp(_ state: inout State) -> StepOutcome {
        // Should the step come back after all, the client is destroyed.
        state.line.close()
        state.line = makeLine()
        state.deadlineMs = .max
        state.hangs += 1
        return .failed(
            BrokerError(
                .retry, action: state.step, text: "librdkafka did not come back",
                advice: "its client is given up"))
    }
}

/// A commit batch while its memory is lent, and which of its records are wanted.
///
/// Unchecked Sendable: the shard leaves the commit batch alone until the outcome is known.
struct LentBatch: @unchecked Sendable {
    let batch: CommitBatch
    let records: [CommitBatch.Record]
    let lost: Set<Int32>

    init(_ batch: CommitBatch) {
        self.batch = batch
        records = batch.records
        lost = batch.lost
    }
}

/// The outcome of one call at a time, from the thread that makes it to whoever polls.
final class OutcomeBox<Outcome: Sendable>: Sendable {
    private enum State {
        case idle
        case underWay
        case ended(Outcome)
    }

    private let state = Mutex<State>(.idle)
    private let onOutcome: @Sendable () -> Void

    init(_ onOutcome: @escaping @Sendable () -> Void) { self.onOutcome = onOutcome }

    /// Marks a call as begun; the outcome of the one before must have been taken.
    func begin() {
        state.withLock { state in
            guard case .idle = state else {
                preconditionFailure("the outcome of the step before was not taken yet")
            }
            state = .underWay
        }
    }

    func end(_ outcome: Outcome) {
        state.withLock { $0 = .ended(outcome) }
        onOutcome()
    }

    func take() -> Outcome? {
        state.withLock { state in
            guard case .ended(let outcome) = state else { return nil }
            state = .idle
            return outcome
        }
    }
}
