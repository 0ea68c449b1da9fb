import Broker
import Delivery
import Primitives
import Snapshots

/// A site's store as a shard writes and reads it.
final class ScriptedState: StatePort {
    let publishesInBatch: Bool
    private let site: Site
    private var ends: [StateOutcome] = []
    /// What was done, in order: `write 1`, `publish 1`, `remove`.
    private(set) var calls: [String] = []
    /// Keys removed by the last call.
    private(set) var removed: [StateKey] = []
    /// The pages written last.
    private(set) var written: SnapshotPages?
    /// What the next writes and publications fail with, nil for none.
    var failures: [BrokerError?] = []
    /// Whether what is written comes to no end.
    var isSilent = false
    /// What the next readers fail with.
    var readFailures: [BrokerError] = []
    /// Readers not closed.
    private(set) var openCount = 0
    /// Whether readers have nothing to lend yet.
    var isReadSilent = false

    init(_ site: Site, publishesInBatch: Bool) {
        self.site = site
        self.publishesInBatch = publishesInBatch
    }

    func write(_ pages: SnapshotPages) {
        calls.append("write \(pages.id.sequence)")
        written = pages
        let error = end(pages.task, pages.id)
        for (i, page) in pages.pages.enumerated() where error == nil || i == 0 {
            site.store.append(
                (StateKey(pages.task, .page(index: UInt32(i)), of: pages.id), page))
        }
    }

    func publish(_ manifest: ManifestRecord) {
        calls.append("publish \(manifest.key.id.sequence)")
        if end(manifest.key.task, manifest.key.id) == nil {
            site.store.append((manifest.key, manifest.value))
        }
    }

    private func end(_ task: TaskID, _ id: SnapshotID) -> BrokerError? {
        let error = failures.isEmpty ? nil : failures.removeFirst()
        ends.append(StateOutcome(task, id, error))
        return error
    }

    func remove(_ keys: [StateKey]) {
        calls.append("remove")
        removed = keys
        for key in keys { site.store.append((key, nil)) }
    }

    func poll() -> StateOutcome? {
        isSilent || ends.isEmpty ? nil : ends.removeFirst()
    }

    func open(_ task: TaskID) -> any StateReader {
        openCount += 1
        return Reader(self, site.store.filter { $0.key.task == task })
    }

    /// What was done since the last time.
    func takeCalls() -> [String] {
        defer { calls = [] }
        return calls
    }

    private final class Reader: StateReader {
        private let state: ScriptedState
        private let records: [(key: StateKey, value: [UInt8]?)]
        private var next = 0
        private var error: BrokerError?

        init(_ state: ScriptedState, _ records: [(key: StateKey, value: [UInt8]?)]) {
            self.state = state
            self.records = records
            if !state.readFailures.isEmpty { error = state.readFailures.removeFirst() }
        }

        func read(
            max: Int, _ body: (_ key: ByteSlice, _ value: ByteSlice?) -> Void
        ) -> ReadStatus {
            if state.isReadSilent { return .open }
            if let error { return .failed(error) }
            for (key, value) in records[next...].prefix(max) {
                next += 1
                key.bytes.withUnsafeBytes { key in
                    guard let value else { return body(key, nil) }
                    value.withUnsafeBytes { body(key, $0) }
                }
            }
            return next == records.count ? .ended : .open
        }

        var progress: (done: Int64, total: Int64)? { (Int64(next), Int64(records.count)) }
        func close() { state.openCount -= 1 }
    }
}
