import Broker
import Delivery
import Kafka
import Primitives
import Snapshots

/// Everything kept of a task on the state topic, up to the end there was when reading began.
///
/// The end is the log's: a transaction still under way is waited for. Its manifest may become visible a moment
/// later, and a reader that had not seen it would remove that manifest's pages as nobody's.
final class TopicStateReader: StateReader {
    private let reader: PartitionReader
    private let task: TaskID

    init(_ reader: PartitionReader, task: TaskID) {
        self.reader = reader
        self.task = task
    }

    func read(
        max: Int, _ body: (_ key: ByteSlice, _ value: ByteSlice?) -> Void
    ) -> ReadStatus {
        switch reader.state {
        case .opening: return .open
        case .failed(let error): return .failed(error)
        case .closed: return .ended
        case .opened(let opened): return read(opened, max, body)
        }
    }

    private func read(
        _ opened: PartitionReader.Opened, _ max: Int,
        _ body: (_ key: ByteSlice, _ value: ByteSlice?) -> Void
    ) -> ReadStatus {
        // An empty partition is read already.
        guard opened.position < opened.bounds.high else { return .ended }
        var failure: BrokerError?
        reader.withBatch(max: max) { batch in
            for index in batch.indices {
                let entry = batch[index]
                switch entry.kind {
                case .record:
                    guard entry.offset < opened.bounds.high else { return }
                    if let key = entry.keyBytes, concerns(key) { body(key, entry.valueBytes) }
                case .failure: failure = reader.failure(at: index)
                case .end: break
                }
            }
        }
        if let failure, failure.move != .retry, failure.move != .unreachable {
            return .failed(failure)
        }
        return opened.position < opened.bounds.high ? .open : .ended
    }

    /// Whether a record is the task's; one of a format unknown here may be.
    private func concerns(_ key: ByteSlice) -> Bool {
        StateKey(key).map { $0.task == task } ?? true
    }

    /// Offsets passed so far and in all.
    var progress: (done: Int64, total: Int64)? {
        guard case .opened(let opened) = reader.state else { return nil }
        let total = opened.bounds.high - opened.bounds.low
        return (min(total, opened.position - opened.bounds.low), total)
    }

    func close() { reader.close() }
}
