import Broker
import Delivery
import Snapshots

/// What is done wrongly around the engine, so that the simulation can be seen to find it: ports that lie, tasks that
/// do less than they should, and orders that reach a shard in another form. The engine knows nothing of it.
struct PlantedLies: OptionSet, Sendable {
    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    private init(bit: UInt64) { rawValue = 1 << bit }

    // MARK: The producer

    static let commitsBeforeProducing = PlantedLies(bit: 0)
    static let commitsAgainAfterFailure = PlantedLies(bit: 1)
    static let readsWhatStoodBefore = PlantedLies(bit: 2)
    static let takesFailedCommitsForDone = PlantedLies(bit: 3)
    static let dropsOutputsAfterAbort = PlantedLies(bit: 4)
    static let hidesBrokenConnections = PlantedLies(bit: 5)
    static let commitsOneTooFar = PlantedLies(bit: 6)
    static let commitsAllThatWasRead = PlantedLies(bit: 7)
    static let capturesMembershipLate = PlantedLies(bit: 8)
    static let doesNotFence = PlantedLies(bit: 9)

    // MARK: The client's settings

    static let readsUncommitted = PlantedLies(bit: 10)
    static let readsUnstableOffsets = PlantedLies(bit: 11)

    // MARK: Orders

    static let worksOnAfterLoss = PlantedLies(bit: 12)
    static let releasesEarly = PlantedLies(bit: 13)
    static let resumesUnchecked = PlantedLies(bit: 14)
    static let forgetsClock = PlantedLies(bit: 15)
    static let endsOneTooLate = PlantedLies(bit: 16)
    static let endsForItself = PlantedLies(bit: 17)

    // MARK: Tasks

    static let replaysAloud = PlantedLies(bit: 18)
    static let skipsRefill = PlantedLies(bit: 19)
    static let hidesOtherRules = PlantedLies(bit: 20)
    static let ignoresOneSource = PlantedLies(bit: 21)
    static let hearsNoQuiet = PlantedLies(bit: 22)
    static let forgetsFailedSnapshot = PlantedLies(bit: 23)
    static let snapshotsAtCommittedOffset = PlantedLies(bit: 24)

    // MARK: The store and history

    static let writesAreSafeAtOnce = PlantedLies(bit: 25)
    static let removesNamedPages = PlantedLies(bit: 26)
    static let mixesUpTasks = PlantedLies(bit: 27)
    static let ignoresCommittedOffset = PlantedLies(bit: 28)
    static let waitsForLastRecord = PlantedLies(bit: 29)
    static let replaysOneTooFew = PlantedLies(bit: 30)
    static let beginsEmptyWithoutSnapshot = PlantedLies(bit: 31)

    // MARK: Logs

    static let isAlwaysAtTheEnd = PlantedLies(bit: 32)

    // MARK: CAMPAIGN

    static let tiesTooEarly = PlantedLies(bit: 33)
    static let waitsForNoFirst = PlantedLies(bit: 34)
    static let mergesAtOnce = PlantedLies(bit: 35)
    static let splitsAtOnce = PlantedLies(bit: 36)
    static let countsTwiceAfterRestore = PlantedLies(bit: 37)
    static let losesTombstones = PlantedLies(bit: 38)
    static let redirectsAlone = PlantedLies(bit: 39)
    static let forgetsMerges = PlantedLies(bit: 40)
    static let forgetsNames = PlantedLies(bit: 41)
    static let forgetsClosed = PlantedLies(bit: 42)
    static let forgetsWaiting = PlantedLies(bit: 43)
    static let forgetsRows = PlantedLies(bit: 44)
    static let forgetsLeads = PlantedLies(bit: 45)

    /// Those about what snapshots hold.
    static let forgeries: PlantedLies = [
        .forgetsMerges, .forgetsNames, .forgetsClosed, .forgetsWaiting, .forgetsRows, .forgetsLeads,
    ]
    /// Those about what CAMPAIGN is told and puts out.
    static let ofCampaigns: PlantedLies = [
        .tiesTooEarly, .waitsForNoFirst, .countsTwiceAfterRestore, .losesTombstones,
        .redirectsAlone,
    ]
}

/// What the liars around one shard know in common.
///
/// Unchecked Sendable: a simulated process runs on one thread.
final class Conspiracy: @unchecked Sendable {
    let lies: PlantedLies
    /// The newest positions that the shard's producer has committed, as it was told to commit them.
    var committed: [TopicPartition: PartitionOffset] = [:]
    /// The next offset behind what was lent of a partition.
    var lent: [TopicPartition: Int64] = [:]
    /// Where partitions were begun last.
    var starts: [TopicPartition: TaskStart] = [:]
    /// When partitions were given back.
    var releasedMs: [TopicPartition: Int64] = [:]
    /// Publishes and removes manifests behind the producer's back.
    var publish: ((StateKey, [UInt8]?) -> Void)?

    init(_ lies: PlantedLies) { self.lies = lies }

    func tells(_ lie: PlantedLies) -> Bool { lies.contains(lie) }
}
