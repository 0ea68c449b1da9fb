import Broker
import ClusterSimulation
@_spi(Simulation) import Delivery
import Snapshots

/// One run of the program in a simulated process: a control thread and its shards.
final class SimInstance {
    let process: SimProcess
    let name: String
    /// Why it ended by itself.
    private(set) var failure: EngineFailure?
    /// What it told.
    private(set) var notices: [EngineEvent] = []
    private(set) var hasEnded = false
    /// Called with what it tells, as it does.
    var onNotice: ((EngineEvent) -> Void)?
    private let instance: Instance
    private let shards: [Shard]
    private var orders: [LyingOrders]
    private let lies: PlantedLies
    private var held: Set<TopicPartition> = []
    private let group: SimGroup
    private let stopsAtEnd: Bool
    private let world: World

    /// How often threads look, in milliseconds, where no port wakes them.
    private static let lookMs: Int64 = 25

    init(
        _ world: World, name: String, _ scenario: Scenario, _ settings: EngineSettings,
        disk: SimDisk?, lies: PlantedLies
    ) throws {
        self.world = world
        self.name = name
        self.lies = lies
        stopsAtEnd = settings.stopsAtEnd
        let process = world.makeProcess(name)
        self.process = process
        let control = process.makeThread("control")
        var client = scenario.client
        client.readsUncommitted = lies.contains(.readsUncommitted)
        client.readsUnstableOffsets = lies.contains(.readsUnstableOffsets)
        let group = SimGroup(
            process, instanceID: name, topics: settings.readTopics, settings: client,
            thread: control)
        self.group = group
        let board = AlignmentBoard(waitingLimit: scenario.waitingLimit)
        let sink = NoticeSink()
        var shards: [Shard] = []
        var orders: [LyingOrders] = []
        var threads: [SimThread] = []
        for index in 0..<settings.shards {
            let thread = process.makeThread("shard-\(index)")
            let plot = Conspiracy(lies)
            let maker = PortMaker(
                process: process, group: group, client: client, thread: thread, plot: plot)
            shards.append(
                try Shard(
                    plot.forge(settings, scenario.campaigns), index: index,
                    ports: maker.makePorts(name: "\(name)-\(index)", disk, settings.stages),
                    board: board, notify: { sink.take($0) }))
            orders.append(LyingOrders(plot, suspendMs: settings.suspendMs))
            threads.append(thread)
        }
        self.shards = shards
        self.orders = orders
        instance = Instance(
            settings, group: group, lookup: group.makeLookup(thread: control),
            ends: settings.stopsAtEnd ? group.makeLookup(thread: control) : nil,
            notify: { sink.take($0) })
        sink.owner = self
        start(control, threads)
    }

    /// What happens, for the harness and the trace.
    private final class NoticeSink {
        weak var owner: SimInstance?

        func take(_ notice: EngineEvent) { owner?.note(notice) }
    }

    private func note(_ notice: EngineEvent) {
        notices.append(notice)
        onNotice?(notice)
        if world.trace.isOn { world.timeline.note("\(name): \(notice)") }
    }

    // MARK: Threads

    private func start(_ control: SimThread, _ threads: [SimThread]) {
        control.start { [unowned self] nowMs in
            guarding { () throws(EngineFailure) in try self.control(nowMs, threads) }
            return Self.lookMs
        }
        for (shard, thread) in zip(shards, threads) {
            thread.start { [unowned self] nowMs in
                guarding { () throws(EngineFailure) in
                    try shard.step(nowMs: nowMs)
                }
                control.wake()
                return Self.lookMs
            }
        }
    }

    private func control(_ nowMs: Int64, _ threads: [SimThread]) throws(EngineFailure) {
        if stopsAtEnd {
            instance.take(progress)
            let isForItself = lies.contains(.endsForItself) && !held.isEmpty
            if isForItself, progress.isAtEnd { instance.requestStop() }
        }
        for order in try instance.step(nowMs: nowMs) {
            note(order.command)
            let (command, event) = orders[order.shard].forge(order.command, nowMs)
            if let event { try instance.take(event, from: order.shard, nowMs: nowMs) }
            guard let command else { continue }
            try shards[order.shard].handle(command, nowMs: nowMs)
            threads[order.shard].wake()
        }
        for (index, shard) in shards.enumerated() {
            for event in shard.takeEvents() where orders[index].passes(event, nowMs) {
                try instance.take(event, from: index, nowMs: nowMs)
            }
        }
        if instance.hasEnded {
            hasEnded = true
            failure = instance.shortfall
            process.exit()
        }
    }

    private func note(_ command: ShardCommand) {
        switch command {
        case .take(let starts, _, _): held.formUnion(starts.map(\.partition))
        case .release(let partitions, _): held.subtract(partitions)
        case .drain: break
        }
    }

    /// Ends the process where the engine cannot go on.
    private func guarding(_ body: () throws(EngineFailure) -> Void) {
        guard process.state != .dead else { return }
        do throws(EngineFailure) {
            try body()
        } catch {
            failure = error
            if world.trace.isOn { world.timeline.note("\(name): fails: \(error)") }
            process.exit()
        }
    }

    private var progress: ShardProgress {
        var progress = ShardProgress()
        for shard in shards { progress.add(shard.progress) }
        return progress
    }

    // MARK: Looking in

    /// Partitions that wait for something.
    var stalls: [Stall] { shards.flatMap { $0.status().stalls } }

    /// Asks it to end cleanly (SIGTERM).
    func requestStop() { instance.requestStop() }

    var isAlive: Bool { process.state != .dead }

    /// Digests of the states of its tasks, by the partition each reads.
    var digests: [TopicPartition: UInt64] {
        var digests: [TopicPartition: UInt64] = [:]
        for shard in shards { digests.merge(shard.stateDigests) { first, _ in first } }
        return digests
    }

    /// Bytes of state it holds.
    var stateBytes: Int { shards.reduce(0) { $0 + $1.status().counters.stateBytes } }
}
