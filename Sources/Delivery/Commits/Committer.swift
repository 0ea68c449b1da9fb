import Broker

/// Brings one commit batch after the other to the brokers and finds out what became of each: a state machine over a
/// `ProducerPort`.
///
/// A commit batch goes through send, flush, offsets, commit. What fails before the commit in a way the library calls
/// abortable is aborted and sent again, the same bytes. Everything else, and any failure of a commit or an abort,
/// leaves the outcome unknown: the producer is started anew, which fences what is under way, and the committed
/// positions are read back. They carry the name of the commit batch that committed them: ours tells that it was
/// committed after all; those from before it, that it is to be sent again; anybody else's, that the
/// partitions are not ours any more.
///
/// ```
/// down ──start──► starting ──► ready ──begin──► sending ──► flushing ──► adding ──► committing ──► ready
///  ▲                 │                             └───────────┴───────────┴─ abortable ─► aborting
///  │                 └─ a batch is left ─► resolving ◄──in doubt── waiting, refused ◄─────────┘
///  └── any other failure, of any step
/// ```
/// Invariants: there is a commit batch in every phase but `down`, `starting` and `ready`, and it stays the same, byte
/// for byte, from `begin` until an event hands it back or it is abandoned. A step of the port is under way in every
/// phase but `down`, `ready`, `waiting` and `refused`, and never more than one.
///
/// Never is a second commit called on a producer whose first had no clear end, and never is a producer used
/// again after a connection broke under a commit: a request still under way could end a later transaction.
@_spi(Simulation)
public struct Committer {
    /// What the shard has to know.
    public enum Event {
        /// The commit batch is committed; it may be reused.
        case committed(CommitBatch)
        /// The membership the commit batch was to be committed under is over; it waits for `resume` under a later one
        /// that the same partitions belong to, or to be abandoned.
        case refused(CommitBatch, BrokerError)
        /// Others have committed what the commit batch was to commit: it is dropped.
        case stale(CommitBatch)
        /// The instance cannot go on.
        case failed(EngineFailure)
    }

    private enum Phase: Equatable {
        /// No usable producer; it is started at `atMs`.
        case down(atMs: Int64)
        case starting
        case ready
        case sending, flushing, adding, committing
        /// The transaction is taken back; `isRefused`: because the membership is over.
        case aborting(isRefused: Bool)
        /// The commit batch waits for another membership.
        case refused
        /// The same commit batch is sent again at `atMs`.
        case waiting(atMs: Int64)
        /// Reading back what is committed.
        case resolving

        /// Whether there may be no commit batch.
        var isWithoutBatch: Bool {
            switch self {
            case .down, .starting, .ready: true
            default: false
            }
        }
    }

    private let port: any ProducerPort
    private let notify: (EngineEvent) -> Void
    private var phase = Phase.down(atMs: 0)
    /// The commit batch under way.
    public private(set) var batch: CommitBatch?
    /// The membership the commit batch was sent under, and is committed under.
    private var membership: (any GroupMembership)?
    /// The membership of now.
    private var latest: (any GroupMembership)?
    /// What was committed before the commit batch under way.
    private var before: [TopicPartition: PartitionOffset] = [:]
    /// The partitions were lost while the commit batch was under way: it is taken back and forgotten.
    private var isAbandoned = false
    /// Whether somebody else may have had the partitions since the last commit.
    private var isInDoubt = false
    private var failures = 0
    private var refusal: BrokerError?

    static let firstPauseMs: Int64 = 100
    static let longestPauseMs: Int64 = 5_000

    /// A committer over a port whose producer is not started.
    public init(_ port: any ProducerPort, notify: @escaping (EngineEvent) -> Void) {
        self.port = port
        self.notify = notify
    }

    /// Whether a commit batch may be begun.
    public var isReady: Bool { phase == .ready && batch == nil }
    /// Whether no commit batch is under way.
    public var isIdle: Bool { batch == nil }

    /// Begins a commit batch; only when ready.
    public mutating func begin(_ batch: CommitBatch, under membership: any GroupMembership) {
        precondition(isReady, "one commit batch at a time")
        self.batch = batch
        latest = membership
        isAbandoned = false
        sendIfOurs()
    }

    /// Notes what is committed of a partition that was just assigned.
    public mutating func know(_ position: PartitionOffset) { before[position.partition] = position }

    /// Partitions went to somebody else: the commit batch under way is taken back, and forgotten.
    public mutating func abandon() {
        before = [:]
        isInDoubt = false
        guard batch != nil else { return }
        isAbandoned = true
        switch phase {
        case .waiting, .refused:
            // Nothing is open: it was taken back already.
            batch = nil
            phase = .ready
        case .down: batch = nil
        default: break
        }
    }

    /// Partitions went, others stay: what is not committed of the former is not sent again.
    public mutating func forget(_ partitions: [TopicPartition]) {
        for partition in partitions {
            before[partition] = nil
            batch?.drop(partition)
        }
    }

    /// Goes on under another membership; a commit batch that was refused is sent again. One that is under way is still
    /// committed under its own: had somebody else had the partitions meanwhile, that would be refused.
    ///
    /// Partitions stayed over a rebalance, as the client says. That nobody else had them meanwhile is seen by
    /// their committed positions: those from before must stand there still.
    public mutating func resume(under membership: any GroupMembership) {
        latest = membership
        isInDoubt = !before.isEmpty
        if phase == .refused { sendIfOurs() }
    }

    private mutating func sendIfOurs() {
        isInDoubt ? read() : send()
    }

    /// Reads back what is committed; what happens from now on is not seen by it.
    private mutating func read() {
        guard let batch else { return }
        isInDoubt = false
        phase = .resolving
        port.readCommitted(batch.positions.map(\.partition))
    }

    /// Takes the outcome of the step under way and begins the next one.
    public mutating func step(nowMs: Int64) -> Event? {
        precondition(
            batch != nil || phase.isWithoutBatch, "a commit batch is lost in phase \(phase)")
        switch phase {
        case .ready, .refused: return nil
        case .down(let atMs):
            guard nowMs >= atMs else { return nil }
            phase = .starting
            port.start()
            return nil
        case .waiting(let atMs):
            if nowMs >= atMs { sendIfOurs() }
            return nil
        default:
            guard let outcome = port.poll() else { return nil }
            return take(outcome, nowMs)
        }
    }

    private mutating func send() {
        guard let batch else { return }
        membership = latest
        phase = .sending
        port.send(batch)
    }

    private mutating func abort(isRefused: Bool) {
        phase = .aborting(isRefused: isRefused)
        port.abort()
    }

    // MARK: Outcomes

    private mutating func take(_ outcome: StepOutcome, _ nowMs: Int64) -> Event? {
        switch outcome {
        case .failed(let error): return fail(error, nowMs)
        case .committed(let positions): return resolve(positions, nowMs)
        case .done: return advance(over: false, nowMs)
        case .doneOverBrokenConnection:
            return advance(over: true, nowMs)
        }
    }

    /// A step succeeded: the next one.
    private mutating func advance(over isBroken: Bool, _ nowMs: Int64) -> Event? {
        switch phase {
        case .starting: started()
        case .sending, .flushing, .adding:
            if isAbandoned {
                abort(isRefused: false)
            } else {
                proceed()
            }
        case .committing:
            failures = 0
            phase = isBroken ? .down(atMs: nowMs) : .ready
            return finish()
        case .aborting(let isRefused):
            phase = isBroken ? .down(atMs: nowMs) : .ready
            return aborted(isRefused, nowMs)
        case .down, .ready, .waiting, .refused, .resolving: break
        }
        return nil
    }

    private mutating func started() {
        notify(.producerStarted(afterFailures: failures))
        guard batch != nil, !isAbandoned else {
            batch = nil
            phase = .ready
            return
        }
        read()
    }

    private mutating func proceed() {
        guard let batch, let membership else { return }
        switch phase {
        case .sending:
            phase = .flushing
            port.flush()
        case .flushing:
            phase = .adding
            port.addOffsets(batch.positions, under: membership)
        default:
            phase = .committing
            port.commit()
        }
    }

    /// The commit batch under way is committed.
    private mutating func finish() -> Event? {
        guard let batch else { return nil }
        self.batch = nil
        if isAbandoned { return nil }
        for position in batch.positions { before[position.partition] = position }
        return .committed(batch)
    }

    private mutating func aborted(_ isRefused: Bool, _ nowMs: Int64) -> Event? {
        guard let batch else { return nil }
        if isAbandoned {
            self.batch = nil
            return nil
        }
        if isRefused, membership === latest, let refusal {
            if phase == .ready { phase = .refused }
            return .refused(batch, refusal)
        }
        if phase == .ready { phase = .waiting(atMs: nowMs + pause()) }
        return nil
    }

    private mutating func pause() -> Int64 {
        let pause = Self.firstPauseMs << Int64(min(failures, 6))
        failures += 1
        return min(pause, Self.longestPauseMs)
    }

    // MARK: Failures

    private mutating func fail(_ error: BrokerError, _ nowMs: Int64) -> Event? {
        notify(.commitFailed(step: "\(phase)", error: error, failures: failures + 1))
        // The brokers may refuse a commit batch that was abandoned, since its membership is over. That stops nobody.
        if !isAbandoned || batch == nil || phase == .starting {
            if error.move == .configuration || error.move == .rejected {
                return .failed(EngineFailure(error))
            }
            if error.code == .fencedInstanceID { return .failed(.fenced(error.description)) }
        }
        switch phase {
        case .sending, .flushing, .adding:
            if error.move == .abortTransaction {
                refusal = error
                abort(isRefused: error.code.endsMembership)
                return nil
            }
        default: break
        }
        phase = .down(atMs: nowMs + pause())
        if isAbandoned { batch = nil }
        return nil
    }

    // MARK: Unknown outcomes

    /// What is committed tells what became of the commit batch.
    private mutating func resolve(_ committed: [PartitionOffset], _ nowMs: Int64) -> Event? {
        phase = .ready
        guard let batch else { return nil }
        if isAbandoned {
            self.batch = nil
            return nil
        }
        if committed.contains(where: { CommitMetadata(parsing: $0.metadata)?.batch == batch.name })
        {
            notify(.outcomeResolved(batch: batch.name, wasCommitted: true))
            return finish()
        }
        guard committed.allSatisfy({ isUnchanged($0) }) else {
            self.batch = nil
            return .stale(batch)
        }
        notify(.outcomeResolved(batch: batch.name, wasCommitted: false))
        sendIfOurs()
        return nil
    }

    private func isUnchanged(_ position: PartitionOffset) -> Bool {
        guard let known = before[position.partition] else { return false }
        return known.offset == position.offset && known.metadata == position.metadata
    }
}
