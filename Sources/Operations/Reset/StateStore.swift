import Broker
import Delivery
import Execution
import Glibc
import Kafka
import Live
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
    init(_ settings: LiveSettings, partitions: Int) throws(BrokerError) {
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
    func keys(of task: TaskID) throws(BrokerError) -> Set<StateKey> {
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
    func writePages(of snapshots: [TaskSnapshot]) throws(BrokerError) {
        for snapshot in snapshots { port.write(snapshot.pages) }
        try awaitWrites(snapshots.count)
    }

    /// Writes the manifests of snapshots whose pages are written.
    func publish(_ snapshots: [TaskSnapshot]) throws(BrokerError) {
        for snapshot in snapshots { port.publish(snapshot.manifest.record) }
        try awaitWrites(snapshots.count)
    }

    private func awaitWrites(_ count: Int) throws(BrokerError) {
        let endMs = MachineClock.monotonicMs() + Self.timeoutMs
        var rest = count
        while rest > 0 {
            if let end = port.poll() {
                if let error = end.error { throw error }
                rest -= 1
                continue
            }
            guard MachineClock.monotonicMs() < endMs else {
                throw BrokerError(
                    .unreachable, code: .timedOut, action: "write empty snapshots",
                    text: "no answer within a minute")
            }
            usleep(Self.pauseUs)
        }
    }

    /// Removes records, and waits until they are gone.
    func remove(_ keys: [StateKey]) throws(BrokerError) {
        switch place {
        case .directory(let store): store.remove(keys)
        case .topic(let properties, let name, let partitions):
            do throws(BrokerError) {
                let producer = try Producer(properties: properties, topics: [name])
                for key in keys {
                    try producer.put(
                        key.bytes, nil, partition: key.task.partition % partitions)
                }
                try producer.flush(timeoutMs: Int32(Self.timeoutMs))
            } catch {
                throw error.producing
            }
        }
    }
}
