import Aggregation
import Detection
import Primitives
import Snapshots

/// The parts of a snapshot of an ENTITY task, in the order they are written.
extension PageKind {
    /// `TaskHeader`, one item.
    static let taskHeader = PageKind(rawValue: 1)
    /// The episodes of findings in pieces.
    static let episodes = PageKind(rawValue: 2)
    /// Entities, an item each.
    static let entities = PageKind(rawValue: 3)
    /// Keys of entities removed, 8 bytes each, some an item.
    static let removedKeys = PageKind(rawValue: 4)
    /// Leads of campaigns, and how far they were told of.
    static let leads = PageKind(rawValue: 5)
    /// Verdicts that hold, and those that wait, an item each.
    static let verdicts = PageKind(rawValue: 6)

    /// Whether every snapshot holds all of it, so that older ones are passed over.
    var isWholeInEachSnapshot: Bool { self != .entities && self != .removedKeys }
}

/// A snapshot of a task, ready to be written: first the pages, and once those are safe the manifest.
public struct TaskSnapshot: Sendable {
    /// What changed since the last one, and a part of the rest.
    public var pages: SnapshotPages
    /// What makes a snapshot of these and earlier pages.
    public var manifest: Manifest

    /// A snapshot.
    public init(pages: SnapshotPages, manifest: Manifest) {
        self.pages = pages
        self.manifest = manifest
    }
}

extension TopologyPlan {
    /// What the entities of a task are kept under.
    func shape(sampleSize: Int) -> StateShape {
        StateShape(
            kinds: kinds.indices.map { isEntityKind[$0] ? kinds[$0].name : "" },
            keepsAccounts: keepsAccounts, accounts: accounts, fingerprints: fingerprints,
            sampleSize: sampleSize)
    }
}

extension EntityTask {
    /// The task's name in the store.
    public var id: TaskID {
        TaskID(application: plan.application, stage: .entity, partition: Int32(partition))
    }

    /// The first offset that has to be read again by a task restored from a snapshot at `position`: that of
    /// the oldest block of which something waits for its pane.
    public func replayOffset(position: Int64) -> Int64 {
        min(position, pending.lowestOffset ?? position)
    }

    /// Keys removed that share an item.
    private static let keysAnItem = 4096
    /// About how many bytes a piece of the episodes has.
    private static let episodesPiece = 16_384
    /// At the least a part of the state of this size is rolled with a snapshot, so that a window stays short.
    private static let longestWindow = 2048

    /// Writes a snapshot of the state at `position`: what changed since the last one, and a roll of the rest.
    ///
    /// Call it after `advance`, with a sequence above `lastSequence`. Where its pages cannot be written, say
    /// so with `snapshotFailed()`: they would be missing in every later one.
    ///
    /// - Parameters:
    ///   - position: the first offset that was not received; later offsets do not matter to the state.
    ///   - isFull: writes everything, as the first snapshot of a task without state does in any case.
    ///   - leastRoll: bytes of unchanged state it has at least.
    /// - Returns: nil where repeated or late blocks were too many to be remembered: try again once the
    ///   panes they went to are closed.
    public mutating func snapshot(
        _ id: SnapshotID, position: Int64, isFull: Bool = false,
        leastRoll: Int = EntityStore.leastRollBytes
    ) -> TaskSnapshot? {
        precondition(restoring == nil, "a task is restored before it is written")
        precondition(id.sequence > lastSequence, "sequences rise")
        let replayFrom = replayOffset(position: position)
        guard replayFrom >= notes.completeFrom || replayFrom == position else { return nil }
        var writer = PageWriter(task: self.id, id: id)
        writer.append(.taskHeader) { header.encode(into: &$0) }
        evaluator.encodeEpisodes(size: Self.episodesPiece) { writer.append(.episodes, $0) }
        if plan.evidence != nil { encodeLeads(into: &writer) }
        verdicts.encode { writer.append(.verdicts, $0) }
        let span = encodeEntities(
            isFull: isFull || needsFullSnapshot, leastRoll: leastRoll, into: &writer)
        let (pages, digest) = writer.finish()
        window.push(
            SnapshotWindow.Entry(
                id: id, pages: UInt32(pages.pages.count), digest: digest, span: span))
        lastSequence = id.sequence
        needsFullSnapshot = false
        return TaskSnapshot(
            pages: pages,
            manifest: Manifest(
                task: self.id, id: id, position: position, replayFrom: replayFrom, window: window))
    }

    private func encodeLeads(into writer: inout PageWriter) {
        writer.append(.leads) { buffer in
            buffer.append(zigzag: evidence.through.ms)
            buffer.append(evidence.hasEnded ? 1 : 0)
            buffer.append(varint: UInt64(evidence.closedTo))
            buffer.append(varint: UInt64(evidence.accounts))
        }
        evaluator.leads.encode { writer.append(.leads, $0) }
    }

    private mutating func encodeEntities(
        isFull: Bool, leastRoll: Int, into writer: inout PageWriter
    ) -> KeySpan {
        if isFull { window = SnapshotWindow() }
        let leastRoll = max(leastRoll, store.stateBytes / Self.longestWindow)
        var removed = ByteBuffer()
        let span = store.encodeChanges(
            from: window.cursor, leastRoll: leastRoll, isFull: isFull
        ) {
            writer.append(.entities, $0)
        } removed: {
            removed.append(integer: $0)
        }
        var rest = removed.bytes
        while !rest.isEmpty {
            let item = ByteSlice(rebasing: rest.prefix(8 * Self.keysAnItem))
            writer.append(.removedKeys, item)
            rest = ByteSlice(rebasing: rest[item.count...])
        }
        return span
    }

    /// Takes in that the pages of the last snapshot could not be written: the next holds everything.
    public mutating func snapshotFailed() { needsFullSnapshot = true }

    /// What a snapshot holds beside entities and findings.
    private var header: TaskHeader {
        TaskHeader(
            paneMs: UInt32(plan.timing.paneWidth.ms), shape: shape,
            rules: rules.rules.map { TaskHeader.RunRule(id: $0.info.id, digest: $0.digest) },
            openPane: openPane, historyStart: historyStart, progress: progress, notes: notes)
    }

    /// A digest of the state: equal for tasks that will find the same in the same blocks. Partials that wait
    /// are not part of it. O(state): for tests.
    public func stateDigest() -> UInt64 {
        var place = ByteBuffer()
        header.encodePlace(into: &place)
        let leads = plan.evidence == nil ? 0 : evaluator.leads.digest()
        return leads &+ verdicts.digest() &+ mix(store.stateDigest())
            &+ mix(evaluator.episodesDigest() &+ xxh3(place.bytes))
    }
}
