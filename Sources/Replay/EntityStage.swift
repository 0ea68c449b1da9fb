import Aggregation
import Detection
import Primitives
import Topology

/// The ENTITY tasks of one shard, fed from memory.
///
/// Unchecked Sendable: one thread at a time works on it.
final class EntityStage: @unchecked Sendable {
    let tasks: UnsafeMutablePointer<EntityTask>
    /// The offset each task's next block has: blocks are counted, as in a log.
    let offsets: UnsafeMutablePointer<Int64>
    let count: Int
    let stride: Int
    /// What was done before the checkpoint that the tasks go on from.
    var base = EntitySummary()
    /// Findings not yet taken.
    private var findings: [Finding] = []
    /// Evidence for CAMPAIGN, which takes what came in the round before.
    private var evidence = BlockBatch()
    private var evidenceBefore = BlockBatch()

    /// The tasks of the partitions `first`, `first + stride`, ...
    init(_ settings: PipelineSettings, _ plan: TopologyPlan, first: Int, stride: Int) {
        let partitions = plan.partitions
        count = first < partitions ? (partitions - first + stride - 1) / stride : 0
        self.stride = stride
        tasks = .allocate(capacity: max(1, count))
        offsets = .allocate(capacity: max(1, count))
        offsets.initialize(repeating: 0, count: max(1, count))
        for i in 0..<count {
            (tasks + i).initialize(
                to: settings.makeEntityTask(plan, partition: first + i * stride))
        }
    }

    deinit {
        tasks.deinitialize(count: count)
        tasks.deallocate()
        offsets.deallocate()
    }

    /// Hands blocks to their partitions' tasks.
    func receive(_ batch: BlockBatch) {
        batch.forEach { receive($1, partition: $0) }
    }

    /// Hands a block to its partition's task, which closes what may close. Blocks of our own making are whole: a bad one is a mistake of
    /// ours, and losing it silently would be worse than stopping.
    private func receive(_ block: ByteSlice, partition: Int) {
        do throws(BlockError) {
            try tasks[partition / stride].receive(block, offset: offsets[partition / stride])
        } catch {
            preconditionFailure("a block of our own cannot be read: \(error)")
        }
        offsets[partition / stride] += 1
        tasks[partition / stride].advance(&findings)
        tasks[partition / stride].takeEvidence { evidence.append($0, partition: partition) }
    }

    /// Hands over the evidence of the round that has ended; it stays as it is for the next one.
    func turnEvidence() -> BlockBatch {
        swap(&evidence, &evidenceBefore)
        evidence.removeAll()
        return evidenceBefore
    }

    /// Takes the findings since the last call.
    func takeFindings() -> [Finding] {
        defer { findings = [] }
        return findings
    }

    /// What the tasks have done and hold.
    func summary() -> EntitySummary {
        var summary = base
        for i in 0..<count {
            summary.counters.add(tasks[i].counters)
            summary.entities += tasks[i].entities
            summary.evicted += tasks[i].evicted
            summary.expired += tasks[i].expired
            summary.memoryBytes += tasks[i].memoryBytes
            summary.openFindings += tasks[i].openFindings
            summary.suppressed += tasks[i].suppressed
            summary.addCosts(tasks[i].ruleCosts)
            summary.addCensus(tasks[i].census)
            summary.samples += tasks[i].samples
            summary.closedThrough = max(
                summary.closedThrough, tasks[i].closedThrough ?? .distantPast)
        }
        return summary
    }
}

/// What ENTITY tasks have done and hold, added up.
public struct EntitySummary: Sendable {
    /// Work done.
    public var counters = EntityCounters()
    /// Entities kept.
    public var entities = 0
    /// Entities forgotten to stay within the memory budget.
    public var evicted = 0
    /// Entities forgotten because no window reached them.
    public var expired = 0
    /// Bytes of state.
    public var memoryBytes = 0
    /// Findings still firing.
    public var openFindings = 0
    /// Findings held back while their rule was cooling down.
    public var suppressed = 0
    /// What each rule's evaluations have cost, by its index among the compiled ones.
    public var ruleCosts: [RuleCost] = []
    /// The evidence of probes, by time for each.
    public var samples: [ProbeSample] = []
    /// Entities kept and their bytes, by kind.
    public var census: [String: EntityStore.Census] = [:]
    /// The event time up to which panes are closed.
    public var closedThrough = EventTime.distantPast

    /// Nothing done.
    public init() {}

    mutating func add(_ other: EntitySummary) {
        counters.add(other.counters)
        entities += other.entities
        evicted += other.evicted
        expired += other.expired
        memoryBytes += other.memoryBytes
        openFindings += other.openFindings
        suppressed += other.suppressed
        addCosts(other.ruleCosts)
        addCensus(other.census)
        samples += other.samples
        closedThrough = max(closedThrough, other.closedThrough)
    }

    mutating func addCosts(_ costs: [RuleCost]) {
        if ruleCosts.isEmpty { ruleCosts = costs.map { _ in RuleCost() } }
        for (rule, cost) in costs.enumerated() { ruleCosts[rule].add(cost) }
    }

    mutating func addCensus(_ other: [String: EntityStore.Census]) {
        for (kind, count) in other {
            census[kind, default: .init()].entities += count.entities
            census[kind, default: .init()].bytes += count.bytes
        }
    }
}
