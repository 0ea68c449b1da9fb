import Broker
import Delivery
import Primitives
import Snapshots

/// Snapshots in a directory of one machine: files that survive a crash once they are synced.
public final class SimDirectory: StatePort {
    private let process: SimProcess
    private let disk: SimDisk
    private let thread: SimThread?
    private var results: [StateOutcome] = []
    private var freeAtUs: Micros = 0

    /// `thread` is woken when a write has ended.
    public init(_ process: SimProcess, disk: SimDisk, thread: SimThread? = nil) {
        self.process = process
        self.disk = disk
        self.thread = thread
        process.onDeath.append { [weak process] in
            if let process { disk.writerDied(process) }
        }
    }

    /// Manifests are files of their own.
    public var publishesInBatch: Bool { false }

    /// Writes the pages one after the other; half of them are there where that fails.
    public func write(_ pages: SnapshotPages) {
        let isWhole = disk.writeFault == nil
        let count = isWhole ? pages.pages.count : pages.pages.count / 2
        for index in 0..<count {
            let key = StateKey(pages.task, .page(index: UInt32(index)), of: pages.id)
            disk.add(key, pages.pages[index], by: process)
        }
        finish(pages.task, pages.id, disk.writeFault)
    }

    /// Writes a manifest, which appears under its name only when it is whole and synced.
    public func publish(_ manifest: ManifestRecord) {
        let fault = disk.writeFault
        settle { [self] in
            if fault == nil {
                disk.add(manifest.key, manifest.value, by: process)
                disk.sync(manifest.key.task, manifest.key.id)
            }
            tell(manifest.key.task, manifest.key.id, fault)
        }
    }

    /// Removes files.
    public func remove(_ keys: [StateKey]) { disk.remove(keys) }

    /// The end of a write, once.
    public func poll() -> StateOutcome? {
        results.isEmpty ? nil : results.removeFirst()
    }

    /// Reads the task's files, oldest first.
    public func open(_ task: TaskID) -> any StateReader {
        SimDirectoryReader(disk.files.filter { $0.key.task == task }, thread: thread)
    }

    private func finish(_ task: TaskID, _ id: SnapshotID, _ error: BrokerError?) {
        settle { [self] in
            if error == nil { disk.sync(task, id) }
            tell(task, id, error)
        }
    }

    private func tell(_ task: TaskID, _ id: SnapshotID, _ error: BrokerError?) {
        results.append(StateOutcome(task, id, error))
        thread?.wake()
    }

    /// The disk does one thing after the other.
    private func settle(_ body: @escaping () -> Void) {
        freeAtUs = max(freeAtUs, process.timeline.nowUs) + process.random.pick(disk.syncUs)
        if let pause = process.cluster.statePauseUs { freeAtUs += process.random.pick(pause) }
        process.after(freeAtUs - process.timeline.nowUs, body)
    }
}

/// The files of a task as they were at the opening.
final class SimDirectoryReader: StateReader {
    private let files: [SimDisk.File]
    private let thread: SimThread?
    private var next = 0

    init(_ files: [SimDisk.File], thread: SimThread?) {
        self.files = files
        self.thread = thread
        thread?.wake()
    }

    func read(
        max: Int, _ body: (_ key: ByteSlice, _ value: ByteSlice?) -> Void
    ) -> ReadStatus {
        let end = min(files.count, next + max)
        while next < end {
            files[next].key.bytes.withUnsafeBytes { key in
                files[next].bytes.withUnsafeBytes { value in body(key, value) }
            }
            next += 1
        }
        if next < files.count { thread?.wake() }
        return next == files.count ? .ended : .open
    }

    var progress: (done: Int64, total: Int64)? { (Int64(next), Int64(files.count)) }

    func close() { next = files.count }
}
