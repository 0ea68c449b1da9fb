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
    var base = Counters()
    /// What each rule's evaluations had cost until then.
    var baseCosts: [RuleCost] = []
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

    /// Hands a block to its partition's task, which closes what may close. Blocks of our own making are whole: a bad
    /// one is a mistake of ours, and losing it silently would be worse than stopping.
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
    var counters: Counters {
        var sum = base
        for i in 0..<count { sum.add(tasks[i].numbers) }
        return sum
    }

    /// Adds what the evaluations of each rule have cost.
    func addCosts(to sum: inout [RuleCost]) {
        for costs in [baseCosts] + (0..<count).map({ tasks[$0].ruleCosts }) {
            if sum.isEmpty { sum = costs.map { _ in RuleCost() } }
            for (rule, cost) in costs.enumerated() { sum[rule].add(cost) }
        }
    }

    /// Adds what the tasks have done and hold to a report.
    func describe(in report: inout ReplayDriver.Report) {
        report.entities.add(counters)
        addCosts(to: &report.ruleCosts)
        for i in 0..<count {
            for (kind, count) in tasks[i].census {
                report.census[kind, default: .init()].entities += count.entities
                report.census[kind, default: .init()].bytes += count.bytes
            }
            report.samples += tasks[i].samples
            report.closedThrough = max(
                report.closedThrough, tasks[i].closedThrough ?? .distantPast)
        }
    }
}
