import Broker
import Delivery

/// A consumer of the library: its membership of the group as a state machine (librdkafka: `rdkafka_cgrp.c`), and
/// the fetchers of what it is assigned.
///
/// The library's own threads send heartbeats while the program is busy, but not while the process is frozen.
public final class SimGroup: ClientHandle, GroupPort {
    /// Where joining stands; the library's join states.
    enum JoinState {
        case idle, waitJoin, waitSync
        /// The program was told of an assignment, and has to answer.
        case waitAssign
        /// The program was told of a revocation, and has to answer.
        case waitUnassign
        case steady
    }

    /// What the program will be told when it polls.
    enum Pending {
        case assigned([TopicPartition], isIncremental: Bool)
        case revoked([TopicPartition], isIncremental: Bool)
        case failed(BrokerError)
    }

    let instanceID: String?
    let topics: [Topic]
    private(set) lazy var link = CoordinatorLink(self) { [cluster] in cluster.groupCoordinator() }
    private let thread: SimThread?
    private var events: [Pending] = []
    private var fetchers: [PartitionFetcher] = []
    var joinState = JoinState.idle
    var memberID: UInt64 = 0
    var generation: Int32 = -1
    /// What the group gave us; nil between a revocation and the next assignment.
    var assignment: [TopicPartition]?
    /// Whether somebody else may own the assignment already.
    var isLost = false
    /// What ends the client; nothing helps any more.
    var fatal: BrokerError?
    var isLeaving = false
    /// Whether the group was left, or there is nothing to leave.
    public internal(set) var hasLeft = false
    var nextJoinUs: Micros = 0
    /// Counts JoinGroup and SyncGroup requests: an answer to one that was given up is ignored.
    var attempt = 0
    /// When the session ends, as far as the client can tell; nil once it has.
    var sessionEndsUs: Micros?
    var nextHeartbeatUs: Micros = 0
    var isHeartbeatUnderWay = false
    var isPollOverdue = false
    var lastUseUs: Micros = 0
    var nextMetadataUs: Micros = 0
    /// Partition counts of the topics as last seen.
    var knownCounts: [Int] = []
    /// Cooperative: given once what has to go is gone.
    var postponed: [TopicPartition]?
    /// Cooperative: join again once the program has answered.
    var rejoinsAfterwards = false

    /// Joins the group of a cluster for `topics`.
    ///
    /// - Parameters:
    ///   - instanceID: `group.instance.id`; nil for a dynamic member.
    ///   - thread: woken when `poll` has something.
    public init(
        _ process: SimProcess, instanceID: String?, topics: [Topic] = [.input, .partials],
        settings: ClientSettings = ClientSettings(), thread: SimThread? = nil
    ) {
        self.instanceID = instanceID
        self.topics = topics
        self.thread = thread
        super.init(process, settings)
        lastUseUs = timeline.nowUs
        knownCounts = counts
        nextMetadataUs = timeline.nowUs + ms(settings.metadataRefreshMs)
        link.whenKnown { [weak self] _ in self?.join() }
        tick()
    }

    /// A log for a shard; `thread` is woken when there is something to read.
    public func makeLog(thread: SimThread? = nil) -> SimLog { SimLog(self, thread: thread) }

    /// Questions for the control thread or a shard.
    public func makeLookup(thread: SimThread? = nil) -> SimLookup {
        SimLookup(self, thread: thread)
    }

    var counts: [Int] { topics.map { cluster.partitionCount($0) } }

    /// Where the client stands, for the trace and for tests.
    public var membership: SimMembership { SimMembership(identity) }

    var identity: MemberIdentity {
        MemberIdentity(memberID: memberID, instanceID: instanceID, generation: generation)
    }

    // MARK: Port

    /// What happened next in the group; counts as the program's sign of life.
    public func poll() -> GroupEvent? {
        noteUse()
        guard !events.isEmpty else { return nil }
        switch events.removeFirst() {
        case .assigned(let partitions, let isIncremental):
            timeline.note("\(process.name): is given \(partitions), generation \(generation)")
            return .assigned(partitions, isIncremental: isIncremental, membership)
        case .revoked(let partitions, let isIncremental):
            timeline.note("\(process.name): \(isLost ? "has lost" : "gives back") \(partitions)")
            return .revoked(
                partitions, isIncremental: isIncremental, isLost: isLost, membership)
        case .failed(let error): return .failed(error)
        }
    }

    /// Takes an assignment: its partitions are fetched ahead from here on.
    public func assign(_ positions: [PartitionOffset], isIncremental: Bool) throws(BrokerError) {
        if let fatal { throw fatal }
        if !isIncremental { stopFetching() }
        for position in positions {
            let fetcher = PartitionFetcher(
                position.partition, from: position.offset ?? 0, handle: self)
            fetchers.append(fetcher)
            fetcher.fetch()
        }
        if !isIncremental { isLost = false }
        guard joinState == .waitAssign else { return }
        joinState = .steady
        assigned()
    }

    /// Gives partitions back; the group goes on.
    public func unassign(_ partitions: [TopicPartition], isIncremental: Bool) throws(BrokerError) {
        if isIncremental {
            for fetcher in fetchers where partitions.contains(fetcher.partition) { fetcher.stop() }
            fetchers.removeAll { partitions.contains($0.partition) }
        } else {
            stopFetching()
            isLost = false
        }
        guard joinState == .waitUnassign else { return }
        unassigned(isIncremental: isIncremental)
    }

    /// Begins to leave; a static member keeps its place until its session ends.
    public func leave() {
        guard !isLeaving else { return }
        isLeaving = true
        if fatal != nil { return finishLeaving() }
        switch joinState {
        case .waitAssign, .waitUnassign: break
        case .steady where assignment != nil: revokeAll(lost: false)
        default: finishLeaving()
        }
    }

    override func close() {
        super.close()
        stopFetching()
        events = []
    }

    // MARK: For its own parts

    func fetcher(of partition: TopicPartition) -> PartitionFetcher? {
        fetchers.first { $0.partition == partition }
    }

    func stopFetching() {
        for fetcher in fetchers { fetcher.stop() }
        fetchers = []
    }

    func tell(_ event: Pending) {
        events.append(event)
        thread?.wake()
    }

    /// The program polls, or a shard pulls: `max.poll.interval.ms` begins anew.
    func noteUse() { lastUseUs = timeline.nowUs }

    func end(_ error: BrokerError) {
        guard fatal == nil else { return }
        fatal = error
        timeline.note("\(process.name): \(error.description)")
        tell(.failed(error))
    }
}
