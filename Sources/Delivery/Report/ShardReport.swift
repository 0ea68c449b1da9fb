import Topology

/// What a shard has done and holds.
public struct ShardReport: Sendable, Equatable {
    /// INGEST work.
    public var ingest = IngestCounters()
    /// ENTITY work.
    public var entities = EntityCounters()
    /// Entities kept.
    public var entityCount = 0
    /// Bytes of state and waiting partials.
    public var stateBytes = 0
    /// Of those, bytes of partials that wait for their pane.
    public var waitingBytes = 0
    /// Findings firing.
    public var openFindings = 0
    /// Entities forgotten to stay within the memory budget.
    public var evicted = 0
    /// Of those, entities forgotten because memory was short in spite of all counting.
    public var evictedInEmergency = 0
    /// Tasks that are being restored, or wait for the first snapshot under their rules.
    public var restoring = 0
    /// Milliseconds the longest of these restores will take, by its rate so far; 0 where nothing is known.
    public var restoreRemainingMs: Int64 = 0
    /// Records these restores have gone through in the step they are in, and how many it has.
    public var restoreDone: Int64 = 0
    /// Records of the steps these restores are in.
    public var restoreTotal: Int64 = 0
    /// Blocks put out.
    public var blocks = 0
    /// Bytes of those blocks.
    public var blockBytes = 0
    /// Findings put out.
    public var findings = 0
    /// Findings of shadow rules.
    public var shadowFindings = 0
    /// Dead letters put out.
    public var deadLetters = 0
    /// Cuts committed.
    public var cuts = 0
    /// How far the input partitions are read, in no order.
    public var inputs: [InputStanding] = []
    /// How far event time has come in the task that is behind all others; nil where none has heard of a source.
    public var watermark: WatermarkStanding?
    /// Partitions with something to read that have not moved for 10 s.
    public var stalls: [Stall] = []

    /// Nothing.
    public init() {}

    mutating func add(_ outputs: Outputs.Counters) {
        blocks += outputs.blocks
        blockBytes += outputs.blockBytes
        findings += outputs.findings
        shadowFindings += outputs.shadowFindings
        deadLetters += outputs.deadLetters
    }

    mutating func add(_ task: TaskNumbers) {
        entities.add(task.counters)
        entityCount += task.entities
        stateBytes += task.stateBytes
        waitingBytes += task.waitingBytes
        openFindings += task.openFindings
        evicted += task.evicted
        evictedInEmergency += task.evictedInEmergency
    }

    mutating func add(_ progress: RestoreProgress) {
        restoreDone += progress.done
        restoreTotal += progress.total
        restoreRemainingMs = max(restoreRemainingMs, progress.remainingMs ?? 0)
    }

    /// Leaves what was done, and none of what is held.
    mutating func forgetState() {
        entityCount = 0
        stateBytes = 0
        waitingBytes = 0
        openFindings = 0
        inputs = []
        watermark = nil
    }

    /// Adds another shard's numbers.
    public mutating func add(_ other: ShardReport) {
        ingest.add(other.ingest)
        entities.add(other.entities)
        entityCount += other.entityCount
        stateBytes += other.stateBytes
        waitingBytes += other.waitingBytes
        openFindings += other.openFindings
        evicted += other.evicted
        evictedInEmergency += other.evictedInEmergency
        restoring += other.restoring
        restoreRemainingMs = max(restoreRemainingMs, other.restoreRemainingMs)
        restoreDone += other.restoreDone
        restoreTotal += other.restoreTotal
        blocks += other.blocks
        blockBytes += other.blockBytes
        findings += other.findings
        shadowFindings += other.shadowFindings
        deadLetters += other.deadLetters
        cuts += other.cuts
        inputs += other.inputs
        note(other.watermark)
        stalls += other.stalls
    }
}
