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
    private(set) var notices: [Notice] = []
    private(set) var hasEnded = false
    /// Called with what it tells, as it does.
    var onNotice: ((Notice) -> Void)?
    private let instance: Instance
    private let shards: [Shard]
    private let group: SimGroup
    private let stopsAtEnd: Bool
    private let world: World

    /// How often threads look, in milliseconds, where no port wakes them.
    private static let lookMs: Int64 = 25

    init(
        _ world: World, name: String, _ scenario: Scenario, _ settings: EngineSettings,
        disk: SimDisk?, planted: ClientDefects
    ) throws {
        self.world = world
        self.name = name
        stopsAtEnd = settings.stopsAtEnd
        let process = world.makeProcess(name)
        self.process = process
        let control = process.makeThread("control")
        var client = scenario.client
        client.readsUncommitted = planted.contains(.readsUncommitted)
        client.readsUnstableOffsets = planted.contains(.readsUnstableOffsets)
        let group = SimGroup(
            process, instanceID: name, topics: settings.readTopics, settings: client,
            thread: control)
        self.group = group
        let board = AlignmentBoard(waitingLimit: scenario.waitingLimit)
        let sink = NoticeSink()
        var shards: [Shard] = []
        var threads: [SimThread] = []
        for index in 0..<settings.shards {
            let thread = process.makeThread("shard-\(index)")
            let identity =
                planted.contains(.doesNotFence)
                ? "\(name)-\(index)-\(process.id)" : "\(name)-\(index)"
            let producer = SimProducer(
                process, mode: .exactlyOnce(transactionalID: identity), settings: client,
                thread: thread)
            let state: any StatePort =
                disk.map {
                    SimDirectory(process, disk: $0, thread: thread)
                } ?? SimState(process, settings: client, thread: thread)
            let ports = ShardPorts(
                input: group.makeLog(thread: thread), tasks: group.makeLog(thread: thread),
                producer: planted.isDisjoint(with: [.capturesMembershipLate, .doesNotFence])
                    ? producer : LateProducer(producer, group, planted),
                state: state,
                history: SimHistory(process, settings: client, thread: thread),
                lookup: group.makeLookup(thread: thread))
            shards.append(
                try Shard(
                    settings, index: index, ports: ports, board: board,
                    notify: { sink.take($0) }))
            threads.append(thread)
        }
        self.shards = shards
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

        func take(_ notice: Notice) { owner?.note(notice) }
    }

    private func note(_ notice: Notice) {
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
        if stopsAtEnd { instance.take(progress) }
        for order in try instance.step(nowMs: nowMs) {
            try shards[order.shard].handle(order.command, nowMs: nowMs)
            threads[order.shard].wake()
        }
        for (index, shard) in shards.enumerated() {
            for event in shard.takeEvents() {
                try instance.take(event, from: index, nowMs: nowMs)
            }
        }
        if instance.hasEnded {
            hasEnded = true
            failure = instance.shortfall
            process.exit()
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
    var stalls: [Stall] { shards.flatMap { $0.report().stalls } }

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
    var stateBytes: Int { shards.reduce(0) { $0 + $1.report().stateBytes } }
}

/// Deliberate faults in how the program uses its client.
struct ClientDefects: OptionSet, Sendable {
    let rawValue: Int

    /// Records of transactions that were not committed are read.
    static let readsUncommitted = ClientDefects(rawValue: 1)
    /// Committed offsets are read while a transaction may still change them.
    static let readsUnstableOffsets = ClientDefects(rawValue: 2)
    /// The membership is captured when offsets are committed, not when partitions are assigned.
    static let capturesMembershipLate = ClientDefects(rawValue: 4)
    /// Each start of the program has transactional ids of its own, and offsets are committed without the
    /// group's metadata.
    static let doesNotFence = ClientDefects(rawValue: 8)
}

/// A producer that commits under the membership of now, or under none.
private final class LateProducer: ProducerPort {
    private let producer: SimProducer
    private let group: SimGroup
    private let planted: ClientDefects

    init(_ producer: SimProducer, _ group: SimGroup, _ planted: ClientDefects) {
        self.producer = producer
        self.group = group
        self.planted = planted
    }

    func start() { producer.start() }
    func send(_ cut: Cut) { producer.send(cut) }
    func flush() { producer.flush() }
    func addOffsets(_ positions: [PartitionOffset], under membership: any GroupMembership) {
        producer.addOffsets(
            positions,
            under: planted.contains(.doesNotFence) ? SimMembership.none : group.membership)
    }
    func commit() { producer.commit() }
    func abort() { producer.abort() }
    func readCommitted(_ partitions: [TopicPartition]) { producer.readCommitted(partitions) }
    func poll() -> StepOutcome? { producer.poll() }
}
