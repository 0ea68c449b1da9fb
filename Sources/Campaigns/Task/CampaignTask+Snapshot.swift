import Detection
import Primitives
import Snapshots
import Topology

extension CampaignTask {
    /// The task's name in the store.
    public var id: TaskID { TaskID(application: application, stage: .campaign, partition: 0) }

    /// About how many bytes a piece of the episodes has.
    private static let episodesPiece = 16_384
    /// At the least a part of the state of this size is rolled with a snapshot, so that a window stays short.
    private static let longestWindow = 2048
    /// The least a roll writes, where there is so much.
    public static let leastRollBytes = 1 << 20

    /// About how many bytes the graph takes in a snapshot.
    private var graphBytes: Int {
        120 * graph.fingerprintCount + 40 * graph.accountCount + 24 * graph.edgeCount
    }

    /// Writes a snapshot of the state at `position`: what changed since the last one, and a roll of the rest.
    ///
    /// Call it after `advance`, with a sequence above `lastSequence`. Blocks that wait are part of it, so nothing has to
    /// be read again. Where its pages cannot be written, say so with `snapshotFailed()`.
    ///
    /// - Parameters:
    ///   - position: the first offset that was not received.
    ///   - isFull: writes everything, as the first snapshot of a task without state does in any case.
    ///   - leastRoll: bytes of unchanged state it has at least.
    public mutating func snapshot(
        _ id: SnapshotID, position: Int64, isFull: Bool = false,
        leastRoll: Int = CampaignTask.leastRollBytes
    ) -> TaskSnapshot {
        precondition(restoring == nil, "a task is restored before it is written")
        precondition(id.sequence > lastSequence, "sequences rise")
        var writer = PageWriter(task: self.id, id: id)
        writer.append(.campaignHeader) { header.encode(into: &$0) }
        for key in records.keys {
            guard let slot = records.slot(key) else { continue }
            writer.append(.campaignRecords) { encode(record: slot, into: &$0) }
        }
        episodes.encode(rules: rules.rules.map(\.info.id), size: Self.episodesPiece) {
            writer.append(.campaignEpisodes, $0)
        }
        for campaign in predecessors.sorted {
            writer.append(.predecessors) { campaign.encode(into: &$0) }
        }
        verdicts.encode { writer.append(.campaignVerdicts, $0) }
        for (at, block) in sortedWaiting {
            writer.append(.waitingBlocks) {
                $0.append(zigzag: at)
                $0.append(varint: UInt64(block.source))
                $0.append(varint: UInt64(block.number))
                $0.append(sized: block.bytes)
            }
        }
        let span = encodeGraph(
            isFull: isFull || needsFullSnapshot || graph.hasLostRemovals, leastRoll: leastRoll,
            into: &writer)
        let (pages, digest) = writer.finish()
        window.push(
            SnapshotWindow.Entry(
                id: id, pages: UInt32(pages.pages.count), digest: digest, span: span))
        lastSequence = id.sequence
        needsFullSnapshot = false
        return TaskSnapshot(
            pages: pages,
            manifest: Manifest(
                task: self.id, id: id, position: position, replayFrom: position, window: window))
    }

    private var sortedWaiting: [(Int64, Waiting)] {
        waiting.keys.sorted().flatMap { at in
            (waiting[at] ?? []).sorted { ($0.source, $0.number) < ($1.source, $1.number) }
                .map { (at, $0) }
        }
    }

    private mutating func encodeGraph(
        isFull: Bool, leastRoll: Int, into writer: inout PageWriter
    ) -> KeySpan {
        if isFull { window = SnapshotWindow() }
        let changed =
            graph.fingerprints.count { $0.isChanged } + graph.accounts.count { $0.isChanged }
        let wanted = max(1, leastRoll, graphBytes / Self.longestWindow, 80 * changed)
        let isAll = isFull || wanted >= graphBytes
        let length = isAll ? 0 : UInt64.max / UInt64(graphBytes / wanted + 1)
        let start = window.cursor
        let span =
            isAll ? KeySpan.all(from: start) : KeySpan(start: start, end: start &+ length)
        let prints = graph.fingerprints.indices.filter {
            let entry = graph.fingerprints[$0]
            return !entry.kind.isEmpty && (entry.isChanged || span.contains(entry.key))
        }.sorted { graph.fingerprints[$0].key < graph.fingerprints[$1].key }
        for slot in prints {
            writer.append(.fingerprints) { encode(fingerprint: Int32(slot), into: &$0) }
            graph.fingerprints[slot].isChanged = false
        }
        let accounts = graph.accounts.indices.filter {
            let entry = graph.accounts[$0]
            return graph.account(entry.key) == Int32($0)
                && (entry.isChanged || span.contains(entry.key))
        }.sorted { graph.accounts[$0].key < graph.accounts[$1].key }
        for slot in accounts {
            writer.append(.campaignAccounts) { encode(account: Int32(slot), into: &$0) }
            graph.accounts[slot].isChanged = false
        }
        for key in Set(graph.removedFingerprints).sorted() where graph.fingerprint(key) == nil {
            writer.append(.removedFromGraph) {
                $0.append(0)
                $0.append(integer: key)
            }
        }
        for key in Set(graph.removedAccounts).sorted() where graph.account(key) == nil {
            writer.append(.removedFromGraph) {
                $0.append(1)
                $0.append(integer: key)
            }
        }
        graph.removedFingerprints = []
        graph.removedAccounts = []
        graph.hasLostRemovals = false
        return span
    }

    /// Takes in that the pages of the last snapshot could not be written: the next holds everything.
    public mutating func snapshotFailed() { needsFullSnapshot = true }

    private var header: CampaignHeader {
        var header = CampaignHeader()
        header.rules = rules.rules.map {
            CampaignHeader.RunRule(id: $0.info.id, digest: $0.digest)
        }
        header.basis = basis
        header.tick = tick
        header.population = population
        header.accountsOfSource = accountsOfSource
        header.progress = progress
        header.wakes = wakes.sorted
        return header
    }

    /// A digest of the settings and of what feeds campaigns.
    var basis: UInt64 {
        let kinds = settings.kinds.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let fed = feeds.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value.group)\($0.value.weight)" }
        let numbers: [any BinaryInteger] = [
            settings.tickMs, settings.windowMs, settings.lingerMs, settings.coreWeight,
            settings.minShared, settings.hardCap, settings.softCap, settings.minBits,
            settings.hardPerAccount, settings.fingerprintsPerAccount,
            settings.campaignsPerAccount, settings.ownFrames, settings.maxComponent,
            settings.maxTies, settings.largeRegion,
        ]
        return xxh3((kinds + fed + numbers.map { "\($0)" }).joined(separator: " "))
    }

    /// A digest of the state: equal for tasks that will find the same in the same blocks. O(state): for tests.
    public func stateDigest() -> UInt64 {
        var buffer = ByteBuffer(capacity: 4096)
        header.encodePlace(into: &buffer)
        for key in records.keys {
            if let slot = records.slot(key) { encode(record: slot, into: &buffer) }
        }
        episodes.encode(rules: rules.rules.map(\.info.id), size: 4096) { buffer.append($0) }
        for campaign in predecessors.sorted { campaign.encode(into: &buffer) }
        verdicts.encode { $0(&buffer) }
        for (at, block) in sortedWaiting {
            buffer.append(zigzag: at)
            buffer.append(sized: block.bytes)
        }
        for key in graph.fingerprintKeys {
            if let slot = graph.fingerprint(key) { encode(fingerprint: slot, into: &buffer) }
        }
        for key in graph.accountKeys {
            if let slot = graph.account(key) { encode(account: slot, into: &buffer) }
        }
        return xxh3(buffer.bytes)
    }
}
