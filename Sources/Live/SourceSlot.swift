import Events
import Kafka
import Primitives
import Topology

/// An input partition on its shard: its INGEST task and where it stands.
final class SourceSlot {
    let partition: Int32
    /// The offset to stop at; nil to go on for ever.
    let end: Int64?
    /// Owned by address: a stored property would be checked for exclusive access at every record.
    private let task: UnsafeMutablePointer<IngestTask>
    /// Whether everything there was has been read.
    private(set) var isCaughtUp = false
    /// Whether the end offset was reached and the task finished.
    private(set) var isFinished = false
    private(set) var isIdle = false
    /// When the last record came, on the monotonic clock.
    private var lastRecordMs: Int64
    /// Offset one past the last entry seen, records and gaps alike.
    private var position: Int64

    init(
        partition: Int32, plan: TopologyPlan, sources: Int, start: PartitionOffset, end: Int64?,
        nowMs: Int64
    ) {
        self.partition = partition
        self.end = end
        position = start.offset
        lastRecordMs = nowMs
        task = .allocate(capacity: 1)
        task.initialize(
            to: IngestTask(
                plan: plan, source: Int(partition), sources: sources, after: start.offset - 1,
                clock: ClockMetadata.parse(start.metadata).map {
                    PartitionClock(
                        plan.timing, highest: $0.highest, firstOpenPane: $0.firstOpenPane,
                        lowestPane: $0.lowestPane)
                }))
    }

    deinit {
        task.deinitialize(count: 1)
        task.deallocate()
    }

    /// Work done.
    var counters: IngestCounters { task.pointee.counters }
    /// The event time the partition has come to; nil before its first event.
    var highest: EventTime? { task.pointee.clock.highest }
    /// Whether the brokers may have records that were not read yet.
    var wantsMore: Bool { !isCaughtUp && !isFinished }
    /// Whether some partition's block is full.
    var needsFlush: Bool { task.pointee.needsFlush() }
    /// The offset to commit once everything flushed is delivered, with the clock beside it.
    var commit: (offset: Int64, metadata: String) {
        let offset = max(task.pointee.processedOffset + 1, task.pointee.hasParked ? 0 : position)
        return (offset, ClockMetadata(clock: task.pointee.clock).text)
    }

    /// Reads the entries `range` of a batch, all of this partition.
    func ingest(
        _ batch: borrowing RecordBatch, _ range: Range<Int>, decoder: inout EventDecoder,
        nowMs: Int64
    ) throws(LiveError) {
        lastRecordMs = nowMs
        isIdle = false
        isCaughtUp = false
        for i in range {
            let record = batch[i]
            if let end, record.offset >= end {
                position = max(position, end)
                continue
            }
            guard record.isData else {
                try note(record)
                continue
            }
            position = record.offset + 1
            let stamp = record.timestampMs
            task.pointee.ingest(
                record.value, offset: record.offset, timestampMs: stamp < 0 ? nil : stamp,
                decoder: &decoder)
        }
    }

    /// Takes in the end of the partition; an error that would lose records ends the engine.
    private func note(_ record: Record) throws(LiveError) {
        isCaughtUp = record.isEndOfPartition
        if isCaughtUp { position = max(position, record.offset) }
        if let error = record.error, error.move != .retry, error.move != .unreachable {
            throw .kafka(error)
        }
    }

    /// Finishes the task once the end offset is reached.
    func finishAtEnd(decoder: inout EventDecoder) {
        guard let end, position >= end, !isFinished else { return }
        isFinished = true
        task.pointee.finish(decoder: &decoder)
    }

    /// Marks the partition idle once it is caught up and silent for `timeoutMs`.
    func noteIdle(nowMs: Int64, timeoutMs: Int64) {
        guard isCaughtUp, !isIdle, nowMs - lastRecordMs >= timeoutMs else { return }
        isIdle = true
        task.pointee.closeIdle()
    }

    /// Hands out what waits.
    func flush(_ sink: (_ partition: Int, _ block: ByteSlice) -> Void) {
        task.pointee.flush(
            through: commit.offset - 1, state: isFinished ? .ended : isIdle ? .idle : .active, sink)
    }

    /// Takes the records refused since the last call.
    func takeDeadLetters() -> [DeadLetter] { task.pointee.takeDeadLetters() }
}

/// What an INGEST task remembers across restarts, as text in its committed offset's metadata.
struct ClockMetadata: Equatable {
    var highest: EventTime?
    var firstOpenPane: UInt32
    var lowestPane: UInt32?

    init(clock: PartitionClock) {
        highest = clock.highest
        firstOpenPane = clock.firstOpenPane
        lowestPane = clock.lowestPane
    }

    private init(highest: EventTime?, firstOpenPane: UInt32, lowestPane: UInt32?) {
        self.highest = highest
        self.firstOpenPane = firstOpenPane
        self.lowestPane = lowestPane
    }

    /// `2;<highest event time in ms or ->;<first open pane>;<lowest pane or ->`.
    var text: String {
        let highest = highest.map { String($0.ms) } ?? "-"
        return "2;\(highest);\(firstOpenPane);\(lowestPane.map { String($0) } ?? "-")"
    }

    /// Reads the text, of version 1 without the lowest pane as well; nil where there is none or another
    /// version wrote it.
    static func parse(_ text: String) -> ClockMetadata? {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count == 3 && parts[0] == "1" || parts.count == 4 && parts[0] == "2",
            let open = UInt32(parts[2])
        else { return nil }
        let lowest = parts.count == 4 ? UInt32(parts[3]) : nil
        if parts[1] == "-" {
            return ClockMetadata(highest: nil, firstOpenPane: open, lowestPane: lowest)
        }
        guard let ms = Int64(parts[1]) else { return nil }
        return ClockMetadata(
            highest: EventTime(ms: ms), firstOpenPane: open, lowestPane: lowest)
    }
}
