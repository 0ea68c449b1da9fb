import Broker
import Primitives
import Snapshots

/// Where snapshots are kept: the compacted state topic, or a directory. No call waits.
///
/// Pages are written as they come and mean nothing by themselves; a manifest makes a snapshot of them. Keys are
/// never written twice: another owner's pages cannot be overwritten.
public protocol StatePort: AnyObject {
    /// Whether manifests are records of the commit batch's transaction (a topic); else `publish` writes them (a
    /// directory).
    var publishesInBatch: Bool { get }
    /// Writes the pages of a snapshot of `task`; `poll` tells when all are safe.
    func write(_ pages: SnapshotPages)
    /// Writes a manifest, where commit batches do not carry it; call it once the batch is committed.
    func publish(_ manifest: ManifestRecord)
    /// Removes the pages of snapshots that no manifest names any more, and manifests that newer ones replace.
    func remove(_ keys: [StateKey])
    /// The end of a write or a publication, once.
    func poll() -> StateOutcome?
    /// Reads everything kept of a task.
    func open(_ task: TaskID) -> any StateReader
}

/// The end of a write or a publication.
public struct StateOutcome: Sendable {
    /// Whose snapshot it was of: tasks number their snapshots each for themselves.
    public var task: TaskID
    /// Which one.
    public var id: SnapshotID
    /// Why it failed; nil where all is safe.
    public var error: BrokerError?

    /// The end of a write of `task`'s snapshot `id`.
    public init(_ task: TaskID, _ id: SnapshotID, _ error: BrokerError?) {
        self.task = task
        self.id = id
        self.error = error
    }
}

/// Everything kept of a task, front to back.
public protocol StateReader: AnyObject {
    /// Lends at most `max` records in the order they were written; a nil value says that the key was removed.
    func read(
        max: Int, _ body: (_ key: ByteSlice, _ value: ByteSlice?) -> Void
    ) -> ReadStatus
    /// Bytes or records read so far and in all; nil while the end is not known.
    var progress: (done: Int64, total: Int64)? { get }
    /// Ends reading.
    func close()
}

/// How a read stands.
public enum ReadStatus: Sendable, Equatable {
    /// More may come.
    case open
    /// All that was there at the opening has been read.
    case ended
    /// Reading failed; open it again.
    case failed(BrokerError)
}
