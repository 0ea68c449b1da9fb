import Events
import Primitives
import Topology

/// The INGEST side of a replay: chunks are decoded and folded side by side, and settled in their order.
///
/// A round has four steps: `work` on each chunk, by any thread; `settle`, on one, which decides in the sources' order
/// whether each trial holds and reads again what does not; `flush` of each chunk, by any thread; and the ENTITY side's
/// work on the blocks. See ``IngestTask/holds(behind:)`` for why the outcome is that of one thread.
///
/// Unchecked Sendable: a step touches its own chunk's task and its own worker's decoder.
final class IngestStage: @unchecked Sendable {
    /// A source's own task, which reads what no trial can, and what all of its tasks have counted.
    private struct Source: ~Copyable {
        var task: IngestTask
        var counters = IngestCounters()
    }

    private let sources: [any RecordSource]
    private let states: UnsafeMutablePointer<Source>
    private let trials: UnsafeMutablePointer<IngestTask>
    private let trialCount: Int
    /// By address, as the tasks: a stored property would be checked for exclusive access at every record.
    private let decoders: UnsafeMutablePointer<EventDecoder>
    private let workers: Int
    private let plan: TopologyPlan
    private let observer: (any RecordObserver)?
    /// The first refused records.
    private(set) var refusals: [Replay.Refusal] = []

    init(
        _ settings: PipelineSettings, _ plan: TopologyPlan, _ sources: [any RecordSource],
        threads: Int, chunks: Int, _ observer: (any RecordObserver)?
    ) throws {
        self.observer = observer
        let made = try settings.makeDecoder(plan.tracked)
        decoders = .allocate(capacity: threads)
        decoders.initialize(to: made)
        for w in 1..<max(1, threads) {
            (decoders + w).initialize(to: try settings.makeDecoder(plan.tracked))
        }
        self.sources = sources
        self.plan = plan
        workers = threads
        trialCount = chunks
        trials = .allocate(capacity: chunks)
        states = .allocate(capacity: max(1, sources.count))
        for c in 0..<chunks {
            (trials + c).initialize(
                to: IngestTask(plan: plan, source: 0, sources: sources.count))
        }
        for s in sources.indices {
            (states + s).initialize(
                to: Source(task: IngestTask(plan: plan, source: s, sources: sources.count)))
        }
    }

    deinit {
        states.deinitialize(count: sources.count)
        states.deallocate()
        trials.deinitialize(count: trialCount)
        trials.deallocate()
        decoders.deinitialize(count: workers)
        decoders.deallocate()
    }

    // MARK: A round

    /// Decodes and folds a chunk on trial.
    func work(_ chunk: Chunk, trial: Int, worker: Int) {
        trials[trial].beginTrial(of: chunk.source, after: chunk.first - 1)
        Self.ingest(chunk, by: trials + trial, decoders + worker)
        if let observer {
            chunk.forEach { record, _, _ in
                observer.observe(record, decoder: &decoders[worker], worker: worker)
            }
        }
    }

    /// Decides about a chunk's trial; chunks are settled in the order they were read in. Returns the source's clock.
    func settle(_ chunk: Chunk, trial: Int) -> PartitionClock {
        let state = states + chunk.source
        chunk.removeBlocks()
        if !state.pointee.task.hasParked, trials[trial].holds(behind: state.pointee.task.clock) {
            let clock = trials[trial].accept(behind: state.pointee.task.clock)
            state.pointee.counters.add(trials[trial].takeCounters())
            keep(trials[trial].takeDeadLetters(), of: chunk.source)
            state.pointee.task.begin(chunk.source, after: chunk.last, clock: clock)
        } else {
            readAgain(chunk, trial)
        }
        return state.pointee.task.clock
    }

    /// Writes a chunk's blocks, and behind its last chunk the end of a source.
    func flush(_ chunk: Chunk, trial: Int, worker: Int) {
        if !chunk.isFlushed {
            Self.flush(trials + trial, through: chunk.last, .active, into: chunk)
        }
        guard chunk.isLast else { return }
        let state = states + chunk.source
        state.pointee.task.finish(decoder: &decoders[worker])
        Self.flush(&state.pointee.task, through: chunk.last, .ended, into: chunk)
    }

    /// Takes what the sources' ends refused, once all are flushed.
    func finish() {
        for s in sources.indices {
            keep(states[s].task.takeDeadLetters(), of: s)
            states[s].counters.add(states[s].task.takeCounters())
        }
    }

    private func readAgain(_ chunk: Chunk, _ trial: Int) {
        trials[trial] = IngestTask(plan: plan, source: 0, sources: sources.count)
        let state = states + chunk.source
        Self.ingest(chunk, by: &state.pointee.task, decoders)
        Self.flush(
            &state.pointee.task, through: state.pointee.task.processedOffset, .active, into: chunk)
        chunk.isFlushed = true
        keep(state.pointee.task.takeDeadLetters(), of: chunk.source)
    }

    private static func ingest(
        _ chunk: Chunk, by task: UnsafeMutablePointer<IngestTask>,
        _ decoder: UnsafeMutablePointer<EventDecoder>
    ) {
        chunk.forEach { record, offset, timestampMs in
            task.pointee.ingest(
                record, offset: offset, timestampMs: timestampMs, decoder: &decoder.pointee)
        }
    }

    private static func flush(
        _ task: UnsafeMutablePointer<IngestTask>, through offset: Int64,
        _ state: IngestTask.SourceState, into chunk: Chunk
    ) {
        let shards = chunk.batches.count
        task.pointee.flush(through: offset, state: state) { partition, block in
            chunk.batches[partition % shards].append(block, partition: partition)
        }
    }

    private func keep(_ letters: [DeadLetter], of source: Int) {
        for letter in letters.prefix(max(0, Replay.keptRefusals - refusals.count)) {
            refusals.append(
                Replay.Refusal(
                    place: sources[source].place(ofRecord: letter.offset), letter: letter))
        }
    }

    // MARK: What came of it

    /// What was done, added up.
    var counters: IngestCounters {
        var sum = IngestCounters()
        for s in sources.indices { sum.add(states[s].counters) }
        return sum
    }

    /// The sources that are not in order of time.
    var disorders: [Replay.Disorder] {
        sources.indices.compactMap { s in
            let counters = states[s].counters
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
            let clock = states[s].task.clock
            if let pane = clock.lowestPane { lowest = min(lowest ?? pane, pane) }
            if let time = clock.highest { highest = max(highest ?? time, time) }
        }
        guard let lowest, let highest else { return nil }
        let start = plan.timing.paneWidth.start(of: Pane(index: lowest))
        return start...max(start, highest)
    }
}
