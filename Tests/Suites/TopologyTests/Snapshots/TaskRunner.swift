import Detection
import Primitives
import Snapshots
import Testing
import Topology

/// An ENTITY task on a log: received, advanced and restored as an owner does it.
final class TaskRunner {
    private(set) var task: EntityTask
    private let log: PartitionLog
    private let plan: TopologyPlan
    private let rules: RuleSet
    private let settings: Settings

    struct Settings {
        var partition = 0
        var sampleSize = 512
        var memoryBudget = 64 << 20
    }

    /// A runner of rules on a log, which may have been written under others.
    init(_ log: PartitionLog, _ rules: RuleSet, _ settings: Settings, plan: TopologyPlan? = nil) {
        self.log = log
        self.plan = plan ?? log.plan
        self.rules = rules
        self.settings = settings
        task = Self.fresh(self.plan, rules, settings)
    }

    private static func fresh(
        _ plan: TopologyPlan, _ rules: RuleSet, _ settings: Settings
    ) -> EntityTask {
        EntityTask(
            plan: plan, rules: rules, partition: settings.partition,
            sampleSize: settings.sampleSize, memoryBudget: settings.memoryBudget)
    }

    /// The offset after record `i` less one: where a task stands that has received all before it.
    func position(_ i: Int) -> Int64 {
        i < log.records.count
            ? log.records[i].offset : (log.records.last.map { $0.offset + 1 } ?? 0)
    }

    /// Bytes of evidence handed out so far.
    private(set) var evidenceBytes = 0

    /// Receives record `i`; the findings and the evidence as lines.
    func receive(_ i: Int) -> [String] {
        var findings: [Finding] = []
        let record = log.records[i]
        record.block.withUnsafeBytes { block in
            do throws(BlockError) { try task.receive(block, offset: record.offset) } catch {
                Issue.record("record \(i): \(error)")
            }
        }
        task.advance(&findings)
        var lines = findings.map(NaiveOracle.line)
        task.takeEvidence { block in
            evidenceBytes += block.count
            lines.append("evidence \(xxh3(block))")
        }
        return lines
    }

    func snapshot(_ incarnation: UInt64, at i: Int, isFull: Bool = false, leastRoll: Int)
        -> TaskSnapshot?
    {
        let id = SnapshotID(incarnation: incarnation, sequence: task.lastSequence + 1)
        return task.snapshot(id, position: position(i), isFull: isFull, leastRoll: leastRoll)
    }

    func snapshotFailed() { task.snapshotFailed() }

    /// Ends or begins the dropping of findings.
    func setMuted(_ isMuted: Bool) { task.isMuted = isMuted }

    /// Lets what waited at the manifest wait again.
    func refill(_ manifest: Manifest) throws {
        for record in log.records
        where record.offset >= manifest.replayFrom && record.offset < manifest.position {
            try record.block.withUnsafeBytes { try task.refill($0, offset: record.offset) }
        }
    }

    /// Restores the best snapshot there is, else begins at the start of the log, and catches up muted.
    ///
    /// - Returns: the candidates there were.
    func restore(from store: StateLog, committed i: Int) throws -> [SnapshotCandidate] {
        let assembler = store.assembler(task.id)
        let candidates = assembler.choose(notAfter: position(i))
        var from = 0
        if let manifest = candidates.first(where: { $0.problem == nil })?.manifest {
            _ = try load(manifest, assembler.pages(of: manifest))
            try refill(manifest)
            from = log.records.firstIndex { $0.offset >= manifest.position } ?? log.records.count
        } else {
            task = Self.fresh(plan, rules, settings)
            task.isMuted = true
        }
        for record in from..<i { _ = receive(record) }
        task.isMuted = false
        return candidates
    }

    /// Loads the pages of a manifest into a new task.
    func load(_ manifest: Manifest, _ pages: [Page]) throws -> RestoreReport {
        task = EntityTask(
            restoring: manifest, plan: plan, rules: rules, partition: settings.partition,
            sampleSize: settings.sampleSize, memoryBudget: settings.memoryBudget)
        for page in pages { try task.load(page) }
        return try task.finishRestore()
    }
}
