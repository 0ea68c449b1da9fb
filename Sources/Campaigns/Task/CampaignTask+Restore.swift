import Detection
import Primitives
import Snapshots
import Topology

extension CampaignTask {
    /// A task that is to be restored from the pages of `manifest`: `load` each, then `finishRestore`. Nothing has to be
    /// read again before the manifest's `position`. It begins muted.
    public init(
        restoring manifest: Manifest, settings: CampaignSettings, rules: CampaignRuleSet,
        feeds: [String: CampaignFeed], application: UInt32
    ) {
        self.init(settings: settings, rules: rules, feeds: feeds, application: application)
        precondition(manifest.task == id, "a task is restored from its own snapshots")
        restoring = CampaignRestoring(manifest)
    }

    /// Takes in a page of the window, in the order of `SnapshotAssembler.pages(of:)`.
    ///
    /// - Throws: `RestoreError`; the task is of no use then, and another snapshot has to do.
    public mutating func load(_ page: Page) throws(RestoreError) {
        guard let restoring else { preconditionFailure("nothing is being restored") }
        guard restoring.pages.follows(page) else { throw .corrupted }
        let isOfGraph =
            page.kind == .fingerprints || page.kind == .campaignAccounts
            || page.kind == .removedFromGraph
        if !restoring.pages.isNewest, !isOfGraph { return }
        try restoring.pages.items.read(page, corrupted: .corrupted) { (item) throws(RestoreError) in
            switch page.kind {
            case .campaignHeader: try loadHeader(item, restoring)
            case .campaignRecords: try loadRecord(item, restoring)
            case .campaignEpisodes: try loadEpisodes(item, restoring)
            case .predecessors:
                guard let campaign = Predecessor(item) else { throw .corrupted }
                predecessors.insert(campaign, limit: settings.maxRemembered)
            case .campaignVerdicts: guard verdicts.load(item) else { throw .corrupted }
            case .waitingBlocks: try loadWaiting(item)
            case .fingerprints: try restoring.loadFingerprint(item)
            case .campaignAccounts: try restoring.loadAccount(item)
            case .removedFromGraph: try restoring.loadRemoved(item)
            default: throw .corrupted
            }
        }
    }

    private mutating func loadHeader(
        _ item: ByteSlice, _ restoring: CampaignRestoring
    ) throws(RestoreError) {
        guard restoring.header == nil, let header = CampaignHeader(item) else { throw .corrupted }
        restoring.header = header
        restoring.places = header.rules.map { written in
            rules.rules.firstIndex { $0.info.id == written.id }
        }
        tick = header.tick
        population = header.population
        accountsOfSource = header.accountsOfSource
        progress = header.progress
        for (point, keys) in header.wakes {
            wakes.note(point)
            for key in keys { wakes.add(key, at: point) }
        }
    }

    private mutating func loadRecord(
        _ item: ByteSlice, _ restoring: CampaignRestoring
    ) throws(RestoreError) {
        guard let record = Self.record(item, rules: restoring.places),
            records.slot(record.key) == nil
        else { throw .corrupted }
        _ = records.insert(record)
    }

    private mutating func loadEpisodes(
        _ item: ByteSlice, _ restoring: CampaignRestoring
    ) throws(RestoreError) {
        do throws(EpisodeTableError) {
            if var reader = restoring.episodes {
                try reader.read(item, into: &episodes)
                restoring.episodes = reader
            } else {
                restoring.episodes = try EpisodeTableReader(
                    item, rules: rules.rules.map(\.info.id), into: &episodes)
            }
        } catch {
            throw .corrupted
        }
    }

    private mutating func loadWaiting(_ item: ByteSlice) throws(RestoreError) {
        var reader = ByteReader(item)
        guard let at = reader.zigzag(), let source = reader.count(), let number = reader.count(),
            let bytes = reader.sizedBytes(), reader.remaining == 0
        else { throw .corrupted }
        waiting[at, default: []].append(Waiting(source: source, number: number, bytes: bytes))
        waitingBytes += bytes.count
    }

    /// Ends the restore once all pages were loaded.
    ///
    /// - Throws: `RestoreError` where something is missing; the task is of no use then.
    public mutating func finishRestore() throws(RestoreError) -> RestoreReport {
        guard let restoring, restoring.pages.isAtEnd, let header = restoring.header,
            restoring.episodes?.isComplete == true
        else { throw .corrupted }
        for item in restoring.fingerprints.values.sorted(by: { $0.key < $1.key }) {
            try insert(item)
        }
        for item in restoring.accounts.values.sorted(by: { $0.key < $1.key }) { insert(item) }
        settleRestored()
        for item in restoring.fingerprints.values where item.isDirty {
            if let slot = graph.fingerprint(item.key) { graph.markDirty(slot) }
        }
        if header.basis != basis {
            for key in graph.fingerprintKeys {
                if let slot = graph.fingerprint(key) { graph.markDirty(slot) }
            }
            needsFullSnapshot = true
        } else {
            needsFullSnapshot = false
        }
        window = restoring.pages.manifest.window
        lastSequence = restoring.pages.manifest.id.sequence
        self.restoring = nil
        let report = report(header)
        mutedRules = rules.rules.map {
            report.addedRules.contains($0.info.id) || report.changedRules.contains($0.info.id)
        }
        isMuted = true
        return report
    }

    /// Puts a fingerprint into the graph and its record.
    private mutating func insert(_ item: CampaignRestoring.LoadedFingerprint) throws(RestoreError) {
        let slot = graph.insertFingerprint(item.key, kind: item.kind, value: item.value)
        noteVerdict(slot)
        graph.fingerprints[Int(slot)].accountsPerEdge = item.accountsPerEdge
        graph.fingerprints[Int(slot)].apartSince = item.apartSince
        graph.fingerprints[Int(slot)].isOfLarge = item.isOfLarge
        graph.fingerprints[Int(slot)].leads = item.leads.compactMap { lead in
            // Leads of rules that feed nothing any more are forgotten.
            guard let feed = feeds[lead.rule] else { return nil }
            return LeadState(
                rule: lead.rule, feed: feed, isOpen: lead.isOpen, start: lead.start,
                time: lead.time, isTold: lead.isTold, evidence: lead.evidence)
        }
        guard let key = item.record else { return }
        guard let record = records.slot(key) else { throw .corrupted }
        graph.fingerprints[Int(slot)].record = record
        graph.fingerprints[Int(slot)].isAttached = item.isAttached
        if item.isAttached {
            records[record].attached.append(slot)
        } else {
            records[record].fingerprints.append(slot)
        }
    }

    private mutating func insert(_ item: CampaignRestoring.LoadedAccount) {
        let account = graph.insertAccount(item.key, name: item.name)
        graph.accounts[Int(account)].created = item.created
        graph.accounts[Int(account)].row = item.row
        for (key, edge) in item.edges {
            guard let slot = graph.fingerprint(key) else { continue }
            var edge = edge
            edge.fingerprint = slot
            graph.insertEdge(account, edge)
            planExpiry(account, edge)
        }
    }

    /// What follows from the graph: sums and memberships. Nothing is left to be looked at then.
    private mutating func settleRestored() {
        updateMembership()
        for record in dirtyRecords { records[record].isDirty = false }
        dirtyRecords = []
        loose = []
        rowsToTell = []
        graph.dirty = []
        for i in graph.fingerprints.indices {
            graph.fingerprints[i].isDirty = false
            graph.fingerprints[i].isChanged = false
        }
        for i in graph.accounts.indices { graph.accounts[i].isChanged = false }
    }

    private func report(_ header: CampaignHeader) -> RestoreReport {
        var report = RestoreReport(entities: graph.fingerprintCount)
        let written = Dictionary(
            header.rules.map { ($0.id, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let now = Set(rules.rules.map(\.info.id))
        report.addedRules = rules.rules.map(\.info.id).filter { written[$0] == nil }
        report.changedRules = rules.rules.filter { rule in
            written[rule.info.id].map { $0 != rule.digest } ?? false
        }.map(\.info.id)
        report.removedRules = header.rules.map(\.id).filter { !now.contains($0) }
        return report
    }
}
