import Events
import Primitives
import Topology

/// The INGEST tasks of a replay, one a source, with their shared decoder.
final class IngestStage {
    private let sources: [any RecordSource]
    private let tasks: UnsafeMutablePointer<IngestTask>
    private let offsets: UnsafeMutablePointer<Int64>
    private var isOpen: [Bool]
    /// By address, as the tasks: a stored property would be checked for exclusive access at every record.
    private let decoder: UnsafeMutablePointer<EventDecoder>
    private let batchSize: Int
    private let paneWidth: PaneWidth
    /// Lines read at most before a batch is handed over, however small the flushes are.
    private static let linesPerStep = 4096
    /// Records read so far.
    var recordsRead: Int { sources.indices.reduce(0) { $0 + Int(offsets[$1]) } }
    /// The first refused records.
    private(set) var refusals: [Replay.Refusal] = []

    init(_ settings: ReplaySettings, _ sources: [any RecordSource]) throws {
        self.sources = sources
        batchSize = settings.batchSize
        paneWidth = settings.plan.timing.paneWidth
        let made = try settings.makeDecoder()
        decoder = .allocate(capacity: 1)
        decoder.initialize(to: made)
        isOpen = sources.map { _ in true }
        tasks = .allocate(capacity: max(1, sources.count))
        offsets = .allocate(capacity: max(1, sources.count))
        for s in sources.indices {
            (tasks + s).initialize(
                to: IngestTask(plan: settings.plan, source: s, sources: sources.count))
            (offsets + s).initialize(to: 0)
        }
    }

    deinit {
        tasks.deinitialize(count: sources.count)
        tasks.deallocate()
        offsets.deallocate()
        decoder.deinitialize(count: 1)
        decoder.deallocate()
    }

    /// What the tasks have done, added up.
    var counters: IngestCounters {
        var sum = IngestCounters()
        for s in sources.indices { sum.add(tasks[s].counters) }
        return sum
    }

    /// The sources that are not in order of time.
    var disorders: [Replay.Disorder] {
        sources.indices.compactMap { s in
            let counters = tasks[s].counters
            let tooLate = counters.rejected[RejectReason.tooLate.index]
            guard tooLate > 0 || counters.late * 100 > counters.consumed else { return nil }
            return Replay.Disorder(
                source: sources[s].name, records: counters.consumed, late: counters.late,
                tooLate: tooLate)
        }
    }

    /// From the start of the first pane with an event to the newest event; nil without events.
    var span: ClosedRange<EventTime>? {
        var lowest: UInt32?
        var highest: EventTime?
        for s in sources.indices {
            let clock = tasks[s].clock
            if let pane = clock.lowestPane { lowest = min(lowest ?? pane, pane) }
            if let time = clock.highest { highest = max(highest ?? time, time) }
        }
        guard let lowest, let highest else { return nil }
        let start = paneWidth.start(of: Pane(index: lowest))
        return start...max(start, highest)
    }

    /// Reads on from the source that is furthest behind and fills `batches`, the partitions dealt out in
    /// turn, with its blocks; false when every source has ended.
    func step(into batches: [BlockBatch]) throws(InputError) -> Bool {
        guard let s = furthestBehind() else { return false }
        for batch in batches { batch.removeAll() }
        let targets = batches.count
        var left = Self.linesPerStep
        while left > 0, isOpen[s] {
            let count = min(batchSize, left)
            left -= count
            isOpen[s] = try read(count, from: s)
            if !isOpen[s] { tasks[s].finish(decoder: &decoder.pointee) }
            tasks[s].flush(
                through: tasks[s].processedOffset, state: isOpen[s] ? .active : .ended
            ) { partition, block in
                batches[partition % targets].append(block, partition: partition)
            }
            keepRefusals(of: s)
        }
        return true
    }

    private func furthestBehind() -> Int? {
        var best: Int?
        for s in sources.indices where isOpen[s] {
            guard let known = best else {
                best = s
                continue
            }
            if tasks[s].clock.firstOpenPane < tasks[known].clock.firstOpenPane { best = s }
        }
        return best
    }

    private func read(_ count: Int, from s: Int) throws(InputError) -> Bool {
        try sources[s].read(count) { record, timestampMs in
            tasks[s].ingest(
                record, offset: offsets[s], timestampMs: timestampMs, decoder: &decoder.pointee)
            offsets[s] += 1
        }
    }

    private func keepRefusals(of s: Int) {
        let letters = tasks[s].takeDeadLetters()
        for letter in letters.prefix(max(0, Replay.keptRefusals - refusals.count)) {
            refusals.append(
                Replay.Refusal(place: sources[s].place(ofRecord: letter.offset), letter: letter))
        }
    }
}
