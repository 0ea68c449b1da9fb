import Primitives
import Snapshots

/// Takes a task's snapshots one after the other and keeps account of what they need.
///
/// Pages first, then the manifest that makes a snapshot of them, in a cut's transaction or behind it, then the
/// removal of what no kept manifest names. Two manifests are kept. A snapshot that fails leaves the one before
/// good; the next is a full one then, since the marks of what had changed are gone.
struct Snapshotter {
    private enum Phase {
        case idle
        /// The pages are on their way.
        case writing(Manifest)
        /// The pages are safe: the manifest goes with the next cut.
        case written(Manifest)
        /// The manifest is in the cut being filled or committed.
        case inCut(Manifest)
        /// The cut is committed, and the manifest on its way to the directory.
        case publishing(Manifest)
    }

    private let port: any StatePort
    private let settings: EngineSettings
    private let notify: (Notice) -> Void
    private var phase = Phase.idle
    /// The manifests kept, the newest last.
    private var kept: [Manifest] = []
    /// What the store holds of earlier owners and no manifest names: removed behind our first manifest.
    private var orphans: [StateKey] = []
    private var sequence: UInt32 = 0
    private var dueMs: Int64
    private var isFull = true

    /// Snapshots of a task that begins with no state; the first is due after a part of the interval that differs
    /// from task to task.
    init(
        _ port: any StatePort, _ settings: EngineSettings, partition: Int32, nowMs: Int64,
        notify: @escaping (Notice) -> Void
    ) {
        self.port = port
        self.settings = settings
        self.notify = notify
        let share = mix(UInt64(UInt32(bitPattern: partition)) ^ settings.incarnation) % 1024
        dueMs = nowMs + settings.snapshotIntervalMs * Int64(512 + share / 2) / 1024
    }

    /// Goes on from what a restore found: the manifest restored from and the one before, and what is left over.
    mutating func goOn(from manifests: [Manifest], orphans: [StateKey], newest: UInt32) {
        kept = manifests
        self.orphans = orphans
        sequence = newest
        isFull = manifests.isEmpty
    }

    /// Makes the next snapshot a full one: what was written before may be gone.
    mutating func startOver() {
        isFull = true
        phase = .idle
    }

    // MARK: Taking

    /// Whether it is time for a snapshot of a task that stands at `position`.
    func isDue(nowMs: Int64, position: Int64) -> Bool {
        guard case .idle = phase, nowMs >= dueMs else { return false }
        return kept.last.map { $0.position < position } ?? (position > 0)
    }

    /// Takes a snapshot of a task at `position` and begins to write its pages.
    mutating func take(_ task: any StatefulTask, position: Int64, committed: Int64, nowMs: Int64) {
        sequence += 1
        dueMs = nowMs + settings.snapshotIntervalMs
        let id = SnapshotID(incarnation: settings.incarnation, sequence: sequence)
        let last = isFull ? nil : kept.last
        let snapshot = task.takeSnapshot(
            id, isFull: last == nil, rollFrom: last?.window.last?.rolledTo ?? 0)
        let place = settings.defects.contains(.snapshotsAtCommittedOffset) ? committed : position
        let manifest = Manifest(
            task: task.id, id: id, position: place,
            replayFrom: task.replayOffset(position: place),
            window: Manifest.window(after: last?.window ?? [], adding: snapshot),
            header: snapshot.header)
        isFull = false
        port.write(snapshot.pages)
        phase = .writing(manifest)
        if settings.defects.contains(.publishesBeforePages) { phase = .written(manifest) }
        notify(
            .snapshotTaken(
                task.id, id, pages: snapshot.pages.pages.count,
                bytes: snapshot.pages.pages.reduce(0) { $0 + $1.count }, isFull: snapshot.isFull))
    }

    /// Takes the store's word on a write or a publication.
    mutating func settle(_ id: SnapshotID, _ error: ClusterError?) {
        switch phase {
        case .writing(let manifest) where manifest.id == id:
            if let error { fail(manifest, error) } else { phase = .written(manifest) }
        case .publishing(let manifest) where manifest.id == id:
            if let error { fail(manifest, error) } else { accept(manifest) }
        default: break
        }
    }

    private mutating func fail(_ manifest: Manifest, _ error: ClusterError) {
        notify(.snapshotFailed(manifest.task, manifest.id, error))
        phase = .idle
        orphans += Self.pageKeys(of: manifest.window.last, manifest.task)
        isFull = !settings.defects.contains(.forgetsFailedSnapshot)
    }

    // MARK: Cuts

    /// Puts a manifest whose pages are safe into the cut that is about to close.
    mutating func contribute(to cut: Cut, of owner: PartitionID) {
        guard case .written(let manifest) = phase else { return }
        phase = .inCut(manifest)
        guard port.publishesInCut else { return }
        let place = PartitionID(.state, owner.number % Int32(max(1, settings.outputs.state)))
        append(manifest.record.key, manifest.record.value, to: cut, place, owner)
        if let old = replaced { append(old, nil, to: cut, place, owner) }
    }

    private func append(
        _ key: StateKey, _ value: [UInt8]?, to cut: Cut, _ place: PartitionID, _ owner: PartitionID
    ) {
        key.bytes.withUnsafeBytes { key in
            guard let value else { return cut.append(to: place, of: owner, key: key, value: nil) }
            value.withUnsafeBytes { cut.append(to: place, of: owner, key: key, value: $0) }
        }
    }

    /// The manifest that goes when one more is kept.
    private var replaced: StateKey? { kept.count > 1 ? kept[0].record.key : nil }

    /// The cut is committed.
    mutating func cutCommitted() {
        guard case .inCut(let manifest) = phase else { return }
        if port.publishesInCut { return accept(manifest) }
        phase = .publishing(manifest)
        port.publish(manifest.record)
    }

    /// A manifest counts from now on: what none names any more is removed.
    private mutating func accept(_ manifest: Manifest) {
        phase = .idle
        var gone = orphans
        orphans = []
        kept.append(manifest)
        var dropped: [Manifest] = []
        while kept.count > 2 { dropped.append(kept.removeFirst()) }
        let named = Set(kept.flatMap(\.window).map(\.id))
        var seen: Set<SnapshotID> = []
        for entry in dropped.flatMap(\.window)
        where !named.contains(entry.id) && seen.insert(entry.id).inserted {
            gone += Self.pageKeys(of: entry, manifest.task)
        }
        if settings.defects.contains(.removesNamedPages), let first = manifest.window.first {
            gone.append(StateKey(manifest.task, .page(index: 0), of: first.id))
        }
        if !port.publishesInCut { gone += dropped.map(\.record.key) }
        if !gone.isEmpty { port.remove(gone) }
    }

    private static func pageKeys(of entry: Manifest.Entry?, _ task: TaskID) -> [StateKey] {
        guard let entry else { return [] }
        return (0..<entry.pages).map { StateKey(task, .page(index: $0), of: entry.id) }
    }
}
