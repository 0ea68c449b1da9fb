import Broker
import Execution
import Synchronization

/// A partition read by a consumer of its own, apart from the group.
///
/// Opening (connecting, looking offsets up) and closing happen on threads of workers; in between, records wait in
/// the reader's queue and are taken without waiting. Memory is bounded by `memoryKilobytes`, whatever the
/// partition holds.
public final class PartitionReader: HistoryReader, Sendable {
    /// What readers are made of.
    public struct Source: Sendable {
        let properties: Properties
        let topic: String
        let hooks: Hooks
        /// Where readers are opened.
        let worker: WorkerThread
        /// Where they are closed: a client that does not go keeps nobody from opening others.
        let closer = WorkerThread()
        /// Records taken in one go, at most.
        let capacity: Int
        /// Looks the log's end up, where open transactions are waited for; without one, reading ends at the
        /// last stable offset.
        let seeker: EndLookup?

        /// A source of readers of a topic; with `waitsForTransactions` they read to the log's end.
        ///
        /// - Throws: `configuration` when the properties do not fit the running library.
        public init(
            _ properties: Properties, topic: String, hooks: Hooks, worker: WorkerThread,
            capacity: Int, waitsForTransactions: Bool = false
        ) throws(BrokerError) {
            // Many may read at once: each keeps less than the group's consumer.
            self.properties = try Properties(
                bootstrapServers: properties.bootstrapServers, clientID: properties.clientID,
                settings: properties.settings + [
                    .init("queued.max.messages.kbytes", String(memoryKilobytes))
                ])
            self.topic = topic
            self.hooks = hooks
            self.worker = worker
            self.capacity = capacity
            seeker =
                waitsForTransactions
                ? EndLookup(self.properties, topic: topic, hooks: hooks, closer: closer) : nil
        }
    }

    /// What a reader fetches ahead, at most.
    static let memoryKilobytes = 16_384
    /// Below so many records ahead, fetchers that sleep are woken.
    private static let low = 64
    private static let timeoutMs: Int32 = 10_000

    /// A reader that has come to reading.
    ///
    /// Unchecked Sendable: made on the worker's thread, used by whoever reads, closed on another
    /// worker's when reading has ended.
    public final class Opened: @unchecked Sendable {
        private var consumer: Consumer?
        fileprivate private(set) var queue: ShardQueue?
        fileprivate private(set) var waker: Waker?
        private let partition: TopicPartition
        /// The offsets kept when reading began.
        public let bounds: OffsetRange
        private let start: Int64

        init(_ source: Source, _ number: Int32, from offset: Int64?) throws(BrokerError) {
            let consumer = try Consumer(
                properties: source.properties, role: .reader, topics: [source.topic],
                hooks: source.hooks)
            let partition = TopicPartition(0, number)
            let kept = try Opened.bounds(of: partition, source, consumer)
            let start = max(offset ?? kept.low, kept.low)
            if start > kept.high {
                throw .outside(kept, "read \(source.topic)[\(number)]", "offset \(start)")
            }
            let queue = try consumer.makeShardQueue(capacity: source.capacity)
            try consumer.assign(
                [PartitionOffset(partition, offset: start)], isIncremental: false)
            queue.attach(partition, slot: 0, from: start)
            if Library.stallsWhenFull {
                waker = try consumer.makeWaker(for: [partition], timeoutMs: timeoutMs)
            }
            self.queue = queue
            self.partition = partition
            self.start = start
            bounds = kept
            self.consumer = consumer
        }

        private static func bounds(
            of partition: TopicPartition, _ source: Source, _ consumer: Consumer
        ) throws(BrokerError) -> OffsetRange {
            let none = OffsetRange(low: 0, high: 0)
            if let seeker = source.seeker {
                return try seeker.watermarks(partition, timeoutMs: timeoutMs) ?? none
            }
            return try consumer.watermarks([partition], timeoutMs: timeoutMs)[partition] ?? none
        }

        /// The next offset to read.
        public var position: Int64 { queue?.position(partition) ?? start }

        /// Destroys the client, which may take its time.
        fileprivate func close() {
            queue = nil
            waker = nil
            consumer = nil
        }
    }

    /// How a reader stands.
    public enum State: Sendable {
        /// Not yet reading.
        case opening
        /// Reading.
        case opened(Opened)
        /// It never came to reading.
        case failed(BrokerError)
        /// Not reading any more.
        case closed
    }

    private let shared = Mutex<State>(.opening)
    private let worker: WorkerThread
    private let closer: WorkerThread
    private let isWaking = Atomic<Bool>(false)

    /// Begins to open; nil is the first offset kept.
    public init(_ source: Source, _ number: Int32, from offset: Int64?) {
        worker = source.worker
        closer = source.closer
        worker.run { [weak self] in
            // Closed before it was opened: nothing to do.
            guard let self, case .opening = self.state else { return }
            do throws(BrokerError) {
                self.become(.opened(try Opened(source, number, from: offset)))
            } catch {
                self.become(.failed(error))
            }
        }
    }

    deinit { close() }

    /// How the reader stands.
    public var state: State { shared.withLock { $0 } }

    private func become(_ state: State) {
        shared.withLock { shared in
            if case .opening = shared { shared = state }
        }
    }

    /// The offsets kept when reading began; nil until that is known.
    public var bounds: OffsetRange? {
        guard case .opened(let opened) = state else { return nil }
        return opened.bounds
    }

    /// Lends what is there, at most `max` entries of slot 0, without waiting; nothing before the opening, and one
    /// failure where that failed.
    public func withBatch(max: Int, _ body: (Batch) -> Void) {
        switch state {
        case .opening, .closed: return
        case .failed:
            withUnsafePointer(to: Entry(kind: .failure, slot: 0, offset: -1)) {
                body(Batch(start: $0, count: 1))
            }
        case .opened(let opened):
            guard let queue = opened.queue else { return }
            queue.withBatch(max: max, waitMs: 0) { if !$0.isEmpty { body($0) } }
            wakeFetchers(opened, queue.backlog)
        }
    }

    /// Why entry `index` of the batch being lent is a failure.
    public func failure(at index: Int) -> BrokerError {
        switch state {
        case .failed(let error): return error
        case .opened(let opened):
            if let error = opened.queue?.failure(at: index) { return error }
        case .opening, .closed: break
        }
        return BrokerError(.fatal, action: "read", text: "the reader is closed")
    }

    /// Asks a sleeping fetcher to go on; one request at a time.
    private func wakeFetchers(_ opened: Opened, _ backlog: Int) {
        guard let waker = opened.waker, opened.position < opened.bounds.high, backlog < Self.low,
            !isWaking.exchange(true, ordering: .acquiring)
        else { return }
        worker.run { [self] in
            waker.wake()
            isWaking.store(false, ordering: .releasing)
        }
    }

    /// Ends reading; the consumer goes elsewhere.
    public func close() {
        let old = shared.withLock { shared in
            defer { shared = .closed }
            return shared
        }
        guard case .opened(let opened) = old else { return }
        closer.run { opened.close() }
    }
}
