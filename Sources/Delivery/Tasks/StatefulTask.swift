import Primitives
import Snapshots

/// A task that keeps state, whatever its stage: what the shard, restoring and snapshots need of it.
///
/// What it does is a function of its partition's records alone: the same records give the same state and the
/// same outputs, however they are batched. That is what lets a restored task take the place of the one before.
protocol StatefulTask: AnyObject {
    /// Whose state it is.
    var id: TaskID { get }
    /// The partition it reads, as others name it.
    var source: PartitionID { get }

    /// Takes the record at `offset` in.
    ///
    /// - Parameter outputs: where what comes of it goes; nil while what comes of it was put out already.
    /// - Throws: what makes the record unreadable: going on would lose it.
    func receive(
        _ record: ByteSlice, offset: Int64, outputs: Outputs?
    ) throws(EngineFailure)

    /// Takes in what a record between a snapshot's replay offset and its position left waiting.
    func refill(_ record: ByteSlice, offset: Int64) throws(EngineFailure)

    /// Whether what is received was put out already by whoever had the task before.
    func setMuted(_ isMuted: Bool)

    /// The first record a task restored from a snapshot taken now, at `position`, has to read again.
    func replayOffset(position: Int64) -> Int64

    /// The state changed since the last snapshot, or with `isFull` all of it, as pages, and what the manifest
    /// says of it.
    func takeSnapshot(_ id: SnapshotID, isFull: Bool, rollFrom: UInt64) -> TaskSnapshot

    /// Forgets all state.
    func reset()

    /// Begins to load a snapshot under a manifest; says what of the present rules its state does not serve.
    func beginLoading(_ header: ByteSlice) throws(SnapshotError) -> [String]
    /// Loads one page; those of newer snapshots first.
    func load(_ page: ByteSlice, of id: SnapshotID) throws(SnapshotError)
    /// Everything of the manifest is loaded.
    func endLoading() throws(SnapshotError)

    /// How far each of its sources is.
    func tellStandings(to board: AlignmentBoard)
    /// Entities, or whatever else the stage keeps.
    var entityCount: Int { get }
    /// Bytes that wait for their pane.
    var waitingBytes: Int { get }
    /// Whether every source has said that nothing will come any more.
    var hasEnded: Bool { get }
    /// Numbers about the task.
    func report(into report: inout ShardReport)
}

/// A snapshot as a task hands it out.
struct TaskSnapshot {
    /// The pages.
    var pages: SnapshotPages
    /// What the manifest keeps for the task.
    var header: [UInt8]
    /// Where the roll over unchanged state stopped.
    var rolledTo: UInt64
    /// Whether the pages hold all of the state.
    var isFull: Bool
}
