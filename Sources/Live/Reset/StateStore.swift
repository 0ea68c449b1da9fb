import Delivery
import Glibc
import Kafka
import Primitives
import Snapshots
import Topology

/// The store of a group's state, for whoever empties it while nobody works with it. Calls wait.
final class StateStore {
    private enum Place {
        case topic(Properties, name: String, partitions: Int32)
        case directory(DirectoryStore)
    }

    private let place: Place
    private let port: any StatePort

    private static let timeoutMs: Int64 = 60_000
    private static let pauseUs: UInt32 = 2_000
    private static let slice = 256

    /// The directory of the settings, which no other process may have open, or their topic of `partitions`
    /// partitions.
    ///
    /// - Throws: `configuration` where the directory is in use or may not be written.
    init(_ settings: LiveSettings, partitions: Int) throws(ClusterError) {
        if let path = settings.stateDirectory {
            let store = try DirectoryStore(
                path: path, application: settings.engine.pipeline.application)
            place = .directory(store)
            port = store.makePort()
        } else {
            let name = settings.topics.state ?? ""
            place = .topic(settings.properties, name: name, partitions: Int32(partitions))
            port = try TopicStatePort(
                properties: settings.properties, topic: name, partitions: Int32(partitions))
        }
    }

    /// The keys kept of a task.
    ///
    /// - Throws: why reading failed.
    func keys(of task: TaskID) throws(ClusterError) -> Set<StateKey> {
        let reader = port.open(task)
        defer { reader.close() }
        var keys: Set<StateKey> = []
        while true {
            let before = reader.progress?.done
            let status = reader.read(max: Self.slice) { key, value in
                guard let key = StateKey(key), key.task == task else { return }
                if value == nil { keys.remove(key) } else { keys.insert(key) }
            }
            switch status {
            case .ended: return keys
            case .failed(let error): throw error
            case .open: if reader.progress?.done == before { usleep(Self.pauseUs) }
            }
        }
    }

    /// Writes the pages of snapshots, which mean nothing without their manifests.
    func writePages(of snapshots: [TaskSnapshot]) throws(ClusterError) {
        for snapshot in snapshots { port.write(snapshot.pages) }
        try awaitWrites(snapshots.count)
    }

    /// Writes the manifests of snapshots whose pages are written.
    func publish(_ snapshots: [TaskSnapshot]) throws(ClusterError) {
        for snapshot in snapshots { port.publish(snapshot.manifest.record) }
        try awaitWrites(snapshots.count)
    }

    private func awaitWrites(_ count: Int) throws(ClusterError) {
        let endMs = Clock.monotonicMs() + Self.timeoutMs
        var rest = count
        while rest > 0 {
            if let end = port.poll() {
                if let error = end.error { throw error }
                rest -= 1
                continue
            }
            guard Clock.monotonicMs() < endMs else {
                throw ClusterError(
                    .unreachable, name: "_TIMED_OUT",
                    description: "write empty snapshots: no answer within a minute")
            }
            usleep(Self.pauseUs)
        }
    }

    /// Removes records, and waits until they are gone.
    func remove(_ keys: [StateKey]) throws(ClusterError) {
        switch place {
        case .directory(let store):
            for key in keys {
                let isManifest = key.kind == .manifest
                let directory = SnapshotFile.directory(of: key.task, in: store.root)
                StateFiles.remove(
                    "\(directory)/\(SnapshotFile.name(key.id, isManifest: isManifest))")
            }
        case .topic(let properties, let name, let partitions):
            do throws(KafkaError) {
                let producer = try Producer(properties: properties, topics: [name])
                for key in keys {
                    try producer.put(key, nil, partition: key.task.partition % partitions)
                }
                try producer.flush(timeoutMs: Int32(Self.timeoutMs))
            } catch {
                throw ClusterError(producing: error)
            }
        }
    }
}

extension Producer {
    /// Queues a record of the store, or with no value its removal.
    borrowing func put(
        _ key: StateKey, _ value: [UInt8]?, partition: Int32
    ) throws(KafkaError) {
        // An error cannot leave the closures typed: it is carried out.
        let failure: KafkaError? = key.bytes.withUnsafeBytes { key in
            func send(_ value: ByteSlice?) -> KafkaError? {
                do throws(KafkaError) {
                    try produce(topic: 0, partition: partition, key: key, value: value)
                    return nil
                } catch {
                    return error
                }
            }
            guard let value else { return send(nil) }
            return value.withUnsafeBytes { send($0) }
        }
        if let failure { throw failure }
    }
}
