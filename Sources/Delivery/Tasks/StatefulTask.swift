import Broker
import Primitives
import Snapshots
import Topology

/// A task that keeps state, whatever its stage: what the shard, restoring and snapshots need of it.
///
/// What it does is a function of its partition's records alone: the same records give the same state and the
/// same outputs, however they are batched. That is what lets a restored task take the place of the one before.
protocol StatefulTask: AnyObject {
    /// Whose state it is.
    var id: TaskID { get }
    /// The partition it reads, as others name it.
    var source: TopicPartition { get }

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
    var isMuted: Bool { get set }

    /// The highest sequence of a snapshot of it, so far as it knows.
    var lastSequence: UInt32 { get }
    /// The state changed since the last snapshot and a part of the rest, or with `isFull` all of it; nil where
    /// none can be taken now.
    func takeSnapshot(_ id: SnapshotID, position: Int64, isFull: Bool) -> TaskSnapshot?
    /// The pages of the last snapshot were not written: the next has to hold everything.
    func snapshotFailed()

    /// Forgets all state.
    func reset()

    /// Forgets all state and begins to load a snapshot's pages.
    func beginRestore(_ manifest: Manifest)
    /// Loads a page, in the order of the manifest's window.
    func load(_ page: Page) throws(RestoreError)
    /// Everything of the manifest is loaded.
    func finishRestore() throws(RestoreError) -> RestoreReport

    /// How far each of its sources is.
    func tellStandings(to board: AlignmentBoard)
    /// Bytes of partials that wait for their pane.
    var waitingBytes: Int { get }
    /// Bytes of state, those included.
    var memoryBytes: Int { get }
    /// How far event time has come in it; nil before it has heard of a source.
    var watermark: WatermarkStanding? { get }
    /// Whether every source has said that nothing will come any more.
    var hasEnded: Bool { get }
    /// Equal for tasks with the same state; O(state), for tests.
    var stateDigest: UInt64 { get }
    /// Numbers about the task.
    func report(into report: inout ShardReport)
}
