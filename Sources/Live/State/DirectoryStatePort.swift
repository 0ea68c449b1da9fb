import Broker
import Delivery
import Primitives
import Snapshots
import Synchronization

/// Snapshots in a directory of this machine.
///
/// What fails leaves nothing behind and older snapshots as they were: a full disk or a directory that may not be
/// written costs snapshots, not work.
public final class DirectoryStatePort: StatePort, Sendable {
    private let store: DirectoryStore
    private let ended = Mutex<[StateOutcome]>([])
    private let onOutcome: @Sendable () -> Void

    init(_ store: DirectoryStore, onOutcome: @escaping @Sendable () -> Void) {
        self.store = store
        self.onOutcome = onOutcome
    }

    /// Manifests are files: `publish` writes them.
    public var publishesInBatch: Bool { false }

    /// Begins to write the pages of a snapshot into one file.
    public func write(_ pages: SnapshotPages) {
        begin(pages.task, pages.id) { root throws(BrokerError) in try Self.write(pages, in: root) }
    }

    /// Begins to write a manifest.
    public func publish(_ manifest: ManifestRecord) {
        begin(manifest.key.task, manifest.key.id) { root throws(BrokerError) in
            let directory = SnapshotFile.directory(of: manifest.key.task, in: root)
            try StateFiles.makeDirectory(directory)
            let name = SnapshotFile.name(manifest.key.id, isManifest: true)
            try manifest.value.lent { bytes throws(BrokerError) in
                try StateFiles.write(name, in: directory, [bytes])
            }
        }
    }

    private func begin(
        _ task: TaskID, _ id: SnapshotID,
        _ call: @escaping @Sendable (String) throws(BrokerError) -> Void
    ) {
        store.worker.run { [self] in
            do throws(BrokerError) {
                try call(store.root)
                end(StateOutcome(task, id, nil))
            } catch {
                end(StateOutcome(task, id, error))
            }
        }
    }

    private func end(_ outcome: StateOutcome) {
        ended.withLock { $0.append(outcome) }
        onOutcome()
    }

    /// Begins to remove the files of snapshots, or their manifests; all pages of a snapshot go together.
    public func remove(_ keys: [StateKey]) {
        // What stays behind here, the next owner removes.
        store.worker.run { [store] in store.remove(keys) }
    }

    /// The end of a write or a publication, once.
    public func poll() -> StateOutcome? {
        ended.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    /// Reads everything kept of a task.
    public func open(_ task: TaskID) -> any StateReader {
        DirectoryStateReader(store, task: task)
    }

    private static func write(_ pages: SnapshotPages, in root: String) throws(BrokerError) {
        let directory = SnapshotFile.directory(of: pages.task, in: root)
        try StateFiles.makeDirectory(directory)
        var buffer = SnapshotFile.header(pages: pages.pages.count)
        buffer.reserve(pages.pages.reduce(0) { $0 + 4 + $1.count })
        for page in pages.pages {
            buffer.append(integer: UInt32(page.count))
            page.withUnsafeBytes { buffer.append($0) }
        }
        let name = SnapshotFile.name(pages.id, isManifest: false)
        try StateFiles.write(name, in: directory, [buffer.bytes])
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` that keeps the error's type.
    fileprivate func lent<E: Error>(_ body: (ByteSlice) throws(E) -> Void) throws(E) {
        let failure: E? = withUnsafeBytes { bytes in
            do throws(E) {
                try body(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }
}
