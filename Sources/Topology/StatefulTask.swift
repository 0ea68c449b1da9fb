import Broker
import Detection
import Primitives
import Snapshots

/// Where a task's outputs go; all that it puts out for one record is committed together with the record.
public protocol TaskOutputs: AnyObject {
    /// A finding, or an update of one.
    func put(_ finding: Finding)
    /// A record of another topic: a block for a later stage's log, or an entry of a table. A nil value removes the
    /// table's entry.
    func put(key: ByteSlice?, value: ByteSlice?, to partition: TopicPartition)
    /// A record of the task's log that is none for it, with the reason and what to do about it: a dead letter.
    func refuse(_ record: ByteSlice, offset: Int64, reason: String, advice: String)
}

extension TaskOutputs {
    /// Outputs of tasks that refuse nothing.
    public func refuse(_ record: ByteSlice, offset: Int64, reason: String, advice: String) {
        preconditionFailure("record \(offset) is refused, and nobody takes what is: \(reason)")
    }
}

/// A task that keeps state, whatever its stage: what the engine, restoring and snapshots need of it.
///
/// What a task does is a function of its log alone, which is one partition of one topic: the same records give the
/// same state and the same outputs, however they are batched. That is what lets a restored task take the place of
/// the one before. Whatever else a task needs to know arrives as blocks in its log, from the tasks of earlier stages.
/// Event time is such a thing: every source tells in its blocks how far it is, also where it has nothing else to say.
///
/// A restore calls `beginRestore`, `load` for every page and `finishRestore`; then `refill` and `receive` for the
/// records up to the committed position, with `isMuted` set and no outputs.
public protocol StatefulTask: AnyObject {
    /// Whose state it is.
    var id: TaskID { get }

    /// Takes the record at `offset` in.
    ///
    /// - Parameter outputs: where what comes of it goes; nil while what comes of it was put out already.
    /// - Throws: what makes the record unreadable: going on would lose it.
    func receive(
        _ record: ByteSlice, offset: Int64, outputs: (any TaskOutputs)?
    ) throws(BlockError)

    /// Takes in what a record between a snapshot's replay offset and its position left waiting.
    func refill(_ record: ByteSlice, offset: Int64) throws(BlockError)

    /// Whether what is received was put out already by whoever had the task before.
    var isMuted: Bool { get set }

    /// The highest sequence of a snapshot of it, so far as it knows.
    var lastSequence: UInt32 { get }
    /// The state changed since the last snapshot and a part of the rest, or with `isFull` all of it; nil where
    /// none can be taken now.
    ///
    /// - Parameter leastRoll: bytes of unchanged state it holds at least, so that few older snapshots stay in use.
    func takeSnapshot(
        _ id: SnapshotID, position: Int64, isFull: Bool, leastRoll: Int
    ) -> TaskSnapshot?
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

    /// How far each partition of the input is, by its number; empty for a task whose sources are others.
    var inputs: [SourceStatus] { get }
    /// How far event time has come in it; nil before it has heard of a source.
    var watermark: WatermarkStanding? { get }
    /// Whether every source has said that nothing will come any more.
    var hasEnded: Bool { get }
    /// What it has done and holds.
    var numbers: Counters { get }
    /// Records of its sources that no block covers.
    var missingRecords: Int { get }
    /// Bytes of records that wait for their pane.
    var waitingBytes: Int { get }
    /// Equal for tasks with the same state; O(state), for tests.
    var stateDigest: UInt64 { get }
}

/// How far event time has come in a task that keeps state.
public struct WatermarkStanding: Sendable, Equatable {
    /// The event time up to which panes are closed; nil before the first.
    public var closedThrough: EventTime?
    /// The source that is waited for, by its partition; nil where none is.
    public var slowestSource: Int32?

    /// A standing.
    public init(closedThrough: EventTime?, slowestSource: Int32?) {
        self.closedThrough = closedThrough
        self.slowestSource = slowestSource
    }

    /// Whether it is behind another.
    public func isBehind(_ other: WatermarkStanding) -> Bool {
        closedThrough ?? .distantPast < other.closedThrough ?? .distantPast
    }
}
