import Broker

/// One process's part in the consumer group: takes partitions on and gives them up, and has its shards do so.
///
/// ```
/// idle ──assigned──► lookingUp ──answer──► idle        pausing: asked again after a failure
///   │ ──revoked────► releasing ──all released──► idle, or lookingUp for what was assigned meanwhile
///   └── asked to stop ──► draining ──all drained──► leaving ──► ended
/// ```
/// Invariants: partitions in `assigned` belong to exactly one shard each, by their number; the group is answered once
/// for each of its events, and not before every shard has settled what goes; nothing is begun while something goes.
///
/// A state machine: `step` takes events from the group and the brokers' answers, and returns commands for the
/// shards; what the shards tell goes into `take`. Nothing waits.
public final class Instance {
    /// A command and the shard it is for.
    public typealias Order = (shard: Int, command: ShardCommand)

    private enum Phase {
        case idle
        /// The brokers were asked where assigned partitions begin.
        case lookingUp(Pending)
        /// They did not tell; they are asked again.
        case pausing(Pending, untilMs: Int64)
        /// Shards settle partitions that go.
        case releasing(Going)
        /// Shards settle what was read, before the group is left.
        case draining(left: Set<Int>)
        case leaving(untilMs: Int64)
        case ended
    }

    private struct Pending {
        var partitions: [TopicPartition]
        var isIncremental: Bool
        var membership: any GroupMembership
        var attempts = 0
    }

    private struct Going {
        var partitions: [TopicPartition]
        var isIncremental: Bool
        var isLost: Bool
        var waiting: Set<TopicPartition>
        /// What was assigned before the answer: begun once these are released.
        var then: Pending?
    }

    private let settings: EngineSettings
    private let group: any GroupPort
    private let lookup: any LookupPort
    private let notify: (EngineEvent) -> Void
    private var phase = Phase.idle
    private var assigned: Set<TopicPartition> = []
    private var epoch: UInt32 = 0
    private var inputPartitions = 0
    /// Partitions of the input at the first assignment: what lies beyond was added since.
    private var firstInputs: Int?
    private var isStopping = false
    /// Where to stop; nil to go on for ever.
    private let goal: EndGoal?
    private var progress = ShardProgress()
    /// Why the end where it was to stop was not reached; nil where it was, or another asked it to end.
    public private(set) var shortfall: EngineFailure?
    /// Whether partitions were ever begun.
    public private(set) var hasBegun = false

    private static let pauseMs: Int64 = 1_000
    private static let leaveWithinMs: Int64 = 10_000

    /// An instance; `group` has subscribed already.
    ///
    /// - Parameter ends: answers where the input ends, for an instance that stops there; a look-up of its own.
    public init(
        _ settings: EngineSettings, group: any GroupPort, lookup: any LookupPort,
        ends: (any LookupPort)? = nil, notify: @escaping (EngineEvent) -> Void
    ) {
        precondition(!settings.stopsAtEnd || ends != nil, "who stops at the end has to know it")
        self.settings = settings
        self.group = group
        self.lookup = lookup
        self.notify = notify
        goal =
            settings.stopsAtEnd ? ends.map { EndGoal(settings, lookup: $0, notify: notify) } : nil
    }

    /// Asks the instance to end cleanly.
    public func requestStop() { isStopping = true }

    /// Whether it has ended, and the group is left.
    public var hasEnded: Bool {
        if case .ended = phase { return true }
        return false
    }

    // MARK: Stepping

    /// Takes what has come; returns what the shards have to do.
    ///
    /// - Throws: why the instance cannot go on.
    public func step(nowMs: Int64) throws(EngineFailure) -> [Order] {
        if !isStopping { try watchGoal(nowMs) }
        switch phase {
        case .idle:
            if isStopping { return drain() }
            return try takeEvent(nowMs)
        case .lookingUp(let pending): return try takeAnswer(pending, nowMs)
        case .pausing(let pending, let untilMs):
            if isStopping { return drain() }
            if nowMs >= untilMs {
                ask(pending)
                return []
            }
            return try takeEvent(nowMs)
        case .releasing: return try takeEvent(nowMs)
        case .draining: return []
        case .leaving(let untilMs): return try leave(untilMs, nowMs)
        case .ended: return []
        }
    }

    private func takeEvent(_ nowMs: Int64) throws(EngineFailure) -> [Order] {
        guard let event = group.poll() else { return [] }
        switch event {
        case .assigned(let partitions, let isIncremental, let membership):
            return try takeOn(
                Pending(
                    partitions: partitions, isIncremental: isIncremental, membership: membership))
        case .revoked(let partitions, let isIncremental, let isLost, let membership):
            return try release(partitions, isIncremental, isLost ? nil : membership)
        case .failed(let error):
            try note(error)
            return []
        }
    }

    /// What passes by itself is told; what does not ends the instance.
    private func note(_ error: BrokerError) throws(EngineFailure) {
        switch error.move {
        case .fatal, .fenced, .configuration, .outOfRange: throw EngineFailure(error)
        default: notify(.clusterTrouble(error))
        }
    }

    // MARK: Taking partitions on

    /// Takes on what is assigned, once nothing of an earlier assignment is left.
    ///
    /// librdkafka 2.0 joins again without revoking when it sees a topic grow while an assignment or a revocation
    /// waits for its answer. What was held is lost then: the group may have given it to others.
    private func takeOn(_ pending: Pending) throws(EngineFailure) -> [Order] {
        if case .releasing(var going) = phase {
            going.then = pending
            phase = .releasing(going)
            return []
        }
        guard pending.isIncremental || assigned.isEmpty else {
            return try release([], false, nil, then: pending)
        }
        try begin(pending)
        return []
    }

    private func begin(_ pending: Pending) throws(EngineFailure) {
        guard pending.membership.isValid else {
            // The group has moved on already: it will say so once this is answered.
            notify(.membershipOver)
            phase = .idle
            return try calling { () throws(BrokerError) in
                try group.assign([], isIncremental: pending.isIncremental)
            }
        }
        ask(pending)
    }

    private func ask(_ pending: Pending) {
        lookup.ask(.start(pending.partitions))
        phase = .lookingUp(pending)
    }

    private func takeAnswer(
        _ pending: Pending, _ nowMs: Int64
    ) throws(EngineFailure) -> [Order] {
        // Nothing is begun before it is known where to stop.
        if let goal, goal.ends == nil, !isStopping { return [] }
        guard let answer = lookup.answer() else { return [] }
        switch answer {
        case .success(let answer): return try start(pending, answer)
        case .failure(let error):
            switch error.move {
            case .retry, .unreachable, .abortTransaction, .benign: break
            // Partitions that are new may be unknown to a broker for a moment.
            case .configuration where pending.attempts < Self.patience: break
            default: throw EngineFailure(error)
            }
            var again = pending
            again.attempts += 1
            notify(.lookupFailed(error, attempts: again.attempts))
            phase = .pausing(again, untilMs: nowMs + Self.pauseMs)
            return []
        }
    }

    /// Looks that may fail for want of a topic, a setting or a permission.
    private static let patience = 5

    private func start(_ pending: Pending, _ answer: Answer) throws(EngineFailure) -> [Order] {
        try check(answer)
        var starts: [TaskStart] = []
        let rule = StartRule(
            settings: settings, firstInputs: firstInputs, ends: goal.map { $0.ends ?? [:] },
            notify: notify)
        for position in answer.committed.sorted(by: { $0.partition < $1.partition }) {
            starts.append(
                try rule.start(
                    position, answer.bounds[position.partition] ?? OffsetRange(low: 0, high: 0)))
        }
        // A topic that was made anew may have fewer partitions than before. A lower count of the same topic is an old
        // answer of a broker, and does not count.
        if starts.contains(where: \.isRestart) {
            let highest = starts.filter { $0.partition.topic == .input }.map(\.partition.number)
                .max()
            inputPartitions = max(answer.counts[.input] ?? 0, Int(highest ?? -1) + 1)
        }
        firstInputs = min(firstInputs ?? inputPartitions, inputPartitions)
        try calling { () throws(BrokerError) in
            try group.assign(
                starts.map {
                    PartitionOffset($0.partition, offset: $0.start, metadata: $0.committed.metadata)
                }, isIncremental: pending.isIncremental)
        }
        epoch += 1
        assigned.formUnion(pending.partitions)
        hasBegun = true
        phase = .idle
        let inputs = starts.count { $0.partition.topic == .input }
        notify(.assigned(inputs: inputs, shuffles: starts.count - inputs, epoch: epoch))
        return (0..<settings.shards).map { shard in
            let own = starts.filter { self.shard(of: $0.partition) == shard }
            return (
                shard,
                .take(
                    own, membership: pending.membership, sources: inputPartitions)
            )
        }
    }

    /// Topics may have changed since the last assignment.
    private func check(_ answer: Answer) throws(EngineFailure) {
        for stage in settings.stages {
            let (count, wanted) = (
                answer.counts[stage.log] ?? 0, stage.partitions(settings.pipeline)
            )
            guard count != wanted else { continue }
            throw .dataLoss(
                "\(settings.name(stage.log)) has \(count) partitions, and this group works with \(wanted): what "
                    + "its tasks keep lives where the count says. Name a new topic in \(stage.log).topic, and run "
                    + "'stillwatch reset --to beginning --state clear'")
        }
        let inputs = answer.counts[.input] ?? 0
        if inputPartitions > 0, inputs > inputPartitions {
            notify(.inputGrew(partitions: inputs))
        }
        inputPartitions = max(inputPartitions, inputs)
    }

    /// The shard a partition belongs to.
    private func shard(of partition: TopicPartition) -> Int {
        Int(partition.number) % settings.shards
    }

    private func calling(_ body: () throws(BrokerError) -> Void) throws(EngineFailure) {
        do throws(BrokerError) { try body() } catch { throw EngineFailure(error) }
    }

    // MARK: Giving partitions up

    private func release(
        _ partitions: [TopicPartition], _ isIncremental: Bool, _ membership: (any GroupMembership)?,
        then next: Pending? = nil
    ) throws(EngineFailure) -> [Order] {
        var membership = membership
        // Revoked once more before the answer: there is no time to settle any more.
        if case .releasing = phase { membership = nil }
        let going = isIncremental ? partitions : Array(assigned).sorted()
        phase = .releasing(
            Going(
                partitions: partitions, isIncremental: isIncremental, isLost: membership == nil,
                waiting: Set(going), then: next))
        if going.isEmpty { try finishRelease() }
        return (0..<settings.shards).compactMap { shard in
            let own = going.filter { self.shard(of: $0) == shard }
            return own.isEmpty ? nil : (shard, .release(own, under: membership))
        }
    }

    /// Takes what a shard tells.
    ///
    /// - Throws: why the instance cannot go on.
    public func take(
        _ event: ShardEvent, from shard: Int, nowMs: Int64
    ) throws(EngineFailure) {
        switch event {
        case .released(let partitions):
            guard case .releasing(var going) = phase else { return }
            going.waiting.subtract(partitions)
            phase = .releasing(going)
            if going.waiting.isEmpty { try finishRelease() }
        case .drained:
            guard case .draining(var left) = phase else { return }
            left.remove(shard)
            phase = .draining(left: left)
            if left.isEmpty {
                group.leave()
                phase = .leaving(untilMs: nowMs + Self.leaveWithinMs)
            }
        }
    }

    private func finishRelease() throws(EngineFailure) {
        guard case .releasing(let going) = phase else { return }
        precondition(going.waiting.isEmpty, "partitions go that shards still work on")
        // A whole assignment that follows replaces what there was.
        if going.then?.isIncremental ?? true {
            try calling { () throws(BrokerError) in
                try group.unassign(going.partitions, isIncremental: going.isIncremental)
            }
        }
        let gone = going.isIncremental ? Set(going.partitions) : assigned
        assigned.subtract(gone)
        phase = .idle
        notify(.revoked(count: gone.count, isLost: going.isLost))
        if let next = going.then { try begin(next) }
    }

    // MARK: Ending

    /// Takes how far the shards are together, for an instance that stops at the end.
    public func take(_ progress: ShardProgress) { self.progress = progress }

    /// Ends where the end is reached, or cannot be.
    private func watchGoal(_ nowMs: Int64) throws(EngineFailure) {
        guard let goal else { return }
        try goal.step(held: assigned, progress, nowMs: nowMs)
        guard hasBegun else { return }
        switch goal.verdict {
        case .open: return
        case .reached(let others): if others > 0 { notify(.endedWithOthers(partitions: others)) }
        case .missed(let text): shortfall = .incomplete(text)
        }
        isStopping = true
    }

    private func drain() -> [Order] {
        phase = .draining(left: Set(0..<settings.shards))
        return (0..<settings.shards).map { ($0, .drain) }
    }

    /// Leaves the group; a coordinator that does not answer is not waited for for ever.
    private func leave(_ untilMs: Int64, _ nowMs: Int64) throws(EngineFailure) -> [Order] {
        if case .revoked(let partitions, let isIncremental, _, _) = group.poll() {
            try calling { () throws(BrokerError) in
                try group.unassign(partitions, isIncremental: isIncremental)
            }
        }
        if group.hasLeft || nowMs >= untilMs { phase = .ended }
        return []
    }
}
