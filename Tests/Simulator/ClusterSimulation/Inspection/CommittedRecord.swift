import Broker
import Delivery
import Primitives

/// A record as readers of committed records see it; its bytes are lent while the world lives.
public struct CommittedRecord {
    /// Where it lies.
    public var partition: TopicPartition
    /// Its offset.
    public var offset: Int64
    /// Epoch milliseconds.
    public var timestampMs: Int64
    /// Its key; nil for a null key.
    public var key: ByteSlice?
    /// Its value; nil for a tombstone.
    public var value: ByteSlice?
    /// Its headers.
    public var headers: [RecordHeader]
    /// The producer that wrote it; -1 for none.
    public var producerID: Int64
}

extension Cluster {
    /// Every record of a topic that a reader of committed records sees now, by partition and offset.
    public func committedView(of topic: Topic) -> [CommittedRecord] {
        var view: [CommittedRecord] = []
        forEachCommitted(of: topic) { view.append($0) }
        return view
    }

    /// Calls `body` with every record of a topic that a reader of committed records sees now.
    public func forEachCommitted(of topic: Topic, _ body: (CommittedRecord) -> Void) {
        for log in logs(topic) {
            let end = log.lastStableOffset
            for record in log.records where record.offset < end && record.isVisible {
                body(
                    CommittedRecord(
                        partition: log.id, offset: record.offset, timestampMs: record.timestampMs,
                        key: record.keyBytes, value: record.valueBytes,
                        headers: headers(record.headers), producerID: record.producerID))
            }
        }
    }
}

extension Cluster {
    /// Calls `body` with the committed values of a partition, the newest first, until it says false.
    public func forEachCommittedBackwards(
        of partition: TopicPartition, _ body: (_ value: ByteSlice?) -> Bool
    ) {
        guard let log = log(partition) else { return }
        let end = log.lastStableOffset
        for record in log.records.reversed() where record.offset < end && record.isVisible {
            if !body(record.valueBytes) { return }
        }
    }
}
