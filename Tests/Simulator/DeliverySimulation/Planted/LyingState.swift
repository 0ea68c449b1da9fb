import Broker
import Delivery
import Primitives
import Snapshots
import Topology

/// A store of snapshots that says other things than it does.
final class LyingState: StatePort {
    private let store: any StatePort
    private let plot: Conspiracy
    private let logs: [Stage: Topic]
    private var told: [StateOutcome] = []
    private var tasks: Set<TaskID> = []
    private var last: [TaskID: SnapshotID] = [:]
    private var early: Set<SnapshotID> = []
    private var published: Set<StateKey> = []

    init(_ store: any StatePort, _ plot: Conspiracy, _ stages: [StageRow]) {
        self.store = store
        self.plot = plot
        logs = Dictionary(stages.map { ($0.stage, $0.log) }) { first, _ in first }
        guard plot.tells(.ignoresCommittedOffset), !store.publishesInBatch else { return }
        plot.publish = { [unowned self] key, value in
            guard let value else { return store.remove([key]) }
            guard published.insert(key).inserted else { return }
            store.publish(ManifestRecord(key: key, value: value))
        }
    }

    var publishesInBatch: Bool { store.publishesInBatch || plot.publish != nil }

    func write(_ pages: SnapshotPages) {
        tasks.insert(pages.task)
        if plot.tells(.removesNamedPages), let before = last[pages.task] {
            store.remove([StateKey(pages.task, .page(index: 0), of: before)])
        }
        last[pages.task] = pages.id
        if plot.tells(.writesAreSafeAtOnce) {
            early.insert(pages.id)
            told.append(StateOutcome(pages.task, pages.id, nil))
        }
        store.write(pages)
    }

    func publish(_ manifest: ManifestRecord) { store.publish(manifest) }
    func remove(_ keys: [StateKey]) { store.remove(keys) }

    func poll() -> StateOutcome? {
        if !told.isEmpty { return told.removeFirst() }
        guard let outcome = store.poll() else { return nil }
        if early.remove(outcome.id) != nil { return poll() }
        if plot.tells(.mixesUpTasks) {
            for task in tasks.sorted(by: { $0.partition < $1.partition }) where task != outcome.task
            {
                told.append(StateOutcome(task, outcome.id, outcome.error))
            }
        }
        return outcome
    }

    func open(_ task: TaskID) -> any StateReader {
        let reader = store.open(task)
        guard plot.tells(.ignoresCommittedOffset), let log = logs[task.stage],
            let target = plot.starts[TopicPartition(log, task.partition)]?.start
        else { return reader }
        return Reader(reader, target)
    }

    /// Says that no manifest stands past an offset.
    private final class Reader: StateReader {
        private let reader: any StateReader
        private let target: Int64

        init(_ reader: any StateReader, _ target: Int64) {
            self.reader = reader
            self.target = target
        }

        func read(
            max: Int, _ body: (_ key: ByteSlice, _ value: ByteSlice?) -> Void
        ) -> ReadStatus {
            reader.read(max: max) { bytes, value in
                guard let value, let key = StateKey(bytes), key.kind == .manifest,
                    var manifest = try? Manifest(value, key: key), manifest.position > target
                else { return body(bytes, value) }
                manifest.position = target
                manifest.replayFrom = min(target, manifest.replayFrom)
                manifest.record.value.withUnsafeBytes { body(bytes, $0) }
            }
        }

        var progress: (done: Int64, total: Int64)? { reader.progress }
        func close() { reader.close() }
    }
}
