import Detection
import Kafka
import Primitives
import Topology

/// A shuffle partition on its shard: its ENTITY task and where it stands.
final class EntitySlot {
    let partition: Int32
    private(set) var task: EntityTask
    /// Offset one past the last entry seen.
    private(set) var position: Int64

    init(partition: Int32, _ settings: LiveSettings, plan: TopologyPlan, start: Int64) {
        self.partition = partition
        position = start
        task = EntityTask(
            plan: plan, rules: settings.rules, partition: Int(partition),
            sampleSize: settings.sampleSize, memoryBudget: settings.memoryBudget / plan.partitions)
    }

    /// Takes in the blocks `range` of a batch, all of this partition, and closes after each what may close.
    ///
    /// - Throws: `.shuffle` where a block cannot be read: going on would lose its events.
    func receive(
        _ batch: borrowing RecordBatch, _ range: Range<Int>, topic: String,
        _ findings: inout [Finding]
    ) throws(LiveError) {
        for i in range {
            let record = batch[i]
            guard record.isData else {
                if record.isEndOfPartition { position = max(position, record.offset) }
                if let error = record.error, error.move != .retry, error.move != .unreachable {
                    throw .kafka(error)
                }
                continue
            }
            position = record.offset + 1
            guard let block = record.value else { continue }
            do throws(BlockError) {
                try task.receive(block, offset: record.offset)
            } catch {
                throw .shuffle(Self.explain(error, topic, partition, record.offset))
            }
            task.advance(&findings)
        }
    }

    private static func explain(
        _ error: BlockError, _ topic: String, _ partition: Int32, _ offset: Int64
    ) -> String {
        let place = "\(topic)[\(partition)] at offset \(offset)"
        switch error {
        case .unknownFormat:
            return
                "\(place) is no block this version reads: another program writes to the topic, or a "
                + "newer version did; use a topic of its own (partials.topic)"
        case .corrupt: return "\(place) is a damaged block"
        case .paneWidth(let block, let expected):
            return "\(place) was cut in panes of \(block) ms, and window.pane is \(expected) ms: "
                + "keep the width, or use a new partials topic"
        }
    }
}
