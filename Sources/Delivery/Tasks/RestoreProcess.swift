import Broker
import Primitives
import Snapshots
import Topology

/// Brings a task's state up to the committed position, a slice at a time, while other tasks of the shard run.
///
/// 1. Everything the store keeps of the task is read, to the end there was at the opening.
/// 2. The newest manifest at or before the committed position that is whole is loaded. One that is not, or whose
///    records to replay are gone, is said to be so, and the next older one is tried; with none left the state
///    is rebuilt from the first record kept.
/// 3. The partition is read again from the manifest's replay offset: up to its position only to fill open
///    panes, from there on as ever, but muted, up to the committed position.
///
/// ```
/// opening ──► reading ──► choosing ──► loading ──► waiting ──► replaying ──► done
///    ▲           │           ▲  └─ none left ────────▲  ▲           │
///    └─ failed ──┘           └──── damaged ──┘          └─ failed ──┤
///    └──────────────────────── retention was faster ────────────────┘
/// ```
/// Invariants: the state loaded stands at or before the committed position; `next` never goes back while replaying;
/// the task is muted from the first record replayed to the end, and puts nothing out.
///
/// It is done when the *position* has reached the committed one: the last records before it may be control
/// records, or gone.
final class RestoreProcess {
    private enum Phase {
        case opening(atMs: Int64)
        case reading(any StateReader)
        case choosing
        case loading(Manifest, [Page], next: Int)
        case waiting(atMs: Int64)
        case replaying(any HistoryReader)
        case done
    }

    /// What a restore hands over.
    struct Result {
        /// The manifests kept, the newest last.
        var manifests: [Manifest] = []
        /// Keys in the store that none of them names.
        var orphans: [StateKey] = []
        /// The highest sequence of any snapshot of the task.
        var highestSequence: UInt32 = 0
        /// Whether the snapshot was taken under other rules, or for other features.
        var isOfOtherRules = false
    }

    private let task: any StatefulTask
    private let committed: Int64
    /// Whether the group has committed an offset of the partition at all.
    private let hasCommitted: Bool
    private let log: TopicPartition
    private let source: String
    private let acceptsLoss: Bool
    /// The first record of the partition that is kept.
    private var low: Int64
    private let state: any StatePort
    private let history: any HistoryPort
    private let notify: (EngineEvent) -> Void
    private var phase: Phase
    private var assembler: SnapshotAssembler
    private var candidates: [SnapshotCandidate] = []
    /// Manifests that stand past the committed position.
    private var ahead: [StateKey] = []
    private var summary = RestoreSummary(snapshot: nil, entities: 0, replayed: 0, elapsedMs: 0)
    private let startedMs: Int64
    private var stepStartedMs: Int64
    private var lastProgressMs: Int64
    /// Where the state stands, and the next record to replay.
    private var position: Int64 = 0
    private var next: Int64 = 0
    private var replayStart: Int64 = 0
    private var failures = 0
    private(set) var result = Result()
    /// How far the step under way is; nil before there was one.
    private(set) var progress: RestoreProgress?

    /// Records read from the store, or pages loaded, or records replayed, in one slice.
    private static let slice = 64
    private static let pauseMs: Int64 = 1_000
    private static let progressEveryMs: Int64 = 5_000

    init(
        _ task: any StatefulTask, _ settings: EngineSettings, _ ports: ShardPorts, start: TaskStart,
        nowMs: Int64, notify: @escaping (EngineEvent) -> Void
    ) {
        self.task = task
        committed = start.start
        hasCommitted = start.committed.offset != nil
        log = start.partition
        source = settings.name(start.partition)
        acceptsLoss = settings.dataLoss == .accept
        low = start.bounds.low
        state = ports.state
        history = ports.history
        self.notify = notify
        startedMs = nowMs
        stepStartedMs = nowMs
        lastProgressMs = nowMs
        assembler = SnapshotAssembler(task: task.id)
        phase = .opening(atMs: nowMs)
        notify(.restoreBegan(task.id, committed: committed))
    }

    /// Ends what is under way.
    func close() {
        switch phase {
        case .reading(let reader): reader.close()
        case .replaying(let reader): reader.close()
        default: break
        }
        phase = .done
    }

    /// Does a slice; true once the task stands at the committed position.
    func step(nowMs: Int64) throws(EngineFailure) -> Bool {
        switch phase {
        case .opening(let atMs):
            if nowMs >= atMs { phase = .reading(state.open(task.id)) }
        case .reading(let reader): try read(reader, nowMs)
        case .choosing: choose(nowMs)
        case .loading(let manifest, let pages, let next): load(manifest, pages, next, nowMs)
        case .waiting(let atMs):
            if nowMs >= atMs { phase = .replaying(history.open(log, from: next)) }
        case .replaying(let reader): try replay(reader, nowMs)
        case .done: return true
        }
        if case .done = phase {
            finish(nowMs)
            return true
        }
        return false
    }

    private func finish(_ nowMs: Int64) {
        precondition(next >= committed, "the state stands before the committed position")
        task.isMuted = false
        summary.entities = task.numbers.entities
        summary.elapsedMs = nowMs - startedMs
        notify(.restored(task.id, summary))
    }

    // MARK: Reading the store

    private func read(_ reader: any StateReader, _ nowMs: Int64) throws(EngineFailure) {
        let status = reader.read(max: Self.slice) { key, value in
            assembler.add(key: key, value: value)
        }
        switch status {
        case .open: tell(.reading, reader.progress?.done ?? 0, reader.progress?.total ?? 0, nowMs)
        case .ended:
            reader.close()
            try checkOffset()
            candidates = assembler.choose(notAfter: committed)
            phase = .choosing
        case .failed(let error):
            reader.close()
            notify(.restoreFailed(task.id, error))
            assembler = SnapshotAssembler(task: task.id)
            phase = .opening(atMs: nowMs + Self.pauseMs)
        }
    }

    /// A snapshot follows a commit: where the group knows no offset any more, blocks would be processed a second
    /// time, or those of a topic made anew taken for the next ones.
    private func checkOffset() throws(EngineFailure) {
        guard !hasCommitted, assembler.hasManifest, !acceptsLoss else { return }
        throw .dataLoss(
            "\(source): there are snapshots of its state, but the group has no committed offset any more: the "
                + "topic was made anew, or the group was away longer than the brokers' "
                + "offsets.retention.minutes. Decide: 'stillwatch reset --state clear' begins anew, "
                + "'data_loss: accept' reads what is kept from its beginning")
    }

    // MARK: Choosing and loading

    /// Takes the newest manifest that may serve; without one the partition is read from its beginning.
    private func choose(_ nowMs: Int64) {
        stepStartedMs = nowMs
        while !candidates.isEmpty {
            let candidate = candidates.removeFirst()
            if let reason = unusable(candidate) {
                notify(.snapshotUnusable(task.id, candidate.id, reason: reason))
                if case .ahead = candidate.problem {
                    ahead.append(StateKey(task.id, .manifest, of: candidate.id))
                }
                continue
            }
            guard let manifest = candidate.manifest else { continue }
            return begin(manifest)
        }
        rebuild(nowMs)
    }

    private func unusable(_ candidate: SnapshotCandidate) -> String? {
        if let problem = candidate.problem { return "\(problem)" }
        guard let manifest = candidate.manifest else { return "its manifest cannot be read" }
        if manifest.replayFrom < low, !acceptsLoss {
            return "it needs records from \(manifest.replayFrom) on, and the first kept is \(low)"
        }
        return nil
    }

    private func begin(_ manifest: Manifest) {
        task.beginRestore(manifest)
        phase = .loading(manifest, assembler.pages(of: manifest), next: 0)
    }

    private func load(_ manifest: Manifest, _ pages: [Page], _ first: Int, _ nowMs: Int64) {
        do throws(RestoreError) {
            let end = min(pages.count, first + Self.slice)
            for page in pages[first..<end] { try task.load(page) }
            phase = .loading(manifest, pages, next: end)
            guard end == pages.count else { return }
            let report = try task.finishRestore()
            if !report.isExact { notify(.stateChanged(task.id, report)) }
            result.isOfOtherRules = !report.isExact
        } catch {
            notify(.snapshotUnusable(task.id, manifest.id, reason: "\(error)"))
            phase = .choosing
            return
        }
        precondition(manifest.position <= committed, "the state stands past the committed position")
        summary.snapshot = manifest.id
        position = manifest.position
        next = manifest.replayFrom
        settle(keeping: manifest)
        beginReplay(nowMs)
    }

    /// What the store keeps is known: what stays of it, and what can go.
    ///
    /// A manifest may stand past the committed position. Where another owner has just committed, it counts and stays.
    /// Else an interrupted reset has left it, or a topic that was made anew: the records that will get these offsets
    /// are others than those it was made of. It is removed before the committed position can pass it.
    private func settle(keeping manifest: Manifest?) {
        if !ahead.isEmpty, !state.publishesInBatch || !hasCommitted { state.remove(ahead) }
        ahead = []
        let older = candidates.first { $0.problem == nil }?.manifest
        result.manifests = manifest.map { [older, $0].compactMap(\.self) } ?? []
        result.orphans = assembler.orphans(keeping: result.manifests)
        result.highestSequence = assembler.highestSequence
        assembler = SnapshotAssembler(task: task.id)
        candidates = []
    }

    private func rebuild(_ nowMs: Int64) {
        task.reset()
        settle(keeping: nil)
        position = low
        next = low
        // Where the group has committed nothing there was never anything to know.
        if committed > low || (low > 0 && hasCommitted) {
            notify(.rebuilding(task.id, from: low, lost: low > 0))
        }
        beginReplay(nowMs)
    }

    // MARK: Replaying

    private func beginReplay(_ nowMs: Int64) {
        task.isMuted = true
        next = max(next, low)
        replayStart = next
        stepStartedMs = nowMs
        phase = next >= committed ? .done : .waiting(atMs: nowMs)
    }

    private func replay(_ reader: any HistoryReader, _ nowMs: Int64) throws(EngineFailure) {
        if isOvertaken(reader) { return beginAgain(reader, nowMs) }
        var failure: EngineFailure?
        var trouble: BrokerError?
        reader.withBatch(max: Self.slice) { batch in
            // The reader may have come to reading since it was asked.
            guard !isOvertaken(reader) else { return }
            for i in batch.indices where failure == nil && trouble == nil && next < committed {
                let entry = batch[i]
                if entry.kind == .failure {
                    trouble = reader.failure(at: i)
                } else {
                    do throws(EngineFailure) { try take(entry) } catch { failure = error }
                }
            }
        }
        if let failure { throw failure }
        if let trouble {
            reader.close()
            notify(.restoreFailed(task.id, trouble))
            phase = .waiting(atMs: nowMs + Self.pauseMs)
        } else if next >= committed {
            reader.close()
            phase = .done
        } else {
            tell(.replaying, next - replayStart, committed - replayStart, nowMs)
        }
    }

    /// Whether retention has removed what is to be replayed next.
    private func isOvertaken(_ reader: any HistoryReader) -> Bool {
        reader.bounds.map { $0.low > next } ?? false
    }

    private func beginAgain(_ reader: any HistoryReader, _ nowMs: Int64) {
        low = reader.bounds?.low ?? low
        reader.close()
        phase = .opening(atMs: nowMs)
    }

    private func take(_ entry: Entry) throws(EngineFailure) {
        guard entry.kind == .record, entry.offset < committed else {
            next = max(next, entry.offset)
            return
        }
        guard entry.offset >= next else { return }
        next = entry.offset + 1
        summary.replayed += 1
        guard let value = entry.valueBytes else { return }
        do throws(BlockError) {
            if entry.offset < position {
                try task.refill(value, offset: entry.offset)
            } else {
                try task.receive(value, offset: entry.offset, outputs: nil)
            }
        } catch {
            throw .unreadable(source, entry.offset, error)
        }
    }

    private func tell(
        _ step: RestoreProgress.Step, _ done: Int64, _ total: Int64, _ nowMs: Int64
    ) {
        let now = RestoreProgress(
            task: task.id, step: step, done: done, total: total,
            elapsedMs: nowMs - stepStartedMs)
        progress = now
        guard nowMs - lastProgressMs >= Self.progressEveryMs else { return }
        lastProgressMs = nowMs
        notify(.restoreProgress(now))
    }
}
