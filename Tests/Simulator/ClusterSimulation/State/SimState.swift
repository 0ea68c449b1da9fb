import Broker
import Delivery
import Primitives
import Snapshots

/// Snapshots on the compacted state topic, written by a plain idempotent producer.
public final class SimState: StatePort {
    private struct Writing {
        var id: SnapshotID
        var pages: SnapshotPages
    }

    private let process: SimProcess
    private let settings: ClientSettings
    private let thread: SimThread?
    private var client: ProducerClient?
    private var isReady = false
    private var waiting: [Writing] = []
    private var current: Writing?
    private var removals: [StateKey] = []
    private var results: [StateOutcome] = []
    /// What writes fail with from now on, such as a full quota; nil for none.
    public var writeFault: BrokerError?

    /// `thread` is woken when a write has ended or a reader has more.
    public init(
        _ process: SimProcess, settings: ClientSettings = ClientSettings(),
        thread: SimThread? = nil
    ) {
        self.process = process
        self.settings = settings
        self.thread = thread
    }

    /// Manifests are records of the commit batch.
    public var publishesInBatch: Bool { true }

    /// Writes the pages, one record each, behind those written before.
    public func write(_ pages: SnapshotPages) {
        waiting.append(Writing(id: pages.id, pages: pages))
        proceed()
    }

    /// Not for a topic.
    public func publish(_ manifest: ManifestRecord) {
        let error = ErrorCode.state.error("publish a manifest")
        results.append(StateOutcome(manifest.key.task, manifest.key.id, error))
    }

    /// Writes tombstones; nobody waits for them, and lost ones leave orphans.
    public func remove(_ keys: [StateKey]) {
        removals += keys
        proceed()
    }

    /// The end of a write, once.
    public func poll() -> StateOutcome? {
        results.isEmpty ? nil : results.removeFirst()
    }

    /// Reads the task's state partition from its first record to its end as it is now.
    public func open(_ task: TaskID) -> any StateReader {
        SimStateReader(process, task: task, settings: settings, thread: thread)
    }

    // MARK: Writing

    private func proceed() {
        guard let client, isReady else { return connect() }
        sendRemovals(client)
        guard current == nil, !waiting.isEmpty else { return }
        let writing = waiting.removeFirst()
        if let writeFault {
            return process.after(ms(5)) { [self] in
                finish(writing, writeFault)
                proceed()
            }
        }
        current = writing
        guard let pause = process.cluster.statePauseUs else { return send(writing, client) }
        process.after(process.random.pick(pause)) { [self] in send(writing, client) }
    }

    private func send(_ writing: Writing, _ client: ProducerClient) {
        for (index, page) in writing.pages.pages.enumerated() {
            let key = StateKey(writing.pages.task, .page(index: UInt32(index)), of: writing.id)
            page.withUnsafeBytes { value in send(key, value, client) }
        }
        client.flush { [self] error in
            current = nil
            if error != nil { reset() }
            finish(writing, error)
            proceed()
        }
    }

    private func send(_ key: StateKey, _ value: ByteSlice?, _ client: ProducerClient) {
        key.bytes.withUnsafeBytes { bytes in
            client.produce(
                to: key.statePartition(in: process.cluster), key: bytes, value: value,
                timestampMs: nil, headers: [])
        }
    }

    private func sendRemovals(_ client: ProducerClient) {
        let keys = removals
        removals = []
        for key in keys { send(key, nil, client) }
    }

    private func finish(_ writing: Writing, _ error: BrokerError?) {
        results.append(StateOutcome(writing.pages.task, writing.id, error))
        thread?.wake()
    }

    private func connect() {
        guard client == nil else { return }
        let client = ProducerClient(process, transactionalID: nil, settings: settings)
        self.client = client
        client.initialize { [self] error in
            isReady = error == nil
            if error != nil {
                for writing in waiting { finish(writing, error) }
                waiting = []
                reset()
            }
            if isReady { proceed() }
        }
    }

    /// A producer that failed is dropped; the next write makes another.
    private func reset() {
        client?.close()
        client = nil
        isReady = false
    }
}
