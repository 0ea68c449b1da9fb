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
    /// A cut refused for an old generation is tried again under the present one.
    public static let ignoresFencing = PlantedDefects(bit: 6)
    /// Committed positions are one too far.
    public static let commitsOneTooFar = PlantedDefects(bit: 7)
    /// The offset of a record that was set aside is committed.
    public static let commitsOverParkedRecord = PlantedDefects(bit: 8)

    // MARK: Assignments

    /// Work goes on after the partitions were lost.
    public static let worksOnAfterLoss = PlantedDefects(bit: 9)
    /// Revoked partitions are given back while their last cut is under way, and their tasks kept.
    public static let releasesEarly = PlantedDefects(bit: 10)
    /// Parked state is resumed wherever the committed offset stands.
    public static let resumesParkedUnchecked = PlantedDefects(bit: 11)
    /// A partition's clock is not taken from the committed metadata.
    public static let forgetsClock = PlantedDefects(bit: 12)

    // MARK: Restoring

    /// What is replayed is put out as well.
    public static let replaysAloud = PlantedDefects(bit: 13)
    /// Panes that were open at the snapshot are not filled again.
    public static let skipsRefill = PlantedDefects(bit: 14)
    /// A replay waits for a record at its last offset.
    public static let waitsForLastRecord = PlantedDefects(bit: 15)
    /// A replay ends one record early.
    public static let replaysOneTooFew = PlantedDefects(bit: 16)
    /// Without a snapshot a task begins empty at the committed offset.
    public static let beginsEmptyWithoutSnapshot = PlantedDefects(bit: 17)
    /// The newest manifest is taken even where it stands past the committed offset, and a directory's is
    /// published before the cut is committed.
    public static let ignoresCommittedOffset = PlantedDefects(bit: 18)

    // MARK: Snapshots

    /// The manifest names the committed offset, not the one the state stands at.
    public static let snapshotsAtCommittedOffset = PlantedDefects(bit: 19)
    /// The manifest goes out before its pages are safe.
    public static let publishesBeforePages = PlantedDefects(bit: 20)
    /// A failed snapshot's changes are not written again.
    public static let forgetsFailedSnapshot = PlantedDefects(bit: 21)
    /// Pages that the newest manifest still names are removed.
    public static let removesNamedPages = PlantedDefects(bit: 22)

    // MARK: Watermarks

    /// A partition is idle after the time alone, caught up or not.
    public static let idlesByTimerAlone = PlantedDefects(bit: 23)
    /// Blocks do not pass on the newest watermark of one source partition.
    public static let overstatesWatermark = PlantedDefects(bit: 24)
}
