import Broker
import ClusterSimulation
import Delivery
import Primitives
import Snapshots

/// What goes wrong in a run, one fault after the other, drawn from the seed.
final class FaultSchedule {
    /// What can go wrong.
    enum Fault: String, CaseIterable {
        case crash, freeze, zombie, stop, brokerDown, moveLeader, moveCoordinator
        case network, slowProcess, lateEnd, lostEnd, endErrors, slowMarkers, storm, clockJump
        case ambush, fullDisk, slowState, damage, compaction, retention
    }

    private unowned let run: SimulationRun
    private let world: World
    private let scenario: Scenario
    private let random: RandomStream
    /// How many of each were injected.
    private(set) var counts: [Fault: Int] = [:]
    private(set) var isOver = false
    private var ambush: Ambush?

    /// Moments at which an instance is killed.
    private enum Ambush: CaseIterable {
        case assigned, restoring, restored, snapshot, commitFailed, resolved, refused
    }

    init(_ run: SimulationRun) {
        self.run = run
        world = run.world
        scenario = run.scenario
        random = RandomStream(seed: run.scenario.seed, salt: 2)
    }

    /// Faults injected.
    var total: Int { counts.values.reduce(0, +) }

    /// Begins; `end` stops it.
    func begin() { plan() }

    /// Heals everything; what is planned does not happen any more.
    func end() {
        isOver = true
        world.network.faults = NetworkFaults()
        world.cluster.markerDelayUs = nil
        world.cluster.statePauseUs = nil
        world.cluster.transactions.endErrorChance = 0
        for broker in world.cluster.brokers { world.cluster.bringUp(broker: broker.id) }
        world.cluster.readOnlyTopics = []
        for disk in run.disks.values { disk.writeFault = nil }
        for instance in run.all {
            instance.process.thaw()
            instance.process.networkFaults = nil
        }
    }

    /// Kills an instance soon after it has told what an ambush waits for.
    func hear(_ notice: EngineEvent, of instance: SimInstance) {
        let moment: Ambush? =
            switch notice {
            case .assigned: .assigned
            case .restoreBegan: .restoring
            case .restored: .restored
            case .snapshotTaken: .snapshot
            case .commitFailed: .commitFailed
            case .outcomeResolved: .resolved
            case .batchRefused: .refused
            default: nil
            }
        guard let moment, moment == ambush, !isOver else { return }
        ambush = nil
        let isFrozen = random.chance(0.3)
        // A manifest goes out with a later commit batch.
        let soonUs: ClosedRange<Micros> = moment == .snapshot ? 0...800_000 : 0...30_000
        world.timeline.after(random.pick(soonUs)) { [unowned self] in
            // What is frozen after the faults are over is never let go on.
            guard !isOver else { return }
            if isFrozen { freeze(instance) } else { instance.process.crash() }
        }
    }

    private func plan() {
        world.after(ms: random.pick(scenario.calmMs / 3...scenario.calmMs * 2)) { [unowned self] in
            guard !isOver else { return }
            inject()
            plan()
        }
    }

    private func after(_ ms: Int64, _ body: @escaping () -> Void) {
        world.after(ms: ms) { [unowned self] in
            if !isOver { body() }
        }
    }

    private func inject() {
        guard let fault = random.choose(Fault.allCases), begin(fault) else { return }
        counts[fault, default: 0] += 1
    }

    /// Injects a fault; false where it does not fit now.
    private func begin(_ fault: Fault) -> Bool {
        world.timeline.note("fault: \(fault)")
        switch fault {
        case .crash, .freeze, .zombie, .stop, .clockJump, .slowProcess:
            return disturb(fault)
        case .brokerDown: return breakBroker()
        case .moveLeader, .moveCoordinator: move(fault)
        case .network: troubleNetwork()
        case .lateEnd:
            world.network.delayNext(.endTransaction, byUs: random.pick(20_000...4_000_000))
        case .lostEnd: world.network.loseNextResponse(.endTransaction)
        case .endErrors:
            world.cluster.transactions.endErrorChance = 0.3
            after(random.pick(500...3_000)) { [unowned self] in
                world.cluster.transactions.endErrorChance = 0
            }
        case .slowMarkers:
            world.cluster.markerDelayUs = 1_000...random.pick(10_000...2_000_000)
            after(2_000) { [unowned self] in world.cluster.markerDelayUs = nil }
        case .storm:
            RebalanceStorm(
                world, members: Int(random.pick(1...5)), stayMs: 100...2_000,
                topics: scenario.readTopics, settings: scenario.client)
        case .fullDisk: return fillDisk()
        case .slowState:
            world.cluster.statePauseUs = 10_000...random.pick(50_000...3_000_000)
            if random.chance(0.5) { ambush = .snapshot }
            after(random.pick(2_000...10_000)) { [unowned self] in
                world.cluster.statePauseUs = nil
            }
        case .damage: return damageState()
        case .compaction:
            for log in world.cluster.logs(.state) { world.cluster.compact(log.id) }
            return !world.cluster.logs(.state).isEmpty
        case .retention: return forgetBlocks()
        case .ambush: ambush = random.choose(Ambush.allCases)
        }
        return true
    }

    // MARK: Processes

    private func disturb(_ fault: Fault) -> Bool {
        let running = run.all.filter { $0.process.state == .running }
        guard let victim = random.choose(running) else { return false }
        switch fault {
        case .crash: victim.process.crash()
        case .freeze: freeze(victim)
        case .zombie:
            // Frozen, and started a second time under the same name; the first comes back later. A state
            // directory is locked by the frozen one: the second is refused there, and nothing comes of it.
            freeze(victim)
            if !scenario.usesDirectories { run.start(victim.name) }
        case .stop: victim.requestStop()
        case .clockJump: victim.process.jumpClock(byMs: random.pick(1_000...3_700_000))
        default:
            victim.process.networkFaults = NetworkFaults(Double(random.pick(1...15)) / 100)
            after(random.pick(500...6_000)) { victim.process.networkFaults = nil }
        }
        return true
    }

    private func freeze(_ victim: SimInstance) {
        victim.process.freeze()
        after(random.pick(100...20_000)) { victim.process.thaw() }
    }

    // MARK: Brokers and network

    private func breakBroker() -> Bool {
        let up = world.cluster.brokers.filter(\.isUp).map(\.id)
        // With two of three down nothing can be written: rarely, and not for long.
        guard up.count == 3 || up.count == 2 && random.chance(0.3), let broker = random.choose(up)
        else { return false }
        world.cluster.takeDown(broker: broker)
        after(random.pick(300...9_000)) { [unowned self] in
            world.cluster.bringUp(broker: broker)
        }
        return true
    }

    private func move(_ fault: Fault) {
        let broker = random.below(world.cluster.brokers.count)
        if fault == .moveLeader {
            var topics: [Topic] = [.input, .partials, .alerts, .state, .deadLetters]
            if scenario.hasTally { topics += [.tally, .tallies] }
            if scenario.campaigns != nil { topics += [.evidence, .members] }
            let topic = random.choose(topics) ?? .input
            let count = world.cluster.partitionCount(topic)
            guard count > 0 else { return }
            world.cluster.moveLeader(
                of: TopicPartition(topic, Int32(random.below(count))), to: broker)
        } else if random.chance(0.5) {
            world.cluster.moveGroupCoordinator(to: broker)
        } else {
            world.cluster.moveTransactionCoordinator(random.below(3), to: broker)
        }
    }

    private func troubleNetwork() {
        world.network.faults = NetworkFaults(Double(random.pick(1...8)) / 100)
        after(random.pick(500...5_000)) { [unowned self] in
            world.network.faults = NetworkFaults()
        }
    }

    // MARK: State

    private func fillDisk() -> Bool {
        if !scenario.usesDirectories {
            // The same for a topic: pages cannot be written for a while.
            world.cluster.readOnlyTopics.insert(.state)
            after(random.pick(500...5_000)) { [unowned self] in
                world.cluster.readOnlyTopics.remove(.state)
            }
            return true
        }
        guard let disk = random.choose(run.disks.sorted { $0.key < $1.key }.map(\.value)) else {
            return false
        }
        disk.writeFault = SimDisk.full
        after(random.pick(2_000...10_000)) { disk.writeFault = nil }
        return true
    }

    private func damageState() -> Bool {
        let kinds: [StateDamage] = [.missing, .torn, .flipped, .replaced([1, 2, 3])]
        let damage = random.choose(kinds) ?? .missing
        if scenario.usesDirectories {
            guard scenario.storage == .damagedDirectories,
                let disk = random.choose(run.disks.sorted { $0.key < $1.key }.map(\.value)),
                let key = random.choose(disk.keys)
            else { return false }
            return disk.damage(key, damage)
        }
        guard scenario.storage == .damagedTopic,
            let log = random.choose(world.cluster.logs(.state)),
            let entry = random.choose(world.cluster.stateKeys(of: log.id))
        else { return false }
        run.damaged += 1
        return world.cluster.damage(log.id, at: entry.offset, damage)
    }

    /// Retention: blocks that no manifest needs go.
    private func forgetBlocks() -> Bool {
        guard scenario.storage == .topicAndRetention else { return false }
        for (partition, offset) in run.neededBlocks() {
            world.cluster.removeRecords(of: partition, below: offset)
        }
        return true
    }
}
