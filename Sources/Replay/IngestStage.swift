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
    struct Source: ~Copyable {
        var task: IngestTask
        var counters = Counters()
    }

    let sources: [any RecordSource]
    let states: UnsafeMutablePointer<Source>
    private let trials: UnsafeMutablePointer<IngestTask>
    private let trialCount: Int
    /// By address, as the tasks: a stored property would be checked for exclusive access at every record.
    private let decoders: UnsafeMutablePointer<EventDecoder>
    private let workers: Int
    private let plan: TopologyPlan
    private let observer: (any EventObserver)?
    var ledger: GapLedger
    /// Where the first event of a source with a flaw is.
    var flawPlaces: [FlawKey: String] = [:]
    /// The first refused records of each source: which come first of all does not depend on how they are read.
    var refused: [[ReplayDriver.Refusal]]

    init(
        _ settings: PipelineSettings, _ plan: TopologyPlan, _ sources: [any RecordSource],
        threads: Int, chunks: Int, _ observer: (any EventObserver)?
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
        ledger = GapLedger(sources: sources.count)
        refused = Array(repeating: [], count: sources.count)
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
        guard let observer else {
            return Self.ingest(chunk, by: trials + trial, decoders + worker)
        }
        let (task, decoder) = (trials + trial, decoders + worker)
        chunk.forEach { record, offset, timestampMs in
            let isEvent = task.pointee.take(
                record, offset: offset, timestampMs: timestampMs, decoder: &decoder.pointee)
            if isEvent {
                observer.observe(decoder.pointee.event, worker: worker)
            } else {
                Self.observe(record, &decoder.pointee, observer, worker)
            }
        }
    }

    /// Shows an observer the events of a record that is none or several, which is decoded again for it.
    private static func observe(
        _ record: ByteSlice, _ decoder: inout EventDecoder, _ observer: any EventObserver,
        _ worker: Int
    ) {
        var each: Decoded? = decoder.decode(record)
        while let verdict = each {
            if verdict == .event { observer.observe(decoder.event, worker: worker) }
            each = decoder.next()
        }
    }

    /// Decides about a chunk's trial; chunks are settled in the order they were read in. Returns the source's clock.
    func settle(_ chunk: Chunk, trial: Int) -> PartitionClock {
        let state = states + chunk.source
        let before = state.pointee.task.clock.highest
        chunk.removeBlocks()
        if !state.pointee.task.hasPendingJump, trials[trial].holds(behind: state.pointee.task.clock)
        {
            let clock = trials[trial].accept(behind: state.pointee.task.clock)
            count(trials[trial].takeCounters(), trials[trial].takeHours(), of: chunk.source)
            keep(trials[trial].takeDeadLetters(), of: chunk.source, behind: before)
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

    /// Takes what the ends of sources refused, once those are flushed.
    func finish() {
        for s in sources.indices {
            keep(states[s].task.takeDeadLetters(), of: s, behind: nil)
            count(states[s].task.takeCounters(), states[s].task.takeHours(), of: s)
        }
    }

    private func readAgain(_ chunk: Chunk, _ trial: Int) {
        trials[trial] = IngestTask(plan: plan, source: 0, sources: sources.count)
        let state = states + chunk.source
        Self.ingest(chunk, by: &state.pointee.task, decoders)
        Self.flush(
            &state.pointee.task, through: state.pointee.task.processedOffset, .active, into: chunk)
        chunk.isFlushed = true
        keep(state.pointee.task.takeDeadLetters(), of: chunk.source, behind: nil)
        count(
            state.pointee.task.takeCounters(), state.pointee.task.takeHours(), of: chunk.source)
    }

    private func count(_ counters: Counters, _ hours: [UInt32], of source: Int) {
        states[source].counters.add(counters)
        ledger.note(hours, of: source)
        for flawed in counters.coverage.flaws where flawPlaces[FlawKey(flawed)] == nil {
            flawPlaces[FlawKey(flawed)] = sources[source].place(ofRecord: flawed.first.offset)
        }
    }

    /// Where the first event with a flaw is.
    func place(of flawed: FieldCoverage.Flawed) -> String {
        flawPlaces[FlawKey(flawed)] ?? sources[flawed.first.source].name
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

    /// Takes what was refused; a trial does not know of the event times before it, up to `highest`.
    private func keep(_ letters: [DeadLetter], of source: Int, behind highest: EventTime?) {
        for letter in letters {
            let reached = letter.reached.map { max($0, highest ?? $0) } ?? highest
            ledger.note(letter.reason, of: source, at: reached)
        }
        for letter in letters.prefix(max(0, ReplayDriver.keptRefusals - refused[source].count)) {
            refused[source].append(
                ReplayDriver.Refusal(
                    place: sources[source].place(ofRecord: letter.offset), letter: letter))
        }
    }

    // MARK: What came of it

    /// What was done, added up.
    var counters: Counters {
        var sum = Counters()
        for s in sources.indices { sum.add(states[s].counters) }
        return sum
    }

    /// The sources that are not in order of time.
    var disorders: [ReplayDriver.Disorder] {
        sources.indices.compactMap { s in
            let counters = states[s].counters
            let tooLate = counters.rejected[RejectReason.tooLate.index]
            guard tooLate > 0 || counters.late * 100 > counters.consumed else { return nil }
            return ReplayDriver.Disorder(
                source: sources[s].name, records: counters.consumed, late: counters.late,
                tooLate: tooLate)
        }
    }

    /// The first refused records.
    var refusals: [ReplayDriver.Refusal] {
        Array(refused.joined().prefix(ReplayDriver.keptRefusals))
    }

    /// What is missing in what was read.
    var gaps: [Gap] { ledger.gaps(sources) }

    /// From the start of the first pane with an event to the newest event; nil without events.
    var span: ClosedRange<EventTime>? {
        var lowest: UInt32?
        var highest: EventTime?
        for s in sources.indices {
            let clock = states[s].task.clock.limited(to: plan.panes)
            guard clock.lowestPane != nil else { continue }
            if let pane = clock.lowestPane { lowest = min(lowest ?? pane, pane) }
            if let time = clock.highest { highest = max(highest ?? time, time) }
        }
        guard let lowest, let highest else { return nil }
        let start = plan.timing.paneWidth.start(of: Pane(index: lowest))
        return start...max(start, highest)
    }
}
