import Broker
import Delivery
import Snapshots

/// The files of a machine's state directory; it outlives processes.
public final class SimDisk {
    /// A file.
    struct File {
        var key: StateKey
        var bytes: [UInt8]
        /// Whether it survives a crash.
        var isSynced: Bool
        /// The process that wrote it.
        var writer: Int
    }

    /// What becomes of a file that was not synced when its writer died.
    private enum Loss: CaseIterable { case gone, torn, kept }

    /// What writes fail with from now on, such as a full disk; nil for none.
    public var writeFault: BrokerError?
    /// Until a file is on the disk.
    public var syncUs: ClosedRange<Micros> = 500...20_000
    private(set) var files: [File] = []

    /// An empty directory.
    public init() {}

    /// The error of a full disk.
    public static let full = BrokerError(
        .retry, action: "write state", text: "no space left on the disk")

    /// Calls `body` with every file, by age.
    public func forEach(_ body: (_ key: StateKey, _ bytes: [UInt8]) -> Void) {
        for file in files { body(file.key, file.bytes) }
    }

    /// The keys of the files there are, by age.
    public var keys: [StateKey] { files.map(\.key) }

    func add(_ key: StateKey, _ bytes: [UInt8], by process: SimProcess) {
        files.removeAll { $0.key == key }
        files.append(File(key: key, bytes: bytes, isSynced: false, writer: process.id))
    }

    func sync(_ task: TaskID, _ id: SnapshotID) {
        for index in files.indices
        where files[index].key.task == task && files[index].key.id == id {
            files[index].isSynced = true
        }
    }

    func remove(_ keys: [StateKey]) { files.removeAll { keys.contains($0.key) } }

    /// A writer died: what was not synced may be there, torn, or gone.
    func writerDied(_ process: SimProcess) {
        let random = process.timeline.random(.faults)
        files = files.compactMap { file in
            guard !file.isSynced, file.writer == process.id else { return file }
            var file = file
            file.isSynced = true
            switch random.choose(Loss.allCases) {
            case .gone: return nil
            case .torn:
                file.bytes = Array(file.bytes.prefix(random.below(file.bytes.count)))
                return file
            default: return file
            }
        }
    }

    /// Damages a file; false where there is none of that key.
    @discardableResult
    public func damage(_ key: StateKey, _ damage: StateDamage) -> Bool {
        guard let index = files.firstIndex(where: { $0.key == key }) else { return false }
        switch damage {
        case .missing: files.remove(at: index)
        case .torn: files[index].bytes.removeLast((files[index].bytes.count + 1) / 2)
        case .flipped:
            guard !files[index].bytes.isEmpty else { return false }
            files[index].bytes[files[index].bytes.count / 2] ^= 0x10
        case .replaced(let bytes): files[index].bytes = bytes
        }
        return true
    }
}

/// What can be wrong with a page or a manifest that was stored.
public enum StateDamage: Sendable {
    /// It is gone.
    case missing
    /// Its second half is gone.
    case torn
    /// A bit in its middle is another.
    case flipped
    /// It holds something else, such as a newer format.
    case replaced([UInt8])
}
