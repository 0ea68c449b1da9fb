import Broker
import Events
import Primitives
import Topology

/// An input partition on its shard: its INGEST task and where it stands.
final class IngestPartition {
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
    /// Milliseconds without an event, as far as they were lived through: neither a clock that jumps nor a
    /// process that was stopped adds more than a second. Records that are refused move no clock, and end no silence.
    private(set) var silentMs: Int64 = 0
    /// Offset one past the last entry seen, records and gaps alike.
    private(set) var position: Int64
    /// What was flushed last.
    private var flushed: CommitMetadata.Clock?
    private var flushedPosition: Int64

    init(
        partition: Int32, plan: TopologyPlan, sources: Int, start: Int64,
        note: CommitMetadata.Clock?,
        isRestart: Bool, end: Int64?, letterBytes: Int = DeadLetter.maxBytes
    ) {
        self.partition = partition
        self.end = end
        position = start
        flushedPosition = start
        flushed = note
        task = .allocate(capacity: 1)
        task.initialize(
            to: IngestTask(
                plan: plan, source: Int(partition), sources: sources, after: start - 1,
                clock: note.map { Self.clock($0, plan.timing) }, isRestart: isRestart,
                letterBytes: letterBytes))
    }

    /// The clock of a note. Panes of another width, written before `window.pane` was changed, say nothing here: the
    /// first open one lies at most one past the highest event's.
    private static func clock(
        _ note: CommitMetadata.Clock, _ timing: TopologyPlan.Timing
    ) -> PartitionClock {
        let last = note.highest.map { timing.paneWidth.pane(of: $0).index } ?? .max
        let isOurs = note.firstOpenPane <= last || note.firstOpenPane - 1 == last
        return PartitionClock(
            timing, highest: note.highest, firstOpenPane: isOurs ? note.firstOpenPane : 0,
            lowestPane: isOurs ? note.lowestPane : nil)
    }

    deinit {
        task.deinitialize(count: 1)
        task.deallocate()
    }

    /// The partition as others name it.
    var id: TopicPartition { TopicPartition(.input, partition) }
    /// Work done.
    var counters: Counters { task.pointee.counters }
    /// The event time the partition has come to; nil before its first event.
    var highest: EventTime? { task.pointee.clock.highest }
    /// Whether there is nothing to read: for now, or any more. Then it holds nobody's reading back.
    var isQuiet: Bool { isCaughtUp || hasReachedEnd }
    /// Whether the brokers may have records that were not read yet.
    var wantsMore: Bool { !isQuiet }
    /// Whether a jump ahead waits for the next event.
    var hasPendingJump: Bool { task.pointee.hasPendingJump }
    /// Whether nothing before the end offset is left.
    private var hasReachedEnd: Bool {
        end.map { position >= $0 } ?? false
    }
    /// Whether some partition's block is full.
    var needsFlush: Bool { task.pointee.needsFlush() }
    /// Whether something was read, or the clock or the state moved, since the last flush.
    var hasMoved: Bool {
        commitOffset() != flushedPosition || clock != flushed || task.pointee.hasNews(state)
    }

    private var clock: CommitMetadata.Clock {
        let clock = task.pointee.clock
        return CommitMetadata.Clock(
            highest: clock.highest, firstOpenPane: clock.firstOpenPane,
            lowestPane: clock.lowestPane)
    }

    /// What the receivers are told. That all is read is worth a block only once it has been so for a moment: a
    /// partition with steady traffic is read to its end several times a second.
    private var state: IngestTask.SourceState {
        if isFinished { return .ended }
        if isIdle { return .idle }
        let isToldQuiet = isQuiet && silentMs >= Self.quietAfterMs && highest != nil
        return isToldQuiet ? .caughtUp : .active
    }

    private static let quietAfterMs: Int64 = 1_000

    /// The offset to commit for what is flushed: past gaps too, but in front of a record that was set aside.
    private func commitOffset() -> Int64 {
        task.pointee.hasPendingJump ? task.pointee.processedOffset + 1 : position
    }

    /// Reads the entries of a batch, all of this partition.
    ///
    /// - Returns: the entry that is a failure, behind which nothing was read.
    func ingest(
        _ entries: Slice<Batch>, of log: any LogPort, decoder: inout EventDecoder
    ) -> Int? {
        let before = task.pointee.processed
        defer {
            if task.pointee.wantsOrigins { noteOrigins(entries, log) }
            if task.pointee.processed != before {
                silentMs = 0
                isIdle = false
            }
        }
        for i in entries.indices {
            let entry = entries[i]
            guard entry.kind == .record else {
                if entry.kind == .failure { return i }
                noteEnd(entry.offset)
                continue
            }
            if let end, entry.offset >= end {
                position = max(position, end)
                continue
            }
            isCaughtUp = false
            position = entry.offset + 1
            let stamp = entry.timestampMs
            task.pointee.ingest(
                entry.valueBytes, offset: entry.offset, timestampMs: stamp < 0 ? nil : stamp,
                decoder: &decoder)
        }
        return nil
    }

    /// Everything before `offset` was read; what lies behind the end offset is left to whoever comes next.
    private func noteEnd(_ offset: Int64) {
        position = max(position, min(offset, end ?? .max))
        isCaughtUp = true
    }

    /// Keeps what refused records had beside their values: the batch is gone when they are put out.
    private func noteOrigins(_ entries: Slice<Batch>, _ log: any LogPort) {
        task.pointee.noteOrigins { offset in
            guard let i = Self.index(of: offset, in: entries) else { return nil }
            let stamp = entries[i].timestampMs
            return RecordOrigin(
                key: entries[i].keyBytes,
                headers: log.headers(at: i),
                timestampMs: stamp < 0 ? nil : stamp)
        }
    }

    /// The place of the record at `offset`; offsets rise, and an end has that of the record behind it.
    private static func index(of offset: Int64, in entries: Slice<Batch>) -> Int? {
        var low = entries.startIndex
        var high = entries.endIndex
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        while low < entries.endIndex, entries[low].offset == offset {
            if entries[low].kind == .record { return low }
            low += 1
        }
        return nil
    }

    /// Finishes the task once the end offset is reached.
    func finishAtEnd(decoder: inout EventDecoder) {
        guard let end, position >= end, !isFinished else { return }
        isFinished = true
        task.pointee.finish(decoder: &decoder)
    }

    /// Counts silence.
    func pass(ms: Int64) { silentMs += ms }

    /// Whether the partition has been silent for `timeoutMs`: idle, if all there was when that was asked is read.
    func isSilent(timeoutMs: Int64) -> Bool { !isIdle && !isFinished && silentMs >= timeoutMs }

    /// Marks the partition idle.
    func markIdle() {
        isIdle = true
        task.pointee.closeIdle()
    }

    /// Hands out what waits, and returns the position to commit with it.
    func flush(
        batch: String, _ sink: (_ partition: Int, _ block: ByteSlice) -> Void
    ) -> PartitionOffset {
        task.pointee.flush(through: commitOffset() - 1, state: state, sink)
        flushed = clock
        flushedPosition = commitOffset()
        return PartitionOffset(
            id, offset: flushedPosition, metadata: CommitMetadata(clock: clock, batch: batch).text)
    }

    /// Takes the records refused since the last call.
    func takeDeadLetters() -> [DeadLetter] { task.pointee.takeDeadLetters() }
}
