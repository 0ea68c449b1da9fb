import Broker
import Detection
import Primitives
import Snapshots
import Topology

/// A task that does less than it should, or tells other things than it knows.
final class LyingTask: TaskWrapper {
    /// Keeps what a task puts out while nobody is to hear it.
    private final class Store: TaskOutputs {
        var puts: [(any TaskOutputs) -> Void] = []

        func put(_ finding: Finding) { puts.append { $0.put(finding) } }

        func put(key: ByteSlice?, value: ByteSlice?, to partition: TopicPartition) {
            let (key, value) = (key.map { Array($0) }, value.map { Array($0) })
            puts.append { outputs in
                (key ?? []).withUnsafeBytes { keyBytes in
                    (value ?? []).withUnsafeBytes { valueBytes in
                        outputs.put(
                            key: key == nil ? nil : keyBytes,
                            value: value == nil ? nil : valueBytes,
                            to: partition)
                    }
                }
            }
        }
    }

    private let log: TopicPartition
    private let plot: Conspiracy
    private let store = Store()

    init(_ task: any StatefulTask, log: TopicPartition, _ plot: Conspiracy) {
        self.log = log
        self.plot = plot
        super.init(task)
    }

    override func receive(
        _ record: ByteSlice, offset: Int64, outputs: (any TaskOutputs)?
    ) throws(BlockError) {
        var heard = outputs
        if plot.tells(.replaysAloud) {
            if let outputs {
                for put in store.puts { put(outputs) }
                store.puts = []
            } else {
                heard = store
            }
        }
        guard plot.tells(.ignoresOneSource), log.topic == .partials,
            record.loadUnaligned(fromByteOffset: 8, as: UInt32.self) == 0
        else { return try super.receive(record, offset: offset, outputs: heard) }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: record.count, alignment: 8)
        defer { copy.deallocate() }
        copy.copyMemory(from: record)
        copy[4] |= 1
        try super.receive(UnsafeRawBufferPointer(copy), offset: offset, outputs: heard)
    }

    override func refill(_ record: ByteSlice, offset: Int64) throws(BlockError) {
        if !plot.tells(.skipsRefill) { try super.refill(record, offset: offset) }
    }

    override func takeSnapshot(
        _ id: SnapshotID, position: Int64, isFull: Bool, leastRoll: Int
    ) -> TaskSnapshot? {
        guard
            var snapshot = super.takeSnapshot(
                id, position: position, isFull: isFull, leastRoll: leastRoll)
        else { return nil }
        if plot.tells(.snapshotsAtCommittedOffset), let offset = plot.committed[log]?.offset {
            snapshot.manifest.position = offset
            snapshot.manifest.replayFrom = min(offset, snapshot.manifest.replayFrom)
        }
        return snapshot
    }

    override func snapshotFailed() {
        if !plot.tells(.forgetsFailedSnapshot) { super.snapshotFailed() }
    }

    override func finishRestore() throws(RestoreError) -> RestoreReport {
        let report = try super.finishRestore()
        return plot.tells(.hidesOtherRules) ? RestoreReport(entities: report.entities) : report
    }

    override var inputs: [SourceStatus] {
        guard plot.tells(.hearsNoQuiet) else { return super.inputs }
        return super.inputs.map { status in
            var status = status
            status.isCaughtUp = false
            return status
        }
    }
}
