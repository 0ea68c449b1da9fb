/// A deliberate fault the simulation has to find.
struct PlantedBug: Sendable {
    /// Its name on the command line and in the table.
    let name: String
    /// What is wrong, in words.
    let text: String
    let lies: PlantedLies
    /// Why it does no harm here, where it does none: it is run to see that this still holds.
    let harmless: String?

    /// The bug of a name; nil where there is none.
    static func named(_ name: String) -> PlantedBug? { all.first { $0.name == name } }

    private init(_ name: String, _ lies: PlantedLies, _ text: String, harmless: String? = nil) {
        self.name = name
        self.text = text
        self.lies = lies
        self.harmless = harmless
    }

    /// Every bug, in the order of the table.
    static let all = ofDelivery + ofCampaigns

    private static let ofDelivery = [
        PlantedBug(
            "commit-before-produce", .commitsBeforeProducing,
            "offsets are committed in a transaction of their own, before the outputs"),
        PlantedBug(
            "commit-again", .commitsAgainAfterFailure,
            "after a commit without an answer the same producer commits once more"),
        PlantedBug(
            "assume-aborted", .readsWhatStoodBefore,
            "after a commit without an answer the commit batch is sent again unseen"),
        PlantedBug(
            "assume-committed", .takesFailedCommitsForDone,
            "after a commit without an answer the commit batch is taken for committed"),
        PlantedBug(
            "drop-aborted", .dropsOutputsAfterAbort,
            "what an abort took back is not sent again"),
        PlantedBug(
            "reuse-producer", .hidesBrokenConnections,
            "a producer goes on after a connection broke under its commit"),
        PlantedBug(
            "off-by-one-commit", .commitsOneTooFar, "committed offsets are one too far"),
        PlantedBug(
            "commit-parked", .commitsAllThatWasRead,
            "the offset of a record that was set aside is committed"),
        PlantedBug(
            "late-membership", .capturesMembershipLate,
            "the group's metadata is captured at the commit, not at the assignment",
            harmless: "a rebalance is answered only when no commit batch is under way"),
        PlantedBug(
            "no-fencing", .doesNotFence,
            "offsets are committed without the group's metadata, under a transactional id of each start"
        ),
        PlantedBug(
            "read-uncommitted", .readsUncommitted,
            "records of transactions that were not committed are read"),
        PlantedBug(
            "unstable-offsets", .readsUnstableOffsets,
            "committed offsets are read while a transaction may still change them"),
        PlantedBug(
            "work-after-loss", .worksOnAfterLoss, "work goes on after the partitions were lost"),
        PlantedBug(
            "release-early", .releasesEarly,
            "revoked partitions are given back, their tasks kept, while their last commit batch is under way"
        ),
        PlantedBug(
            "resume-unchecked", .resumesUnchecked,
            "suspended state is resumed wherever the committed offset stands"),
        PlantedBug(
            "forget-clock", .forgetsClock,
            "a partition's clock is not taken from the committed metadata"),
        PlantedBug(
            "replay-aloud", .replaysAloud, "what is replayed at a restore is put out as well"),
        PlantedBug(
            "skip-refill", .skipsRefill,
            "panes that were open at the snapshot are not filled again"),
        PlantedBug(
            "wait-for-last", .waitsForLastRecord,
            "a restore waits for a record at its last offset"),
        PlantedBug(
            "replay-one-less", .replaysOneTooFew, "a restore ends one record early"),
        PlantedBug(
            "begin-empty", .beginsEmptyWithoutSnapshot,
            "without a snapshot a task begins empty at the committed offset"),
        PlantedBug(
            "manifest-outside", .ignoresCommittedOffset,
            "a directory's manifest is written before the commit batch is committed, and the newest is taken "
                + "wherever it stands"),
        PlantedBug(
            "manifest-position", .snapshotsAtCommittedOffset,
            "a manifest names the committed offset, not the one its state stands at"),
        PlantedBug(
            "manifest-first", .writesAreSafeAtOnce,
            "a manifest goes out before its pages are safe"),
        PlantedBug(
            "forget-failed", .forgetsFailedSnapshot,
            "what a failed snapshot held is not written again"),
        PlantedBug(
            "remove-named", .removesNamedPages, "pages that the newest manifest names are removed"),
        PlantedBug(
            "unstated-rules", .hidesOtherRules,
            "findings of changed rules go out before a snapshot says that these rules run"),
        PlantedBug(
            "mix-up-tasks", .mixesUpTasks,
            "the end of a write is taken for that of another task's snapshot"),
        PlantedBug(
            "idle-by-timer", .isAlwaysAtTheEnd,
            "a partition is idle after the time alone, read to its end or not"),
        PlantedBug(
            "ignore-a-source", .ignoresOneSource,
            "the watermark does not wait for one input partition"),
        PlantedBug(
            "end-too-late", .endsOneTooLate,
            "a partition is not read to its end before one record more has come"),
        PlantedBug(
            "hear-no-quiet", .hearsNoQuiet,
            "a partition that another process has read to its end holds back until it is idle"),
        PlantedBug(
            "end-for-itself", .endsForItself,
            "a run that stops at the end looks at its own partitions alone"),
    ]

    private static let ofCampaigns = [
        PlantedBug(
            "tie-too-early", .tiesTooEarly,
            "edges of one ENTITY task count in the tick before the one they were seen in"),
        PlantedBug(
            "tick-unwaited", .waitsForNoFirst, "a tick does not wait for one of the ENTITY tasks"),
        PlantedBug(
            "merge-at-once", .mergesAtOnce,
            "campaigns merge in the first tick in which they are one"),
        PlantedBug(
            "split-at-once", .splitsAtOnce,
            "what is apart from its campaign for a tick is one of its own"),
        PlantedBug(
            "edge-twice", .countsTwiceAfterRestore,
            "the first evidence after a restore is counted twice"),
        PlantedBug(
            "lose-tombstones", .losesTombstones, "members that are released keep their rows"),
        PlantedBug(
            "redirect-alone", .redirectsAlone,
            "a redirect is committed before the rows of the members it moves"),
        PlantedBug(
            "forget-merges", .forgetsMerges, "a snapshot of CAMPAIGN forgets merges under way"),
        PlantedBug(
            "forget-names", .forgetsNames, "campaigns have other uids after a restore"),
        PlantedBug(
            "forget-closed", .forgetsClosed,
            "a snapshot of CAMPAIGN forgets campaigns that have closed"),
        PlantedBug(
            "forget-waiting", .forgetsWaiting,
            "a snapshot of CAMPAIGN forgets evidence that waits for its tick"),
        PlantedBug(
            "forget-rows", .forgetsRows,
            "a snapshot of CAMPAIGN forgets which rows of members it has told of"),
        PlantedBug(
            "forget-leads", .forgetsLeads, "a snapshot of ENTITY forgets which leads are open"),
    ]
}
