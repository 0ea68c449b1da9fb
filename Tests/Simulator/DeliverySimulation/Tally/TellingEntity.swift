import Broker
import Detection
import Primitives
import Snapshots
import Topology

/// An ENTITY task that also tells the tally what it finds, and how far it is where it finds nothing.
///
/// What it tells of is a function of its log: a block goes out with the record that moved event time on, so a task
/// restored from a snapshot has told of everything up to there.
final class TellingEntity: TaskWrapper {
    /// Takes findings on their way.
    private final class Listener: TaskOutputs {
        let outputs: any TaskOutputs
        var items: [TallyBlock.Item] = []

        init(_ outputs: any TaskOutputs) { self.outputs = outputs }

        func put(_ finding: Finding) {
            outputs.put(finding)
            // The undisturbed run does not have the rule that is added in some runs.
            guard finding.rule.id != Workload.addedRule else { return }
            items.append(
                TallyBlock.Item(
                    high: finding.uid.high, low: finding.uid.low,
                    sequence: UInt32(finding.sequence), timeMs: finding.time.ms))
        }

        func put(key: ByteSlice?, value: ByteSlice?, to partition: TopicPartition) {
            outputs.put(key: key, value: value, to: partition)
        }
    }

    private let sources: Int
    private var toldMs: Int64 = .min
    private var hasToldEnd = false

    init(_ task: any StatefulTask, sources: Int) {
        self.sources = sources
        super.init(task)
    }

    private var closedMs: Int64 { task.watermark?.closedThrough?.ms ?? .min }

    override func receive(
        _ record: ByteSlice, offset: Int64, outputs: (any TaskOutputs)?
    ) throws(BlockError) {
        let listener = outputs.map { Listener($0) }
        try super.receive(record, offset: offset, outputs: listener)
        guard closedMs != toldMs || task.hasEnded != hasToldEnd else { return }
        if let outputs {
            var block = TallyBlock(
                source: Int(id.partition), sources: sources, fromMs: toldMs, toMs: closedMs,
                hasEnded: task.hasEnded)
            block.items = listener?.items ?? []
            outputs.put(key: nil, value: block.bytes.bytes, to: TopicPartition(.tally, 0))
        }
        noteTold()
    }

    private func noteTold() { (toldMs, hasToldEnd) = (closedMs, task.hasEnded) }

    override func reset() {
        super.reset()
        noteTold()
    }

    override func finishRestore() throws(RestoreError) -> RestoreReport {
        let report = try super.finishRestore()
        noteTold()
        return report
    }
}
