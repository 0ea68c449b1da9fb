import Broker
import Events
import Primitives
import Snapshots
import Topology

/// Runs the tasks of some partitions: pulls their records, decodes, folds, evaluates, and brings what comes of
/// it to the brokers batch by batch.
///
/// Invariants: a partition has at most one slot. While `hold` is set nothing is read and nothing committed; while
/// `releasing` is set nothing is read, and the partitions in it go once all is settled or its time is over. What
/// lies in the open commit batch and in the one under way is all that tasks have put out and that is not committed.
///
/// Synchronous and single-threaded: `step` does a little of everything that can be done and never waits for a
/// broker. While a commit batch is committed the tasks go on, and what they put out collects for the next; when that is
/// full as well, nothing more is pulled.
public final class Shard {
    let settings: EngineSettings
    let index: Int
    let plan: TopologyPlan
    let ports: ShardPorts
    let board: AlignmentBoard
    let notify: (EngineEvent) -> Void
    var decoder: EventDecoder
    let outputs: Outputs
    var committer: Committer
    /// A commit batch that is not in use.
    var spare = CommitBatch()
    var batchNumber = 0
    var lastCutMs: Int64 = 0

    var sources: [IngestPartition?] = []
    var states: [StatePartition?] = []
    /// Tasks that were given up, in case they come back before anybody has read on.
    var suspended: [TopicPartition: (slot: StatePartition, untilMs: Int64)] = [:]
    var membership: (any GroupMembership)?
    /// Partitions to give up once what was read of them is committed.
    var releasing: (partitions: [TopicPartition], deadlineMs: Int64)?
    /// Nothing more is read; what was read is settled until then.
    var drainDeadlineMs: Int64?
    /// Until when a drain waits for its last snapshots; nil before all that was read is committed.
    var lastSnapshotsUntilMs: Int64?
    var isDraining: Bool { drainDeadlineMs != nil }
    var hasDrained = false
    /// The membership was found to be over: nothing is done until the group says what is next.
    var hold: Hold?

    /// A stop until the group speaks.
    struct Hold {
        var sinceMs: Int64
        /// Whether what is not committed cannot be committed under any membership.
        var isFinal: Bool
    }

    var events: [ShardEvent] = []
    /// What partitions and tasks have done that were given up.
    var retired = Counters()
    /// The highest sequence of a snapshot that tasks which are gone have begun: its pages may still be on their way.
    private var sequences: [TaskID: UInt32] = [:]
    var asked: [TopicPartition] = []
    var lastLookMs: Int64 = 0
    /// Since when a topic seems to be missing.
    var troubleSinceMs: Int64?
    /// What holds back the sources that are ahead; nil where nothing does.
    var limit: AlignmentBoard.Limit?
    /// Partitions with something to read that do not move.
    var stalls = StallWatch()
    var lastCommitMs: Int64 = 0
    /// Commit batches committed.
    var commits = 0

    /// A shard.
    ///
    /// - Parameter notify: called for what happens, on the thread that steps.
    /// - Throws: `.configuration` where no decoder can be made.
    public init(
        _ settings: EngineSettings, index: Int, ports: ShardPorts, board: AlignmentBoard,
        notify: @escaping (EngineEvent) -> Void
    ) throws(EngineFailure) {
        self.settings = settings
        self.index = index
        self.ports = ports
        self.board = board
        self.notify = notify
        plan = settings.pipeline.plan
        outputs = Outputs(settings)
        committer = Committer(ports.producer, notify: notify)
        do throws(DecoderConfigurationError) {
            decoder = try settings.pipeline.makeDecoder(plan.tracked)
        } catch {
            throw .configuration("\(error)")
        }
    }

    // MARK: Commands

    /// Does what the instance says; what comes of it is told by `takeEvents`.
    ///
    /// - Throws: why the instance cannot go on.
    public func handle(_ command: ShardCommand, nowMs: Int64) throws(EngineFailure) {
        switch command {
        case .take(let starts, let membership, let sources):
            take(starts, membership, sources, nowMs)
        case .release(let partitions, let membership):
            try release(partitions, under: membership, nowMs)
        case .drain: drainDeadlineMs = nowMs + settings.settleMs
        }
    }

    /// What there is to tell, once.
    public func takeEvents() -> [ShardEvent] {
        defer { events = [] }
        return events
    }

    private func take(
        _ starts: [TaskStart], _ membership: any GroupMembership, _ sources: Int, _ nowMs: Int64
    ) {
        goOn(under: membership)
        lastCommitMs = nowMs
        board.note(partitions: sources)
        for start in starts {
            committer.know(start.committed)
            if start.partition.topic == .input {
                takeSource(start, sources)
            } else if let stage = settings.stage(reading: start.partition.topic) {
                takeTask(start, stage, nowMs)
            }
        }
    }

    /// Commits under a membership from now on; a commit batch that an earlier one was refused for comes again. Where
    /// one was dropped, what lies behind it cannot be committed: the tasks stand past outputs that are gone.
    private func goOn(under membership: any GroupMembership) {
        self.membership = membership
        if let hold, !hold.isFinal { self.hold = nil }
        committer.resume(under: membership)
    }

    private func takeSource(_ start: TaskStart, _ count: Int) {
        let note = start.isRestart ? nil : CommitMetadata(parsing: start.committed.metadata)
        let slot = IngestPartition(
            partition: start.partition.number, plan: plan, sources: count, start: start.start,
            note: note?.clock,
            isRestart: start.isRestart, end: start.end, letterBytes: settings.deadLetterBytes)
        let place = place(slot, in: &sources)
        ports.input.attach(start.partition, slot: place, from: start.start)
    }

    private func takeTask(_ start: TaskStart, _ stage: StageRow, _ nowMs: Int64) {
        if let slot = resume(start) {
            slot.snapshots.startOver()
            let place = place(slot, in: &states)
            ports.tasks.attach(start.partition, slot: place, from: slot.position)
            return
        }
        let task = stage.makeTask(settings.pipeline, plan, Int(start.partition.number))
        let own = OwnOutputs(outputs, of: start.partition, notify: notify)
        let restore = RestoreProcess(
            task, settings, ports, start: start, nowMs: nowMs, notify: notify)
        _ = place(
            StatePartition(
                task, start: start, outputs: own, phase: .restoring(restore),
                snapshots: Snapshotter(
                    ports.state, settings, partition: start.partition.number,
                    sequence: sequences[task.id] ?? 0, nowMs: nowMs, notify: notify)),
            in: &states)
    }

    /// The suspended task of a partition, if nobody has committed anything of it since; else none.
    ///
    /// The offset alone does not tell: another owner may have stood there too, under other rules, and left a snapshot
    /// that says so.
    private func resume(_ start: TaskStart) -> StatePartition? {
        guard let (slot, _) = suspended.removeValue(forKey: start.partition) else { return nil }
        let isUntouched = slot.position == start.start && slot.committed == start.committed
        if isUntouched { return slot }
        retire(slot)
        return nil
    }

    /// Takes leave of a task: what it did stays counted, and its snapshots' numbers are not used again.
    private func retire(_ slot: StatePartition) {
        retired.add(slot.task.numbers)
        retired.forgetHeld()
        sequences[slot.task.id] = slot.snapshots.sequence
    }

    private func place<Slot>(_ slot: Slot, in slots: inout [Slot?]) -> Int {
        if let free = slots.firstIndex(where: { $0 == nil }) {
            slots[free] = slot
            return free
        }
        slots.append(slot)
        return slots.count - 1
    }

    // MARK: Giving up

    private func release(
        _ partitions: [TopicPartition], under membership: (any GroupMembership)?, _ nowMs: Int64
    ) throws(EngineFailure) {
        guard let membership else { return try giveUp(partitions, nowMs) }
        for partition in partitions { detach(partition) }
        releasing = (partitions, nowMs + settings.settleMs)
        goOn(under: membership)
    }

    /// Nothing more is pulled of a partition.
    private func detach(_ partition: TopicPartition) {
        (partition.topic == .input ? ports.input : ports.tasks).detach(partition)
    }

    /// Ends the tasks of a partition; a task whose state is committed is kept for a while.
    func drop(_ partition: TopicPartition, suspending: Bool, _ nowMs: Int64) {
        detach(partition)
        if partition.topic == .input {
            board.forget(partition.number)
            for i in sources.indices where sources[i]?.id == partition {
                if let slot = sources[i] { retired.add(slot.counters) }
                sources[i] = nil
            }
        }
        for i in states.indices where states[i]?.source == partition {
            guard let slot = states[i] else { continue }
            states[i] = nil
            slot.close()
            board.forget(task: partition)
            if suspending, slot.isLive {
                suspended[partition] = (slot, nowMs + settings.suspendMs)
            } else {
                retire(slot)
            }
        }
    }

    func retireParked(_ isOver: (Int64) -> Bool) {
        for (partition, entry) in suspended where isOver(entry.untilMs) {
            retire(entry.slot)
            suspended[partition] = nil
        }
    }
}
