import Broker
import Delivery
import Execution
import Glibc
import Snapshots

/// A directory that holds one application's snapshots on this machine, and keeps other processes out of it.
///
/// Below it, `<application>/lock` and a directory for each task: a file of pages a snapshot, and a manifest beside
/// it. All files are written and read on one thread, so that synchronising them does not pile up.
public final class DirectoryStore: Sendable {
    /// The application's directory.
    let root: String
    let worker = WorkerThread()
    private let lock: Int32
    /// Says what was found or lost, for the log.
    let note: @Sendable (String) -> Void

    /// Opens the directory, makes it where it is not there, and removes what a crash left half written.
    ///
    /// - Throws: `configuration` where another process has it open, or this one may not write to it.
    public init(
        path: String, application: UInt32, note: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(BrokerError) {
        let hex = String(application, radix: 16)
        root = "\(path)/\(String(repeating: "0", count: 8 - hex.count))\(hex)"
        self.note = note
        try StateFiles.makeDirectory(root)
        lock = try Self.lock("\(root)/lock")
        removeLeftovers()
    }

    /// The lock goes with the descriptor.
    deinit { close(lock) }

    /// A port for one shard.
    ///
    /// - Parameter onOutcome: called on the store's thread when a port's `poll` has something.
    public func makePort(onOutcome: @escaping @Sendable () -> Void = {}) -> DirectoryStatePort {
        DirectoryStatePort(self, onOutcome: onOutcome)
    }

    /// Removes the files of snapshots, or their manifests; all pages of a snapshot go together.
    public func remove(_ keys: [StateKey]) {
        var files: Set<String> = []
        for key in keys {
            let directory = SnapshotFile.directory(of: key.task, in: root)
            files.insert(
                "\(directory)/\(SnapshotFile.name(key.id, isManifest: key.kind == .manifest))")
        }
        for file in files { StateFiles.remove(file) }
    }

    private static func lock(_ path: String) throws(BrokerError) -> Int32 {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw StateFiles.failure("open", path) }
        if flock(file, LOCK_EX | LOCK_NB) == 0 {
            ftruncate(file, 0)
            let text = "\(getpid())\n"
            _ = text.withCString { write(file, $0, strlen($0)) }
            return file
        }
        let isTaken = errno == EWOULDBLOCK
        let failure = StateFiles.failure("lock", path)
        defer { close(file) }
        guard isTaken else { throw failure }
        throw BrokerError(
            .configuration, action: "lock \(path)",
            text: "process \(owner(file)) uses this state directory",
            advice: "give each instance a directory of its own, or keep state in the topic")
    }

    private static func owner(_ file: Int32) -> String {
        let bytes = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            count = max(0, pread(file, buffer.baseAddress, 32, 0))
        }
        let text = String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
        return text.isEmpty ? "another" : text
    }

    private func removeLeftovers() {
        for task in (try? StateFiles.names(in: root)) ?? [] {
            for name in (try? StateFiles.names(in: "\(root)/\(task)")) ?? []
            where name.hasSuffix(StateFiles.temporarySuffix) {
                note("removed \(task)/\(name), which was never finished")
                unlink("\(root)/\(task)/\(name)")
            }
        }
    }
}
