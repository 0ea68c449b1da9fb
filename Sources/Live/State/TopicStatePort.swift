import Broker
import Delivery
import Execution
import Kafka
import Snapshots

/// Snapshots on the compacted state topic.
///
/// Pages are produced by a plain idempotent producer, polled without waiting; what does not fit its queue waits
/// here. A task's records lie in partition `task.partition` modulo the topic's. Manifests ride in commit batches.
///
/// Unchecked Sendable: handed to a shard once; its calls are for the shard alone, one at a time.
public final class TopicStatePort: StatePort, @unchecked Sendable {
    private struct Page {
        let partition: Int32
        let key: [UInt8]
        let value: [UInt8]?
        let tag: Int
    }

    private struct Write {
        let task: TaskID
        let id: SnapshotID
        var rest: Int
        var error: BrokerError?
    }

    /// The tag of tombstones.
    private static let removals = 1

    private let properties: Properties
    private let topic: String
    private let partitions: Int32
    private let hooks: Hooks
    private let source: PartitionReader.Source
    private let worker = WorkerThread()
    private var producer: Producer?
    private var waiting: [Page] = []
    /// Those of `waiting` that the producer has taken.
    private var taken = 0
    private var writes: [Int: Write] = [:]
    private var nextTag = removals + 1
    private var ended: [StateOutcome] = []
    /// Removals given up: what they name stays until the next owner tidies up.
    public private(set) var failedRemovals = 0

    /// A port on `topic`, which has `partitions` partitions.
    ///
    /// - Throws: `configuration` when the properties do not fit the running library.
    public init(
        properties: Properties, topic: String, partitions: Int32, hooks: Hooks = Hooks()
    ) throws(BrokerError) {
        precondition(partitions > 0, "a topic has partitions")
        self.properties = properties
        self.topic = topic
        self.partitions = partitions
        self.hooks = hooks
        source = try PartitionReader.Source(
            properties, topic: topic, hooks: hooks, worker: WorkerThread(), capacity: 256,
            waitsForTransactions: true)
    }

    deinit { drop() }

    /// Manifests are records of the commit batch's transaction.
    public var publishesInBatch: Bool { true }

    private func partition(of task: TaskID) -> Int32 { task.partition % partitions }

    /// Begins to write the pages of a snapshot.
    public func write(_ pages: SnapshotPages) {
        begin(
            pages.task, pages.id,
            pages.pages.enumerated().map { index, value in
                (StateKey(pages.task, .page(index: UInt32(index)), of: pages.id), value)
            })
    }

    /// Begins to write a manifest outside a commit batch; the engine has its own carry them.
    public func publish(_ manifest: ManifestRecord) {
        begin(manifest.key.task, manifest.key.id, [(manifest.key, manifest.value)])
    }

    private func begin(
        _ task: TaskID, _ id: SnapshotID, _ records: [(key: StateKey, value: [UInt8])]
    ) {
        guard !records.isEmpty else {
            ended.append(StateOutcome(task, id, nil))
            return
        }
        let tag = nextTag
        nextTag += 1
        writes[tag] = Write(task: task, id: id, rest: records.count)
        for record in records {
            waiting.append(
                Page(
                    partition: partition(of: record.key.task), key: record.key.bytes,
                    value: record.value, tag: tag))
        }
        pump()
    }

    /// Begins to remove records: a tombstone each, whose fate is only counted.
    public func remove(_ keys: [StateKey]) {
        for key in keys {
            waiting.append(
                Page(
                    partition: partition(of: key.task), key: key.bytes, value: nil,
                    tag: Self.removals))
        }
        pump()
    }

    /// The end of a write, once.
    public func poll() -> StateOutcome? {
        pump()
        return ended.isEmpty ? nil : ended.removeFirst()
    }

    /// Reads everything kept of a task.
    public func open(_ task: TaskID) -> any StateReader {
        TopicStateReader(PartitionReader(source, partition(of: task), from: nil), task: task)
    }

    // MARK: Producing

    /// Hands over what fits, and takes in what became of what was handed over before.
    private func pump() {
        do throws(BrokerError) {
            if taken < waiting.count { try handOver() }
            try takeIn()
        } catch {
            failAll(error.producing)
        }
    }

    private func handOver() throws(BrokerError) {
        if producer == nil {
            producer = try Producer(properties: properties, topics: [topic], hooks: hooks)
        }
        while taken < waiting.count {
            let page = waiting[taken]
            do throws(BrokerError) {
                try producer?.put(
                    page.key, page.value, partition: page.partition, tag: page.tag, waitMs: 0)
            } catch {
                if error.code == .queueFull { break }
                guard error.move == .rejected else { throw error }
                count(page.tag, delivered: 0, failed: 1, error)
            }
            taken += 1
        }
        if taken == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            taken = 0
        }
    }

    private func takeIn() throws(BrokerError) {
        producer?.poll()
        for (tag, fate) in producer?.takeDeliveries() ?? [:] {
            count(tag, delivered: fate.delivered, failed: fate.failed, fate.error)
        }
        if let fatal = producer?.fatalError { throw fatal }
    }

    private func count(_ tag: Int, delivered: Int, failed: Int, _ error: BrokerError?) {
        guard var write = writes[tag] else {
            failedRemovals += failed
            return
        }
        write.rest -= delivered + failed
        if write.error == nil { write.error = error?.producing }
        if write.rest <= 0 {
            ended.append(StateOutcome(write.task, write.id, write.error))
            writes[tag] = nil
        } else {
            writes[tag] = write
        }
    }

    /// After a fatal error nothing more comes of what was begun; the next write has a new producer.
    private func failAll(_ error: BrokerError) {
        for tag in writes.keys.sorted() {
            if let write = writes[tag] {
                ended.append(StateOutcome(write.task, write.id, error))
            }
        }
        writes = [:]
        waiting = []
        taken = 0
        drop()
    }

    /// Lets the producer go on another thread: that may take its time.
    private func drop() { worker.release(&producer) }
}
