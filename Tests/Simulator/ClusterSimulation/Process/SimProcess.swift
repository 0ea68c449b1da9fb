/// An operating-system process: its threads, its clients' connections, and its clock.
///
/// One object is one run of the program; after a crash the harness makes another of the same name.
public final class SimProcess {
    /// Whether anything of it runs.
    public enum State: Sendable {
        /// It runs.
        case running
        /// Stopped (SIGSTOP): nothing runs; what it sent before is carried out, what it is sent waits.
        case frozen
        /// Gone.
        case dead
    }

    /// Counts the processes of a world.
    public let id: Int
    /// Which instance it is a run of.
    public let name: String
    /// Whether anything of it runs.
    public private(set) var state = State.running
    /// Faults that meet this process alone, instead of the network's.
    public var networkFaults: NetworkFaults?
    /// Its threads.
    public private(set) var threads: [SimThread] = []
    /// What outlives it is told of its death.
    var onDeath: [() -> Void] = []
    let timeline: Timeline
    let network: Network
    let cluster: Cluster
    let random: RandomStream
    private var connections: [Connection] = []
    private var handles: [ClientHandle] = []
    private var inbox: [() -> Void] = []
    private var isDraining = false
    private var waitingThreads: [SimThread] = []
    private var clockOffsetMs: Int64

    init(id: Int, name: String, timeline: Timeline, network: Network, cluster: Cluster) {
        self.id = id
        self.name = name
        self.timeline = timeline
        self.network = network
        self.cluster = cluster
        random = RandomStream(seed: timeline.seed, salt: 1000 + UInt64(id))
        // Monotonic clocks count from some moment of their own.
        clockOffsetMs = random.pick(0...100_000_000)
    }

    /// The process's monotonic clock, in milliseconds.
    public var nowMs: Int64 { timeline.nowMs + clockOffsetMs }

    /// Makes a thread, which runs once it is started: so ports can be made with it before.
    public func makeThread(_ name: String) -> SimThread {
        let thread = SimThread(self, name: name)
        threads.append(thread)
        return thread
    }

    /// Makes a thread and starts it; see `SimThread.start`.
    @discardableResult
    public func makeThread(_ name: String, step: @escaping (Int64) -> Int64) -> SimThread {
        let thread = makeThread(name)
        thread.start(step)
        return thread
    }

    // MARK: Faults

    /// Stops everything (SIGSTOP).
    public func freeze() {
        guard state == .running else { return }
        timeline.note("\(name): frozen")
        state = .frozen
    }

    /// Lets it go on (SIGCONT): what arrived meanwhile, timers and threads all come at once, in any order.
    public func thaw() {
        guard state == .frozen else { return }
        timeline.note("\(name): thawed")
        state = .running
        drain()
        let threads = waitingThreads
        waitingThreads = []
        for thread in threads { thread.wake() }
    }

    /// Kills it (SIGKILL): requests under way may still be carried out.
    public func crash() { die("crashed", cutting: timeline.random(.faults)) }

    /// Ends it: requests under way are carried out.
    public func exit() { die("ended", cutting: nil) }

    /// Moves its clock forward, as after a suspended machine.
    public func jumpClock(byMs: Int64) { clockOffsetMs += max(0, byMs) }

    private func die(_ how: String, cutting random: RandomStream?) {
        guard state != .dead else { return }
        timeline.note("\(name): \(how)")
        state = .dead
        for connection in connections { connection.abandon(cutting: random) }
        let callbacks = onDeath
        close()
        for callback in callbacks { callback() }
    }

    /// Drops what it holds.
    func close() {
        for thread in threads { thread.end() }
        for handle in handles { handle.close() }
        threads = []
        handles = []
        connections = []
        inbox = []
        waitingThreads = []
        onDeath = []
    }

    // MARK: Running

    func add(_ connection: Connection) {
        if connections.count >= 64 { connections.removeAll { !$0.isOpen } }
        connections.append(connection)
    }

    func add(_ handle: ClientHandle) {
        if handles.count >= 32 { handles.removeAll(where: \.isClosed) }
        handles.append(handle)
    }

    /// Runs `body` in the process: now, or at the thaw.
    func deliver(_ body: @escaping () -> Void) {
        switch state {
        case .dead: return
        case .frozen: inbox.append(body)
        case .running:
            if inbox.isEmpty { body() } else { inbox.append(body) }
        }
    }

    /// Runs `body` in the process after some time; a frozen process runs it at the thaw.
    func after(_ delayUs: Micros, _ body: @escaping () -> Void) {
        timeline.after(delayUs) { [self] in deliver(body) }
    }

    func runAtThaw(_ thread: SimThread) { waitingThreads.append(thread) }

    /// Takes in what arrived while it was frozen, one after the other.
    private func drain() {
        guard state == .running, !inbox.isEmpty, !isDraining else { return }
        isDraining = true
        timeline.after(random.pick(0...400)) { [self] in
            isDraining = false
            guard state == .running, !inbox.isEmpty else { return }
            let body = inbox.removeFirst()
            body()
            drain()
        }
    }
}
