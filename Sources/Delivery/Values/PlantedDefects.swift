/// Deliberate faults for the simulation, which has to find each of them. Empty in every real program: nothing
/// but the simulation can set one.
@_spi(Simulation)
public struct PlantedDefects: OptionSet, Sendable {
    /// A bit a defect.
    public let rawValue: UInt64

    /// The defects with these bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    private init(bit: UInt64) { rawValue = 1 << bit }

    // MARK: Cuts

    /// Positions are committed in a transaction of their own, before the outputs.
    public static let commitsBeforeProducing = PlantedDefects(bit: 0)
    /// After a commit without an answer the same producer commits once more.
    public static let resumesProducerAfterTimeout = PlantedDefects(bit: 1)
    /// After a commit without an answer the cut is sent again unseen.
    public static let assumesAbortedAfterTimeout = PlantedDefects(bit: 2)
    /// After a commit without an answer the cut is taken for committed.
    public static let assumesCommittedAfterTimeout = PlantedDefects(bit: 3)
    /// What an abort took back is not sent again.
    public static let dropsOutputsAfterAbort = PlantedDefects(bit: 4)
    /// A producer goes on after a connection broke under its commit.
    public static let reusesProducerAfterBrokenConnection = PlantedDefects(bit: 5)
    /// Committed positions are one too far.
    public static let commitsOneTooFar = PlantedDefects(bit: 6)
    /// The offset of a record that was set aside is committed.
    public static let commitsOverParkedRecord = PlantedDefects(bit: 7)

    // MARK: Assignments

    /// Work goes on after the partitions were lost.
    public static let worksOnAfterLoss = PlantedDefects(bit: 8)
    /// Revoked partitions are given back while their last cut is under way, and their tasks kept.
    public static let releasesEarly = PlantedDefects(bit: 9)
    /// Parked state is resumed wherever the committed offset stands.
    public static let resumesParkedUnchecked = PlantedDefects(bit: 10)
    /// A partition's clock is not taken from the committed metadata.
    public static let forgetsClock = PlantedDefects(bit: 11)

    // MARK: Restoring

    /// What is replayed is put out as well.
    public static let replaysAloud = PlantedDefects(bit: 12)
    /// Panes that were open at the snapshot are not filled again.
    public static let skipsRefill = PlantedDefects(bit: 13)
    /// A replay waits for a record at its last offset.
    public static let waitsForLastRecord = PlantedDefects(bit: 14)
    /// A replay ends one record early.
    public static let replaysOneTooFew = PlantedDefects(bit: 15)
    /// Without a snapshot a task begins empty at the committed offset.
    public static let beginsEmptyWithoutSnapshot = PlantedDefects(bit: 16)
    /// The newest manifest is taken even where it stands past the committed offset, and a directory's is
    /// published before the cut is committed.
    public static let ignoresCommittedOffset = PlantedDefects(bit: 17)

    // MARK: Snapshots

    /// The manifest names the committed offset, not the one the state stands at.
    public static let snapshotsAtCommittedOffset = PlantedDefects(bit: 18)
    /// The manifest goes out before its pages are safe.
    public static let publishesBeforePages = PlantedDefects(bit: 19)
    /// A failed snapshot's changes are not written again.
    public static let forgetsFailedSnapshot = PlantedDefects(bit: 20)
    /// Pages that the newest manifest still names are removed.
    public static let removesNamedPages = PlantedDefects(bit: 21)
    /// Findings under new rules go out before a snapshot says that these rules run.
    public static let findsBeforeStatingRules = PlantedDefects(bit: 25)
    /// The end of a write is taken for that of every task's snapshot of this number.
    public static let mixesUpTasks = PlantedDefects(bit: 24)

    // MARK: OffsetRange

    /// A partition is idle after the time alone, caught up or not.
    public static let idlesByTimerAlone = PlantedDefects(bit: 22)
    /// One input partition's progress is not waited for.
    public static let ignoresOneSource = PlantedDefects(bit: 23)

    // MARK: Going on and ending

    /// A partition that ends where its end offset is does not count as read: it holds the others back for ever.
    public static let passesOverEnd = PlantedDefects(bit: 26)
    /// That another process's partition is read to its end is not heard, only that it is idle or has ended.
    public static let hearsNoQuiet = PlantedDefects(bit: 27)
    /// An instance that stops at the end looks at its own partitions alone.
    public static let endsForItself = PlantedDefects(bit: 28)
}
