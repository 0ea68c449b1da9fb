import Broker
import Delivery

/// Reads partitions again, apart from the group.
public final class SimHistory: HistoryPort {
    private let process: SimProcess
    private let settings: ClientSettings
    private let thread: SimThread?

    /// `thread` is woken when a reader has more.
    public init(
        _ process: SimProcess, settings: ClientSettings = ClientSettings(),
        thread: SimThread? = nil
    ) {
        self.process = process
        self.settings = settings
        self.thread = thread
    }

    /// Begins to read a partition; nil is its first record.
    public func open(_ partition: TopicPartition, from offset: Int64?) -> any HistoryReader {
        SimHistoryReader(process, partition, from: offset, settings: settings, thread: thread)
    }
}

/// A partition being read again.
final class SimHistoryReader: HistoryReader {
    private let handle: ClientHandle
    private let thread: SimThread?
    private var fetcher: PartitionFetcher?
    private var batch: ContiguousArray<Entry> = []
    private let loan = LentEntries()
    private var failure: BrokerError?
    private(set) var bounds: OffsetRange?

    init(
        _ process: SimProcess, _ partition: TopicPartition, from offset: Int64?,
        settings: ClientSettings, thread: SimThread?
    ) {
        self.thread = thread
        handle = ClientHandle(process, settings)
        _ = OffsetLookup(
            [partition], handle: handle, timeoutMs: settings.lookupTimeoutMs
        ) { [weak self] result in self?.begin(partition, offset, result) }
    }

    private func begin(
        _ partition: TopicPartition, _ offset: Int64?,
        _ result: Result<[TopicPartition: OffsetRange], BrokerError>
    ) {
        switch result {
        case .failure(let error): failure = error
        case .success(let found):
            guard let bounds = found[partition] else { return }
            let start = max(offset ?? bounds.low, bounds.low)
            guard start <= bounds.high else {
                failure = ErrorCode.offsetOutOfRange.error("read \(partition) at \(start)")
                break
            }
            self.bounds = bounds
            let fetcher = PartitionFetcher(partition, from: start, handle: handle)
            fetcher.onEntries = { [weak thread] in thread?.wake() }
            self.fetcher = fetcher
            fetcher.fetch()
        }
        thread?.wake()
    }

    /// Lends what is there; a look-up that failed is one failure entry.
    func withBatch(max: Int, _ body: (Batch) -> Void) {
        batch.removeAll(keepingCapacity: true)
        if failure != nil {
            batch.append(Entry(kind: .failure, slot: 0, offset: -1))
        } else if let fetcher {
            fetcher.take(max, slot: 0, from: 0, into: &batch)
            if fetcher.count > 0 { thread?.wake() }
        }
        loan.lend(batch, body)
    }

    func failure(at index: Int) -> BrokerError {
        failure ?? fetcher?.error ?? ErrorCode.unknownServerError.error("read history")
    }

    func close() {
        fetcher?.stop()
        handle.close()
    }
}
