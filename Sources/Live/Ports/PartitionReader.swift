import Delivery
import Execution
import Kafka
import Synchronization

/// A partition read by a consumer of its own, apart from the group.
///
/// Opening (connecting, looking offsets up) and closing happen on threads of workers; in between, records wait in
/// the reader's queue and are taken without waiting. Memory is bounded by `memoryKilobytes`, whatever the
/// partition holds.
final class PartitionReader: Sendable {
    /// What readers are made of.
    struct Source: Sendable {
        let properties: Properties
        let topic: String
        let hooks: Hooks
        /// Where readers are opened.
        let worker: WorkerThread
        /// Where they are closed: a client that does not go keeps nobody from opening others.
        let grave = WorkerThread()
        /// Records taken in one go, at most.
        let capacity: Int
        /// Looks the log's end up, where open transactions are waited for; without one, reading ends at the
        /// last stable offset.
        let seeker: EndSeeker?

        /// - Throws: `configuration` when the properties do not fit the running library.
        init(
            _ properties: Properties, topic: String, hooks: Hooks, worker: WorkerThread,
            capacity: Int, waitsForTransactions: Bool = false
        ) throws(ClusterError) {
            do throws(KafkaError) {
                // Many may read at once: each keeps less than the group's consumer.
                self.properties = try Properties(
                    bootstrapServers: properties.bootstrapServers, clientID: properties.clientID,
                    settings: properties.settings + [
                        .init("queued.max.messages.kbytes", String(memoryKilobytes))
                    ])
            } catch {
                throw ClusterError(error)
            }
            self.topic = topic
            self.hooks = hooks
            self.worker = worker
            self.capacity = capacity
            seeker =
                waitsForTransactions
                ? EndSeeker(self.properties, topic: topic, hooks: hooks, grave: grave) : nil
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
    final class Opened: @unchecked Sendable {
        private var consumer: Consumer?
        private(set) var queue: ShardQueue?
        private(set) var waker: Waker?
        private let partition: TopicPartition
        let bounds: LogBounds
        private let start: Int64

        init(_ source: Source, _ number: Int32, from offset: Int64?) throws(KafkaError) {
            let consumer = try Consumer(
                properties: source.properties, role: .reader, topics: [source.topic],
                hooks: source.hooks)
            let partition = TopicPartition(topic: 0, partition: number)
            let kept = try Opened.bounds(of: partition, source, consumer)
            let start = max(offset ?? kept.low, kept.low)
            if start > kept.high {
                throw .outside(kept, "read \(source.topic)[\(number)]", "offset \(start)")
            }
            let queue = try consumer.makeShardQueue(capacity: source.capacity)
            try consumer.assign([PartitionOffset(partition, offset: start)])
            queue.attach(partition, slot: 0, epoch: 0, from: start)
            if Library.stallsWhenFull {
                waker = try consumer.makeWaker(for: [partition], timeoutMs: timeoutMs)
            }
            self.queue = queue
            self.partition = partition
            self.start = start
            bounds = LogBounds(low: kept.low, high: kept.high)
            self.consumer = consume consumer
        }

        private static func bounds(
            of partition: TopicPartition, _ source: Source, _ consumer: borrowing Consumer
        ) throws(KafkaError) -> Watermarks {
            let none = Watermarks(low: 0, high: 0)
            if let seeker = source.seeker {
                return try seeker.watermarks(partition, timeoutMs: timeoutMs) ?? none
            }
            return try consumer.watermarks([partition], timeoutMs: timeoutMs)[partition] ?? none
        }

        /// The next offset to read.
        var position: Int64 { queue?.position(partition) ?? start }

        /// Destroys the client, which may take its time.
        func close() {
            queue = nil
            waker = nil
            consumer = nil
        }
    }

    /// How a reader stands.
    enum State: Sendable {
        case opening
        case opened(Opened)
        case failed(ClusterError)
        case closed
    }

    private let shared = Mutex<State>(.opening)
    private let worker: WorkerThread
    private let grave: WorkerThread
    private let isWaking = Atomic<Bool>(false)

    /// Begins to open; nil is the first offset kept.
    init(_ source: Source, _ number: Int32, from offset: Int64?) {
        worker = source.worker
        grave = source.grave
        worker.run { [weak self] in
            // Closed before it was opened: nothing to do.
            guard let self, case .opening = self.state else { return }
            do throws(KafkaError) {
                self.become(.opened(try Opened(source, number, from: offset)))
            } catch {
                self.become(.failed(ClusterError(error)))
            }
        }
    }

    deinit { close() }

    var state: State { shared.withLock { $0 } }

    private func become(_ state: State) {
        shared.withLock { shared in
            if case .opening = shared { shared = state }
        }
    }

    /// Lends what is there, at most `max` entries, without waiting; nothing before the opening.
    func withBatch(max: Int, _ body: (borrowing RecordBatch, Opened) -> Void) {
        guard case .opened(let opened) = state, let queue = opened.queue else { return }
        queue.withBatch(max: max, timeoutMs: 0) { batch in body(batch, opened) }
        wakeFetchers(opened, queue.backlog)
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
    func close() {
        let old = shared.withLock { shared in
            defer { shared = .closed }
            return shared
        }
        guard case .opened(let opened) = old else { return }
        grave.run { opened.close() }
    }
}
