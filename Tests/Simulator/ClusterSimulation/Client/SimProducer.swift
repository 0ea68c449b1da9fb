import Broker
import Delivery
import Primitives

/// A shard's producer.
public final class SimProducer: ProducerPort {
    /// How outputs and positions are committed.
    public enum Mode: Sendable {
        /// In transactions under this id.
        case exactlyOnce(transactionalID: String)
        /// Offsets through the group, behind delivered records.
        case atLeastOnce
    }

    private let process: SimProcess
    private let mode: Mode
    private let settings: ClientSettings
    private let group: SimGroup?
    private let thread: SimThread?
    private var client: ProducerClient?
    private var reader: ClientHandle?
    private var outcome: StepOutcome?
    private var breaksBefore = 0
    private var step = 0

    /// A producer that has still to be started.
    ///
    /// - Parameters:
    ///   - group: the consumer through which committed offsets are read and, at least once, committed; without it
    ///     connections of its own serve for that.
    ///   - thread: woken when a step has an outcome.
    public init(
        _ process: SimProcess, mode: Mode, settings: ClientSettings = ClientSettings(),
        group: SimGroup? = nil, thread: SimThread? = nil
    ) {
        self.process = process
        self.mode = mode
        self.settings = settings
        self.group = group
        self.thread = thread
    }

    private var isTransactional: Bool {
        if case .exactlyOnce = mode { return true }
        return false
    }

    // MARK: Port

    /// Makes a new producer; what the old one has sent is still carried out.
    public func start() {
        client?.close()
        var transactionalID: String?
        if case .exactlyOnce(let id) = mode { transactionalID = id }
        let client = ProducerClient(process, transactionalID: transactionalID, settings: settings)
        self.client = client
        let done = next()
        client.initialize { done($0.map { .failed($0) } ?? .done) }
    }

    /// Begins a transaction and queues the records that are wanted.
    public func send(_ batch: CommitBatch) {
        let done = next()
        if let error = begin() { return done(.failed(error)) }
        for record in batch.records where batch.isWanted(record) {
            produce(
                to: record.partition, key: record.key.map { batch.slice($0) },
                value: record.value.map { batch.slice($0) }, timestampMs: record.timestampMs,
                headers: record.headers)
        }
        done(.done)
    }

    /// Waits for deliveries.
    public func flush() { run { $0.flush($1) } }

    /// Adds positions to the transaction, or commits them through the group.
    public func addOffsets(_ positions: [PartitionOffset], under membership: any GroupMembership) {
        guard let member = membership as? SimMembership, member.isValid else {
            return refuse("the membership had ended when it was captured")
        }
        guard !isTransactional else {
            return run { $0.sendOffsets(positions, member.identity, $1) }
        }
        if let group, group.identity != member.identity {
            return refuse("the partitions' membership has ended")
        }
        let group = group
        run { $0.commitOffsets(positions, { group?.identity ?? member.identity }, $1) }
    }

    private func refuse(_ reason: String) {
        next()(.failed(ErrorCode.illegalGeneration.error("add offsets: \(reason)")))
    }

    /// Commits.
    public func commit() {
        guard isTransactional else { return next()(.done) }
        run(ends: true) { $0.commit($1) }
    }

    /// Aborts.
    public func abort() {
        guard isTransactional else { return next()(.done) }
        run(ends: true) { $0.abort($1) }
    }

    /// Reads what the group has committed.
    public func readCommitted(_ partitions: [TopicPartition]) {
        let done = next()
        let way = wayToGroup()
        _ = CommittedLookup(
            partitions, handle: way.handle, link: way.link, timeoutMs: settings.lookupTimeoutMs
        ) { result in
            switch result {
            case .success(let positions): done(.committed(positions))
            case .failure(let error): done(.failed(error))
            }
        }
    }

    private func wayToGroup() -> (handle: ClientHandle, link: CoordinatorLink) {
        if let group { return (group, group.link) }
        reader?.close()
        let reader = ClientHandle(process, settings)
        self.reader = reader
        let link = CoordinatorLink(reader) { [cluster = process.cluster] in
            cluster.groupCoordinator()
        }
        return (reader, link)
    }

    /// The outcome of the last step, once.
    public func poll() -> StepOutcome? {
        defer { outcome = nil }
        return outcome
    }

    // MARK: Without a commit batch

    /// Begins a transaction; for tests that do without a commit batch.
    public func begin() -> BrokerError? {
        breaksBefore = client?.breaks ?? 0
        guard let client else { return ErrorCode.state.error("begin a transaction") }
        return isTransactional ? client.beginTransaction() : nil
    }

    /// Queues a record; for tests that do without a commit batch.
    public func produce(
        to partition: TopicPartition, key: ByteSlice? = nil, value: ByteSlice?,
        timestampMs: Int64? = nil, headers: [RecordHeader] = []
    ) {
        var partition = partition
        if partition.topic == .state {
            partition.number %= Int32(max(1, process.cluster.partitionCount(.state)))
        }
        client?.produce(
            to: partition, key: key, value: value, timestampMs: timestampMs, headers: headers)
    }

    // MARK: Steps

    /// What to do with the outcome of a step that begins now; an earlier step's is forgotten.
    private func next() -> (StepOutcome) -> Void {
        step += 1
        outcome = nil
        let mine = step
        return { [weak self] outcome in
            guard let self, mine == step else { return }
            if case .failed(let error) = outcome {
                process.timeline.note("\(process.name): step failed: \(error.description)")
            }
            self.outcome = outcome
            thread?.wake()
        }
    }

    /// - Parameter ends: whether it ends the transaction: then it is told whether a connection broke under it.
    private func run(
        ends: Bool = false, _ body: (ProducerClient, @escaping (BrokerError?) -> Void) -> Void
    ) {
        let done = next()
        guard let client else { return done(.failed(ErrorCode.state.error("use a producer"))) }
        body(client) { [weak self] error in
            if let error { return done(.failed(error)) }
            let isBroken = ends && client.breaks != (self?.breaksBefore ?? 0)
            done(isBroken ? .doneOverBrokenConnection : .done)
        }
    }
}
