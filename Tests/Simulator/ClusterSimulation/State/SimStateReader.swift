import Broker
import Delivery
import Primitives
import Snapshots

/// Reads a task's state partition from the first record kept to the log end it had at the opening.
final class SimStateReader: StateReader {
    private let task: TaskID
    private let handle: ClientHandle
    private let thread: SimThread?
    private var fetcher: PartitionFetcher?
    private var bounds: OffsetRange?
    private var failure: BrokerError?
    private var batch: ContiguousArray<Entry> = []
    private let loan = LentEntries()
    private var position: Int64 = 0

    init(_ process: SimProcess, task: TaskID, settings: ClientSettings, thread: SimThread?) {
        self.task = task
        self.thread = thread
        handle = ClientHandle(process, settings)
        let partition = task.statePartition(in: process.cluster)
        _ = OffsetLookup(
            [partition], handle: handle, timeoutMs: settings.lookupTimeoutMs, toLogEnd: true
        ) { [weak self] result in self?.begin(partition, result) }
    }

    private func begin(
        _ partition: TopicPartition, _ result: Result<[TopicPartition: OffsetRange], BrokerError>
    ) {
        switch result {
        case .failure(let error): failure = error
        case .success(let found):
            guard let bounds = found[partition] else { return }
            self.bounds = bounds
            position = bounds.low
            let fetcher = PartitionFetcher(partition, from: bounds.low, handle: handle)
            fetcher.onEntries = { [weak thread] in thread?.wake() }
            self.fetcher = fetcher
            if bounds.low < bounds.high { fetcher.fetch() }
        }
        thread?.wake()
    }

    /// Lends records of the task; the end is reached by position, never by a last record.
    func read(
        max: Int, _ body: (_ key: ByteSlice, _ value: ByteSlice?) -> Void
    ) -> ReadStatus {
        if let failure { return .failed(failure) }
        guard let fetcher, let bounds else { return .open }
        if position >= bounds.high { return .ended }
        batch.removeAll(keepingCapacity: true)
        fetcher.take(max, slot: 0, from: 0, into: &batch)
        loan.lend(batch) { entries in
            for entry in entries {
                switch entry.kind {
                case .failure: failure = fetcher.error
                case .end: position = Swift.max(position, entry.offset)
                case .record:
                    guard entry.offset < bounds.high else { continue }
                    position = entry.offset + 1
                    lend(entry, body)
                }
            }
        }
        if let failure { return .failed(failure) }
        // Nothing waits: everything before the next fetch has been read, holes too.
        if fetcher.count == 0 { position = Swift.max(position, fetcher.position) }
        if fetcher.count > 0 { thread?.wake() }
        return position >= bounds.high ? .ended : .open
    }

    private func lend(_ entry: Entry, _ body: (ByteSlice, ByteSlice?) -> Void) {
        guard let key = entry.keyBytes else { return }
        // One of a format unknown here may concern the task.
        if let known = StateKey(key), known.task != task { return }
        body(key, entry.valueBytes)
    }

    var progress: (done: Int64, total: Int64)? {
        bounds.map { (position - $0.low, $0.high - $0.low) }
    }

    func close() {
        fetcher?.stop()
        handle.close()
    }
}
