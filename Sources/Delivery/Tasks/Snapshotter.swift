import Broker
import Primitives
import Snapshots
import Topology

/// Takes a task's snapshots one after the other and keeps account of what they need.
///
/// ```
/// idle ──take──► writing ──safe──► written ──contribute──► inBatch ──committed──► publishing ──► idle
///                   └── failed ──► idle                        └── manifests ride in commit batches ──► idle
/// ```
/// Invariants: at most one snapshot is under way, and its sequence is above all others of the task. At most two
/// manifests are kept; what they name is in the store, and nothing they name is ever removed. `isUrgent` goes only
/// once a manifest counts, or where no snapshot can be taken.
///
/// Pages first, then the manifest that makes a snapshot of them, in a commit batch's transaction or behind it, then the
/// removal of what no kept manifest names. Two manifests are kept. A snapshot that fails leaves the one before
/// good; the next is a full one then, since the marks of what had changed are gone.
struct Snapshotter {
    private enum Phase {
        case idle
        /// The pages are on their way.
        case writing(Manifest)
        /// The pages are safe: the manifest goes with the next commit batch.
        case written(Manifest)
        /// The manifest is in the commit batch being filled or committed.
        case inBatch(Manifest)
        /// The commit batch is committed, and the manifest on its way to the directory.
        case publishing(Manifest)
    }

    private let port: any StatePort
    private let settings: EngineSettings
    private let notify: (EngineEvent) -> Void
    private var phase = Phase.idle
    /// The manifests kept, the newest last.
    private var kept: [Manifest] = []
    /// What the store holds and no manifest names: removed behind the next manifest.
    private var orphans: [StateKey] = []
    /// The last snapshots that failed, and their pages, of which some may be there. What earlier ones left is the
    /// next owner's to clear away: a store that is out of order for a day must not fill the memory.
    private var failed: [(id: SnapshotID, pages: UInt32)] = []
    /// Snapshots that failed since the last one that did not.
    private var failures = 0
    /// The highest sequence used so far, in the store or on the way there.
    private(set) var sequence: UInt32
    private var dueMs: Int64
    private var isFull = false
    /// Whether a snapshot is wanted that was not taken yet, or is not safe yet.
    private(set) var isUrgent = false
    /// Whether the task is about to end: what it takes now is its last, and fails for good or is tried again soon.
    private var isEnding = false
    /// Whether no last snapshot could be taken.
    private var isGivenUp = false

    /// Manifests kept: the newest, and the one before in case its pages turn out to be damaged.
    private static let keptManifests = 2
    /// The pause after a snapshot that could not be taken.
    private static let againMs: Int64 = 1_000
    /// Failed snapshots that are cleared away.
    private static let failedKept = 64

    /// Snapshots of a task that begins with no state; the first is due after a part of the interval that differs
    /// from task to task.
    ///
    /// - Parameter sequence: one that snapshots of the task have had, and none must have again.
    init(
        _ port: any StatePort, _ settings: EngineSettings, partition: Int32, sequence: UInt32,
        nowMs: Int64, notify: @escaping (EngineEvent) -> Void
    ) {
        self.port = port
        self.settings = settings
        self.sequence = sequence
        self.notify = notify
        let share = mix(UInt64(UInt32(bitPattern: partition)) ^ settings.incarnation) % 1024
        dueMs = nowMs + settings.snapshotIntervalMs * Int64(512 + share / 2) / 1024
    }

    /// Goes on from what a restore found: the manifest restored from and the one before, and what is left over.
    mutating func goOn(from found: RestoreProcess.Result) {
        kept = found.manifests
        orphans = found.orphans
        sequence = max(sequence, found.highestSequence)
    }

    /// Goes on with a task that was given up and came back: others may have removed what it wrote.
    mutating func startOver() {
        isFull = true
        kept = []
        phase = .idle
    }

    /// Wants a snapshot at once, and again while it fails, after a second first and less and less often.
    mutating func hurry(nowMs: Int64) {
        isUrgent = true
        dueMs = nowMs
    }

    // MARK: Taking

    /// Whether it is time for a snapshot of a task that stands at `position`.
    func isDue(nowMs: Int64, position: Int64) -> Bool {
        guard case .idle = phase, nowMs >= dueMs else { return false }
        return isUrgent || isBehind(position)
    }

    /// Whether the store knows less than a task that stands at `position`.
    private func isBehind(_ position: Int64) -> Bool {
        kept.last.map { $0.position < position } ?? (position > 0)
    }

    // MARK: The last one

    /// Wants a last snapshot of a task that stands at `position` and reads nothing more, where the store knows less.
    mutating func end(nowMs: Int64) {
        guard !isEnding else { return }
        isEnding = true
        dueMs = nowMs
    }

    /// Whether the store holds what a task that stands at `position` knows, or never will.
    func isSafe(position: Int64) -> Bool {
        guard case .idle = phase else { return false }
        return isGivenUp || !(isUrgent || isBehind(position))
    }

    /// Whether pages are on their way.
    var isWriting: Bool {
        if case .writing = phase { return true }
        return false
    }

    /// Takes a snapshot of a task at `position` and begins to write its pages.
    mutating func take(_ task: any StatefulTask, position: Int64, nowMs: Int64) {
        guard case .idle = phase else { preconditionFailure("a snapshot is under way already") }
        let id = SnapshotID(
            incarnation: settings.incarnation, sequence: max(sequence, task.lastSequence) + 1)
        guard
            let snapshot = task.takeSnapshot(
                id, position: position, isFull: isFull, leastRoll: settings.snapshotRollBytes)
        else {
            dueMs = nowMs + Self.againMs
            isGivenUp = isEnding
            guard isUrgent, !isEnding else { return }
            // Panes have to close first, and for that the task has to go on.
            isUrgent = false
            let error = BrokerError(
                .retry, action: "take a snapshot",
                text: "more late blocks wait for their panes than can be noted",
                advice: "the task goes on under other rules without one")
            return notify(.snapshotFailed(task.id, id, error))
        }
        sequence = id.sequence
        dueMs = nowMs + pauseMs
        isFull = false
        port.write(snapshot.pages)
        phase = .writing(snapshot.manifest)
        notify(
            .snapshotTaken(
                task.id, id, pages: snapshot.pages.pages.count,
                bytes: snapshot.pages.pages.reduce(0) { $0 + $1.count }))
    }

    /// Milliseconds until the snapshot after the one that is taken now.
    private var pauseMs: Int64 {
        isUrgent || isEnding
            ? min(settings.snapshotIntervalMs, Self.againMs << min(failures, 20))
            : settings.snapshotIntervalMs
    }

    /// Takes the store's word on a write or a publication.
    mutating func settle(_ id: SnapshotID, _ error: BrokerError?, _ task: any StatefulTask) {
        switch phase {
        case .writing(let manifest) where manifest.id == id:
            if let error { fail(manifest, error, task) } else { phase = .written(manifest) }
        case .publishing(let manifest) where manifest.id == id:
            if let error { fail(manifest, error, task) } else { accept(manifest) }
        default: break
        }
    }

    private mutating func fail(
        _ manifest: Manifest, _ error: BrokerError, _ task: any StatefulTask
    ) {
        notify(.snapshotFailed(manifest.task, manifest.id, error))
        phase = .idle
        failures += 1
        if let own = manifest.window.entries.first { failed.append((own.id, own.pages)) }
        if failed.count > Self.failedKept { failed.removeFirst() }
        task.snapshotFailed()
    }

    // MARK: Commit batches

    /// Puts a manifest whose pages are safe into the commit batch that is about to close.
    mutating func contribute(to batch: CommitBatch, of owner: TopicPartition) {
        guard case .written(let manifest) = phase else { return }
        phase = .inBatch(manifest)
        guard port.publishesInBatch else { return }
        let place = TopicPartition(.state, owner.number % Int32(max(1, settings.outputs.state)))
        append(manifest.record.key, manifest.record.value, to: batch, place, owner)
        for old in replaced { append(old.key, nil, to: batch, place, owner) }
    }

    private func append(
        _ key: StateKey, _ value: [UInt8]?, to batch: CommitBatch, _ place: TopicPartition,
        _ owner: TopicPartition
    ) {
        key.bytes.withUnsafeBytes { key in
            guard let value else { return batch.append(to: place, of: owner, key: key, value: nil) }
            value.withUnsafeBytes { batch.append(to: place, of: owner, key: key, value: $0) }
        }
    }

    /// The manifests that go when one more is kept.
    private var replaced: ArraySlice<Manifest> { kept.dropLast(Self.keptManifests - 1) }

    /// Whether a manifest waits for the outcome of the commit batch being filled or committed.
    var isInBatch: Bool {
        if case .inBatch = phase { return true }
        return false
    }

    /// The commit batch is committed.
    mutating func batchCommitted() {
        guard case .inBatch(let manifest) = phase else { return }
        if port.publishesInBatch { return accept(manifest) }
        phase = .publishing(manifest)
        port.publish(manifest.record)
    }

    /// A manifest counts from now on: what none names any more is removed.
    private mutating func accept(_ manifest: Manifest) {
        phase = .idle
        if isUrgent { dueMs += settings.snapshotIntervalMs }
        isUrgent = false
        failures = 0
        let dropped = Array(replaced)
        kept = Array(kept.suffix(Self.keptManifests - 1)) + [manifest]
        assert(kept.count <= Self.keptManifests, "a manifest is kept that nobody removes")
        var gone = orphans
        orphans = []
        for (id, pages) in failed {
            gone += (0..<pages).map { StateKey(manifest.task, .page(index: $0), of: id) }
        }
        failed = []
        // Of what left pages behind, a manifest may have been on its way, and have arrived since.
        if !port.publishesInBatch {
            gone = Set(gone.map(\.id)).map { StateKey(manifest.task, .manifest, of: $0) } + gone
        }
        var seen: Set<StateKey> = []
        for old in dropped {
            gone += old.pageKeys(notNamedBy: kept).filter { seen.insert($0).inserted }
        }
        if !port.publishesInBatch { gone += dropped.map(\.key) }
        if !gone.isEmpty { port.remove(gone) }
    }
}
