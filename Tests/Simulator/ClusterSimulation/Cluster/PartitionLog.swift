import Broker
import Delivery
import Primitives

/// The log of a partition: what its leader has acknowledged, which no failure takes back.
///
/// Batches are appended when they are on all in-sync replicas; what a leader had not yet replicated when it died
/// was never in here. So the high watermark is the log's end.
public final class PartitionLog {
    /// A transaction that has records here and no end yet.
    struct OpenTransaction {
        var producerID: Int64
        var firstOffset: Int64
    }

    /// A transaction that was taken back (Kafka: the aborted-transaction index).
    public struct AbortedTransaction: Equatable, Sendable {
        /// Whose it was.
        public var producerID: Int64
        /// Its first record.
        public var firstOffset: Int64
        /// Its marker.
        public var lastOffset: Int64
    }

    /// The partition.
    public let id: TopicPartition
    /// Whether old values of a key are removed by compaction.
    public let isCompacted: Bool
    /// The first offset kept: the low watermark.
    public internal(set) var startOffset: Int64 = 0
    /// The next offset: the high watermark.
    public internal(set) var endOffset: Int64 = 0
    /// Transactions taken back, by their markers.
    public internal(set) var abortedTransactions: [AbortedTransaction] = []
    var records: ContiguousArray<LogRecord> = []
    var producers: [Int64: ProducerState] = [:]
    /// By first offset.
    var openTransactions: [OpenTransaction] = []
    let placement: Placement
    let timeline: Timeline
    private var waiting: [() -> Void] = []
    /// Whether the topic was deleted: nothing is read or written any more.
    public private(set) var isDeleted = false

    init(_ id: TopicPartition, isCompacted: Bool, leader: Int, timeline: Timeline) {
        self.id = id
        self.isCompacted = isCompacted
        self.timeline = timeline
        placement = Placement(leader: leader)
    }

    /// One past the last offset whose transactions are decided: the last stable offset.
    public var lastStableOffset: Int64 {
        guard let first = openTransactions.first else { return endOffset }
        return max(first.firstOffset, startOffset)
    }

    /// The broker that leads the partition; nil while there is none.
    public var leader: Int? { placement.leader }

    /// Calls back once, at the next change that readers care about: records, a leader, the end of the topic.
    func notifyOnce(_ body: @escaping () -> Void) { waiting.append(body) }

    func changed() {
        guard !waiting.isEmpty else { return }
        let bodies = waiting
        waiting.removeAll(keepingCapacity: true)
        for body in bodies { body() }
    }

    func delete() {
        isDeleted = true
        changed()
    }

    /// Drops what others wait for: the end of the world.
    func close() { waiting = [] }

    /// The index of the first record at or after an offset.
    func index(of offset: Int64) -> Int {
        guard let first = records.first?.offset else { return 0 }
        let guess = Int(offset - first)
        if guess <= 0 { return 0 }
        if guess < records.count, records[guess].offset == offset { return guess }
        var low = 0
        var high = min(records.count, guess)
        while low < high {
            let middle = (low + high) / 2
            if records[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
