import Aggregation
import Detection
import Primitives
import Snapshots

extension EntityTask {
    /// A task that is to be restored from the pages of `manifest`: `load` each, then `finishRestore`, then
    /// `refill` with the blocks from the manifest's `replayFrom` up to its `position`. It begins muted.
    public init(
        restoring manifest: Manifest, plan: TopologyPlan, rules: RuleSet, partition: Int,
        sampleSize: Int, memoryBudget: Int
    ) {
        self.init(
            plan: plan, rules: rules, partition: partition, sampleSize: sampleSize,
            memoryBudget: memoryBudget)
        precondition(manifest.task == id, "a task is restored from its own snapshots")
        restoring = SnapshotLoad(manifest)
        store.beginLoading()
    }

    /// Takes in a page of the window, in the order of `SnapshotAssembler.pages(of:)`.
    ///
    /// - Throws: `RestoreError`; the task is of no use then, and another snapshot has to do.
    public mutating func load(_ page: Page) throws(RestoreError) {
        guard let restoring else { preconditionFailure("nothing is being restored") }
        guard restoring.pages.follows(page) else { throw .corrupted }
        if !restoring.pages.isNewest, page.kind.isWholeInEachSnapshot { return }
        try restoring.pages.items.read(page, corrupted: .corrupted) { (item) throws(RestoreError) in
            switch page.kind {
            case .taskHeader: try loadHeader(item, restoring)
            case .episodes: try loadEpisodes(item, restoring)
            case .leads: try loadLeads(item, restoring)
            case .verdicts: guard verdicts.load(item) else { throw .corrupted }
            case .entities: try loadEntity(item, restoring)
            case .removedKeys: try loadRemoved(item)
            default: throw .corrupted
            }
        }
    }

    private mutating func loadHeader(
        _ item: ByteSlice, _ restoring: SnapshotLoad
    ) throws(RestoreError) {
        guard restoring.header == nil, let header = TaskHeader(item) else { throw .corrupted }
        let width = UInt32(plan.timing.paneWidth.ms)
        guard header.paneMs == width else {
            throw .paneWidth(snapshot: header.paneMs, expected: width)
        }
        restoring.header = header
        restoring.mapping = StateMapping(from: header.shape, to: shape)
        openPane = header.openPane
        historyStart = header.historyStart
        progress = header.progress
        notes = header.notes
    }

    private mutating func loadEpisodes(
        _ item: ByteSlice, _ restoring: SnapshotLoad
    ) throws(RestoreError) {
        do throws(EpisodeTableError) {
            if restoring.episodes == nil {
                restoring.episodes = try evaluator.beginEpisodes(item)
            } else if var reader = restoring.episodes {
                try evaluator.restoreEpisodes(item, &reader)
                restoring.episodes = reader
            }
        } catch {
            throw .corrupted
        }
        if restoring.episodes?.isComplete == true {
            restoring.openEntities = Set(evaluator.openEntities)
        }
    }

    private mutating func loadLeads(
        _ item: ByteSlice, _ restoring: SnapshotLoad
    ) throws(RestoreError) {
        guard plan.evidence != nil else { return }
        guard restoring.hasEvidence else {
            var reader = ByteReader(item)
            guard let through = reader.zigzag(), let flag = reader.integer(UInt8.self), flag < 2,
                let closed = reader.varint(), let closedTo = UInt32(exactly: closed),
                let accounts = reader.varint(), accounts <= 1 << 40
            else { throw .corrupted }
            evidence.through = EventTime(ms: through)
            evidence.hasEnded = flag == 1
            (evidence.closedTo, evidence.accounts) = (closedTo, Int(accounts))
            restoring.hasEvidence = true
            return
        }
        let feeding = Set(rules.rules.filter { $0.campaign != nil }.map(\.info.id))
        guard restoring.leads.read(item, into: &evaluator.leads, rules: feeding) else {
            throw .corrupted
        }
    }

    /// Takes in an entity; what is firing is pinned, as it was after the last pane.
    private mutating func loadEntity(
        _ item: ByteSlice, _ restoring: SnapshotLoad
    ) throws(RestoreError) {
        guard let mapping = restoring.mapping, let open = restoring.openEntities else {
            throw .corrupted
        }
        let loaded: EntityReference?
        do throws(StateError) {
            loaded = try store.load(item, mapping, before: Pane(index: openPane))
        } catch {
            throw .corrupted
        }
        guard let loaded, open.contains(loaded.key) else { return }
        loaded.isPinned = store.isLive(loaded, at: Pane(index: openPane - 1))
    }

    private mutating func loadRemoved(_ item: ByteSlice) throws(RestoreError) {
        var reader = ByteReader(item)
        while reader.remaining > 0 {
            guard let key = reader.integer(UInt64.self) else { throw .corrupted }
            store.loadRemoved(key)
        }
    }

    /// Ends the restore once all pages were loaded.
    ///
    /// - Throws: `RestoreError` where something is missing; the task is of no use then.
    public mutating func finishRestore() throws(RestoreError) -> RestoreReport {
        guard let restoring, restoring.pages.isAtEnd, let header = restoring.header,
            restoring.episodes?.isComplete == true,
            !restoring.hasEvidence || restoring.leads.isComplete
        else { throw .corrupted }
        store.finishLoading()
        window = restoring.pages.manifest.window
        lastSequence = restoring.pages.manifest.id.sequence
        // Other entities of the window were written under the old shape, and would be read under the new.
        needsFullSnapshot = header.shape != shape
        self.restoring = nil
        let written = Dictionary(
            header.rules.map { ($0.id, $0.digest) }, uniquingKeysWith: { first, _ in first })
        mutedRules = rules.rules.map { written[$0.info.id] != $0.digest }
        isMuted = true
        return RestoreReport(header, shape: shape, rules: rules, entities: store.count)
    }

    /// Lets the partials of a block wait again that the snapshot's state does not hold yet: for the blocks
    /// from the manifest's `replayFrom` up to its `position`, in order, after the restore.
    ///
    /// - Throws: `BlockError`; the block is not taken in.
    public mutating func refill(_ block: ByteSlice, offset: Int64) throws(BlockError) {
        // Verdicts that wait are in the snapshot.
        guard !VerdictBlock.begins(block), !notes.isDuplicate(offset),
            let (header, reader) = try open(block)
        else { return }
        _ = try append(header, reader, offset: offset, from: notes.openPane(at: offset))
    }
}
