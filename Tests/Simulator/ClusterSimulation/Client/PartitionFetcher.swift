import Broker
import Delivery

/// Fetches a partition ahead of whoever reads it, as the library's broker threads do.
///
/// A fetch at the end waits at the broker; when it comes back empty the end is told, once for each offset it is
/// at. Nothing is fetched while more than the bounds say wait to be read.
final class PartitionFetcher {
    let partition: TopicPartition
    /// The offset of the next fetch.
    private(set) var position: Int64
    /// Why reading ended, where it did.
    private(set) var error: BrokerError?
    /// Whom to tell that something can be read.
    var onEntries: () -> Void = {}
    private let handle: ClientHandle
    private var entries: ContiguousArray<Entry> = []
    private var head = 0
    private var bytes = 0
    private var toldEnd: Int64 = -1
    private var isFetching = false
    private(set) var isStopped = false

    init(_ partition: TopicPartition, from offset: Int64, handle: ClientHandle) {
        self.partition = partition
        self.handle = handle
        position = offset
    }

    private var timeline: Timeline { handle.timeline }
    private var network: Network { handle.process.network }

    /// Entries that wait to be read.
    var count: Int { entries.count - head }

    /// Ends it; what was fetched can still be read.
    func stop() { isStopped = true }

    // MARK: Reading

    /// Moves up to `max` entries to `target`, each marked with `slot`; entries below `first` are dropped.
    func take(
        _ max: Int, slot: Int32, from first: Int64, into target: inout ContiguousArray<Entry>
    ) {
        var taken = 0
        while head < entries.count, taken < max {
            var entry = entries[head]
            head += 1
            bytes -= weight(entry)
            if entry.kind == .record, entry.offset < first { continue }
            entry.slot = slot
            target.append(entry)
            taken += 1
        }
        if head == entries.count {
            entries.removeAll(keepingCapacity: true)
            head = 0
        }
        fetch()
    }

    private func weight(_ entry: Entry) -> Int {
        64 + Int(entry.keyCount) + Int(entry.valueCount)
    }

    // MARK: Fetching

    /// Fetches, unless a fetch is under way or enough waits to be read.
    func fetch() {
        guard !isStopped, !isFetching, error == nil, !handle.isClosed,
            count < handle.settings.prefetchRecords, bytes < handle.settings.prefetchBytes
        else { return }
        isFetching = true
        guard let leader = handle.cluster.log(partition)?.leader else {
            return handle.cluster.log(partition) == nil ? lost() : retry()
        }
        var delayUs = network.latencyUs()
        switch network.fate(of: .fetch, from: handle.process, to: leader) {
        case .delivered: break
        case .slow(let byUs): delayUs += byUs
        case .requestLost(let noticeUs), .responseLost(let noticeUs), .copyDelayed(_, let noticeUs):
            // Fetching again does no harm: only the time is lost.
            delayUs += noticeUs + ms(handle.settings.reconnectBackoffMs)
        }
        timeline.after(delayUs) { [self] in arrive(at: leader) }
    }

    /// The fetch is at the broker.
    private func arrive(at broker: Int) {
        guard !isStopped, !handle.isClosed else { return }
        guard let log = handle.cluster.log(partition), !log.isDeleted else { return back(nil) }
        guard handle.cluster.brokers[broker].isUp, log.leader == broker else { return back(nil) }
        let settings = handle.settings
        let result = log.fetch(
            from: position, maxBytes: settings.fetchBytes,
            uncommitted: settings.readsUncommitted)
        if result.error == nil, result.nextOffset == position {
            wait(log, broker, result)
        } else {
            back(result)
        }
    }

    private func wait(_ log: PartitionLog, _ broker: Int, _ empty: FetchedRecords) {
        var isOver = false
        log.notifyOnce { [self] in
            guard !isOver else { return }
            isOver = true
            arrive(at: broker)
        }
        guard toldEnd != position else { return }
        timeline.after(ms(handle.cluster.settings.fetchWaitMs)) { [self] in
            guard !isOver else { return }
            isOver = true
            back(empty)
        }
    }

    /// The answer is under way; nil where the broker does not lead the partition any more.
    private func back(_ result: FetchedRecords?) {
        timeline.after(network.latencyUs()) { [self] in
            handle.process.deliver { [self] in
                guard !isStopped, !handle.isClosed else { return }
                if let result { receive(result) } else { retry() }
            }
        }
    }

    private func retry() {
        // Metadata is asked for, and the partition waits (`fetch.error.backoff.ms`).
        handle.after(handle.random.pick(ms(100)...ms(500))) { [self] in
            isFetching = false
            if handle.cluster.log(partition) == nil { lost() } else { fetch() }
        }
    }

    private func lost() {
        let isTopicGone = handle.cluster.partitionCount(partition.topic) == 0
        let code = isTopicGone ? ErrorCode.unknownTopic : .unknownPartition
        fail(code.error("read \(partition)"))
    }

    private func receive(_ result: FetchedRecords) {
        isFetching = false
        if let error = result.error {
            // `auto.offset.reset=error`
            let code = error == .offsetOutOfRange ? ErrorCode.autoOffsetReset : error
            return fail(code.error("read \(partition) at \(position)"))
        }
        if result.nextOffset == position {
            if result.endOffset == position, toldEnd != position {
                toldEnd = position
                push(Entry(kind: .end, slot: 0, offset: position))
            }
        } else {
            position = result.nextOffset
            for entry in result.entries { push(entry) }
        }
        fetch()
        onEntries()
    }

    private func push(_ entry: Entry) {
        entries.append(entry)
        bytes += weight(entry)
    }

    private func fail(_ error: BrokerError) {
        timeline.note("\(handle.process.name): \(error.description)")
        self.error = error
        push(Entry(kind: .failure, slot: 0, offset: position))
        onEntries()
    }
}
