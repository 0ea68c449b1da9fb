import Broker
import Delivery

/// A log that tells how far it was read, and may say too early that nothing more is there.
final class LyingLog: LogPort {
    private let log: any LogPort
    private let plot: Conspiracy
    private var slots: [TopicPartition: Int] = [:]

    init(_ log: any LogPort, _ plot: Conspiracy) {
        self.log = log
        self.plot = plot
    }

    func attach(_ partition: TopicPartition, slot: Int, from offset: Int64) {
        slots[partition] = slot
        plot.lent[partition] = offset
        log.attach(partition, slot: slot, from: offset)
    }

    func detach(_ partition: TopicPartition) {
        slots[partition] = nil
        log.detach(partition)
    }

    func hold(_ partition: TopicPartition) { log.hold(partition) }
    func release(_ partition: TopicPartition) { log.release(partition) }

    func withBatch<E: Error>(
        max: Int, waitMs: Int32, _ body: (Batch) throws(E) -> Void
    ) throws(E) {
        try log.withBatch(max: max, waitMs: waitMs) { (batch) throws(E) in
            for entry in batch where entry.kind == .record {
                let partition = slots.first { $0.value == Int(entry.slot) }?.key
                if let partition { plot.lent[partition] = entry.offset + 1 }
            }
            guard plot.tells(.isAlwaysAtTheEnd), batch.isEmpty else { return try body(batch) }
            let ends = slots.sorted { $0.key < $1.key }.map { partition, slot in
                Entry(kind: .end, slot: Int32(slot), offset: plot.lent[partition] ?? 0)
            }
            var failure: E?
            ends.withUnsafeBufferPointer { ends in
                do throws(E) { try body(ends) } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }

    func failure(at index: Int) -> BrokerError { log.failure(at: index) }
    func headers(at index: Int) -> [RecordHeader] { log.headers(at: index) }
}

/// Says that partitions end where they begin.
final class LyingLookup: LookupPort {
    private let lookup: any LookupPort

    init(_ lookup: any LookupPort) { self.lookup = lookup }

    func ask(_ question: Question) { lookup.ask(question) }

    func answer() -> Result<Answer, BrokerError>? {
        lookup.answer()?.map { answer in
            var answer = answer
            answer.bounds = answer.bounds.mapValues { OffsetRange(low: $0.low, high: $0.low) }
            return answer
        }
    }
}

/// A history that leaves something out.
final class LyingHistory: HistoryPort {
    private let history: any HistoryPort
    private let plot: Conspiracy

    init(_ history: any HistoryPort, _ plot: Conspiracy) {
        self.history = history
        self.plot = plot
    }

    func open(_ partition: TopicPartition, from offset: Int64?) -> any HistoryReader {
        Reader(
            history.open(partition, from: offset), from: offset ?? 0,
            to: plot.starts[partition]?.start ?? 0, plot)
    }

    private final class Reader: HistoryReader {
        private let reader: any HistoryReader
        private let start: Int64
        private let target: Int64
        private let plot: Conspiracy

        init(
            _ reader: any HistoryReader, from start: Int64, to target: Int64, _ plot: Conspiracy
        ) {
            self.reader = reader
            self.start = start
            self.target = target
            self.plot = plot
        }

        var bounds: OffsetRange? { reader.bounds }

        func withBatch(max: Int, _ body: (Batch) -> Void) {
            reader.withBatch(max: max) { batch in
                let isRebuilt = reader.bounds?.low == start
                let entries = batch.map { entry in
                    let isEmptied = plot.tells(.beginsEmptyWithoutSnapshot) && isRebuilt
                    let isLast = entry.kind == .record && entry.offset == target - 1
                    guard entry.kind != .failure,
                        isEmptied || plot.tells(.replaysOneTooFew) && isLast
                    else { return entry }
                    return Entry(kind: .end, slot: entry.slot, offset: target)
                }
                let kept =
                    plot.tells(.waitsForLastRecord) ? entries.filter { $0.kind != .end } : entries
                kept.withUnsafeBufferPointer(body)
            }
        }

        func failure(at index: Int) -> BrokerError { reader.failure(at: index) }
        func close() { reader.close() }
    }
}
