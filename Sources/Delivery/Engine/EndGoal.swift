import Broker

/// Where a run that stops at the end has to come: the whole group, whoever reads what.
///
/// The end offsets of all input partitions are fixed at the start. The end is reached where this instance holds
/// every partition and has read, closed and committed all of it; or, where others hold some or one stage's outputs
/// are the next one's log, once the group has committed the input up to these ends and then, stage by stage, the log
/// that came of it. Before the logs count, every source has said that it has ended, or members that are gone have had the
/// time to be found out: what they held is then given to those that are left.
final class EndGoal {
    /// How things stand.
    enum Verdict: Equatable {
        /// There is something to do, or to wait for.
        case open
        /// The end is reached; `others` partitions were read by others.
        case reached(others: Int)
        /// Nothing moves any more.
        case missed(String)
    }

    /// Where the input partitions end; nil until that is known.
    private(set) var ends: [Int32: Int64]?
    private let settings: EngineSettings
    private let lookup: any LookupPort
    private let notify: (EngineEvent) -> Void
    private var isAsking = false
    private var askedMs: Int64 = 0
    private var nextAskMs = Int64.min
    private var attempts = 0
    /// What this instance holds, and since when.
    private var held: Set<TopicPartition> = []
    private var heldSinceMs: Int64?
    private var local = ShardProgress()
    private var movedMs: Int64 = 0
    /// Stages whose logs are committed to the end of what came of the input.
    private var stagesThrough = 0
    /// Since when the next stage's log is known to grow no more.
    private var completeSinceMs: Int64?
    /// Where it ends.
    private var logEnds: [TopicPartition: Int64]?
    private var isReached = false
    /// Whether the input has partitions that are not to be read: others may hold them, and never end them.
    private var hasGrown = false
    private var missing: [String] = []
    private var mark: [Int64] = []
    private var unmovedMs: Int64 = 0
    private var unmovedAtMs: Int64?

    private static let everyMs: Int64 = 1_000
    private static let busyMs: Int64 = 5_000
    /// Looks that may fail for want of a topic, a setting or a permission.
    private static let patience = 5
    /// What a look adds to the time without progress at most: no answer is no lack of progress.
    private static let longestMs: Int64 = 5_000
    /// Markers of a transaction may reach a topic this long after its offsets can be read.
    private static let markersMs: Int64 = 2_000
    /// What it may take to restore the tasks of a member that is gone and to commit for the first time.
    private static let takeOverMs: Int64 = 30_000

    init(
        _ settings: EngineSettings, lookup: any LookupPort, notify: @escaping (EngineEvent) -> Void
    ) {
        self.settings = settings
        self.lookup = lookup
        self.notify = notify
    }

    // MARK: Looking

    /// Asks, and takes what has come.
    ///
    /// - Throws: why the ends cannot be known.
    func step(
        held: Set<TopicPartition>, _ local: ShardProgress, nowMs: Int64
    ) throws(EngineFailure) {
        if heldSinceMs == nil || held != self.held { heldSinceMs = nowMs }
        self.held = held
        if local.moved != self.local.moved { movedMs = nowMs }
        self.local = local
        if isAsking, let answer = lookup.answer() {
            isAsking = false
            nextAskMs = nowMs + Self.everyMs
            switch answer {
            case .success(let answer): take(answer, nowMs)
            case .failure(let error): try note(error)
            }
        }
        // While there is plenty to do, the answer is no, and commits are under way all the time.
        let isBusy = ends != nil && !local.isThrough && nowMs - movedMs < Self.busyMs
        guard !isAsking, !isBusy, nowMs >= nextAskMs else { return }
        isAsking = true
        askedMs = nowMs
        lookup.ask(ends == nil ? .topic(.input) : .group)
    }

    private func note(_ error: BrokerError) throws(EngineFailure) {
        attempts += 1
        switch error.move {
        case .retry, .unreachable, .abortTransaction, .benign: break
        case .configuration where attempts <= Self.patience: break
        default: throw EngineFailure(error)
        }
        notify(.lookupFailed(error, attempts: attempts))
    }

    private func take(_ answer: Answer, _ nowMs: Int64) {
        attempts = 0
        guard ends != nil else {
            ends = Dictionary(
                answer.bounds.map { ($0.key.number, $0.value.high) }, uniquingKeysWith: max)
            return
        }
        judge(answer, nowMs)
        countStillness(answer, nowMs)
    }

    // MARK: Judging

    /// Whether the end is reached, or cannot be.
    var verdict: Verdict {
        guard let ends else { return .open }
        let logs = settings.stages.flatMap { $0.logs(settings.pipeline) }
        let all = ends.keys.map { TopicPartition(.input, $0) } + logs
        let others = all.count { !held.contains($0) }
        // What a stage committed last may not have reached the next one yet, which ended long ago for all it knows.
        let isChain = settings.stages.count > 1
        if others == 0, local.isAtEnd, !isChain { return .reached(others: 0) }
        if isReached, others > 0 || hasGrown || isChain { return .reached(others: others) }
        return unmovedMs >= giveUpMs ? .missed(text) : .open
    }

    private func judge(_ answer: Answer, _ nowMs: Int64) {
        let offsets = Dictionary(answer.committed.map { ($0.partition, $0.offset) }) { $1 }
        hasGrown = answer.counts[.input] ?? 0 > ends?.count ?? 0
        missing = behind(offsets, answer) { self.ends?[$0.number] }
        guard missing.isEmpty, local.isThrough, hasHeardOut(nowMs) else {
            (stagesThrough, completeSinceMs, logEnds, isReached) = (0, nil, nil, false)
            return
        }
        while stagesThrough < settings.stages.count {
            let since = completeSinceMs ?? nowMs
            completeSinceMs = since
            guard askedMs >= since + Self.markersMs else { return }
            let ends = logEnds ?? answer.bounds.mapValues(\.high)
            logEnds = ends
            missing = behind(offsets, answer, of: settings.stages[stagesThrough].log) { ends[$0] }
            guard missing.isEmpty else { return }
            stagesThrough += 1
            (completeSinceMs, logEnds) = (nil, nil)
        }
        isReached = true
    }

    /// Partitions whose committed offset lies before their end, in words.
    private func behind(
        _ offsets: [TopicPartition: Int64?], _ answer: Answer, of topic: Topic = .input,
        _ end: (TopicPartition) -> Int64?
    ) -> [String] {
        answer.bounds.keys.sorted().compactMap { id in
            guard id.topic == topic, let end = end(id) else { return nil }
            let offset = offsets[id].flatMap { $0 } ?? answer.bounds[id]?.low ?? 0
            guard offset < end else { return nil }
            return "\(settings.name(topic))[\(id.number)] at \(offset) of \(end)"
        }
    }

    /// Whether every source has told this instance's tasks that it has ended, or who is gone is known to be gone.
    private func hasHeardOut(_ nowMs: Int64) -> Bool {
        if local.tasks > 0, local.isAtEnd { return true }
        return nowMs - (heldSinceMs ?? nowMs) >= settings.memberTimeoutMs
    }

    // MARK: Giving up

    private func countStillness(_ answer: Answer, _ nowMs: Int64) {
        let now = answer.committed.map { $0.offset ?? -1 } + [local.moved, Int64(held.count)]
        let passed = min(nowMs - (unmovedAtMs ?? nowMs), Self.longestMs)
        unmovedAtMs = nowMs
        unmovedMs = now == mark ? unmovedMs + passed : 0
        mark = now
    }

    /// Time without progress after which the end counts as missed: never before the partitions of a member that is gone
    /// have been given to others, and these have had the time to begin.
    private var giveUpMs: Int64 {
        max(settings.giveUpMs, settings.memberTimeoutMs + Self.takeOverMs)
    }

    private var text: String {
        let seconds = giveUpMs / 1_000
        let open =
            missing.isEmpty
            ? "not every pane is closed, and not every partition is this process's"
            : missing.prefix(Self.named).joined(separator: ", ")
                + (missing.count > Self.named ? " and \(missing.count - Self.named) more" : "")
        return "the group has not come to the ends seen at the start, and nothing has moved for "
            + "\(seconds) s: \(open). Look at what the other members of the group do ('stillwatch doctor'), and run again"
    }

    private static let named = 10
}
