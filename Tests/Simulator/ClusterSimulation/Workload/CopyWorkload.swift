import Broker
import Delivery
import Primitives

/// A whole system under faults, to check the model with: instances of a program that copies numbered records
/// exactly once, killed, frozen and cut off while brokers die and move.
///
/// The program keeps the rules, so at the end every number must be there once. Its fingerprint shows that the same
/// seed gives the same run, and its speed that of the model.
public final class CopyWorkload {
    /// What came of a run.
    public struct Report: Sendable, Equatable {
        /// Records of the input.
        public var records = 0
        /// Numbers that are missing in the output.
        public var lost = 0
        /// Numbers that are there more than once.
        public var doubled = 0
        /// Commits of an offset below one committed before.
        public var regressions = 0
        /// Commit batches committed as far as the instances know.
        public var batches = 0
        /// Faults injected.
        public var faults = 0
        /// Events of the simulation.
        public var events = 0
        /// Digest of the run.
        public var fingerprint: UInt64 = 0

        /// Whether every record came through once.
        public var isExact: Bool { lost == 0 && doubled == 0 && regressions == 0 }
    }

    /// The world, for its trace.
    public let world: World
    private let random: RandomStream
    private let settings: ClientSettings
    private let reusesBrokenProducer: Bool
    private var instances: [CopyInstance] = []
    private var produced = 0
    private var faults = 0
    private var isFaulty = true
    private static let partitions = 4

    /// - Parameters:
    ///   - reusesBrokenProducer: planted: a producer goes on after a connection broke under its commit.
    ///   - settings: of the library, where defects can be planted as well.
    public init(
        seed: UInt64, reusesBrokenProducer: Bool = false,
        settings: ClientSettings = ClientSettings()
    ) {
        var cluster = ClusterSettings()
        cluster.initialRebalanceDelayMs = 500
        world = World(seed: seed, settings: cluster)
        random = RandomStream(seed: seed, salt: 77)
        self.reusesBrokenProducer = reusesBrokenProducer
        self.settings = settings
        world.cluster.createTopic(.input, partitions: Self.partitions)
        world.cluster.createTopic(.alerts, partitions: Self.partitions)
    }

    /// Runs for some virtual seconds under faults, then until everything has come through.
    public func run(seconds: Int64, faulty: Bool = true) -> Report {
        isFaulty = faulty
        for number in 0..<3 { start("i\(number)") }
        let endMs = seconds * 1000
        feed(untilMs: endMs)
        planFault(endMs)
        world.run(forMs: endMs)
        heal()
        _ = world.run(untilMs: 180_000) { self.isQuiet }
        return report()
    }

    private func start(_ name: String) {
        instances.append(
            CopyInstance(
                world.makeProcess(name), settings: settings,
                reusesBrokenProducer: reusesBrokenProducer))
    }

    private func feed(untilMs endMs: Int64) {
        guard world.nowMs < endMs else { return }
        for _ in 0..<5 {
            let partition = TopicPartition(.input, Int32(random.below(Self.partitions)))
            withUnsafeBytes(of: UInt64(produced).bigEndian) { bytes in
                // As text, so that traces can be read.
                let text = Array(String(UInt64(bigEndian: bytes.load(as: UInt64.self))).utf8)
                text.withUnsafeBytes { world.cluster.append(to: partition, value: $0) }
            }
            produced += 1
        }
        world.after(ms: 50) { [unowned self] in feed(untilMs: endMs) }
    }

    // MARK: Faults

    private func planFault(_ endMs: Int64) {
        world.after(ms: random.pick(500...4_000)) { [unowned self] in
            guard isFaulty, world.nowMs < endMs else { return }
            faults += 1
            inject()
            planFault(endMs)
        }
    }

    private var running: [CopyInstance] { instances.filter { $0.process.state == .running } }

    private func inject() {
        switch random.below(10) {
        case 0: killOne()
        case 1: freezeOne()
        case 2: breakBroker()
        case 3: moveSomething()
        case 4, 5: troubleNetwork()
        case 6:
            world.network.delayNext(.endTransaction, byUs: random.pick(ms(20)...ms(3_000)))
        case 7: world.network.loseNextResponse(.endTransaction)
        case 8: RebalanceStorm(world, members: 2, topics: [.input], settings: settings)
        default:
            world.cluster.markerDelayUs = 1_000...ms(random.pick(10...2_000))
            world.after(ms: 2_000) { [unowned self] in world.cluster.markerDelayUs = nil }
        }
        restartDead()
    }

    private func killOne() {
        guard let victim = random.choose(running) else { return }
        victim.process.crash()
    }

    private func restartDead() {
        world.after(ms: random.pick(100...3_000)) { [unowned self] in
            for name in ["i0", "i1", "i2"]
            where !instances.contains(where: {
                $0.process.name == name && $0.process.state != .dead
            }) {
                start(name)
            }
        }
    }

    private func freezeOne() {
        guard let victim = random.choose(running)?.process else { return }
        victim.freeze()
        world.after(ms: random.pick(100...40_000)) { victim.thaw() }
    }

    private func breakBroker() {
        guard world.cluster.brokersUp == world.cluster.brokers.count else { return }
        let broker = random.below(world.cluster.brokers.count)
        world.cluster.takeDown(broker: broker)
        world.after(ms: random.pick(500...10_000)) { [unowned self] in
            world.cluster.bringUp(broker: broker)
        }
    }

    private func moveSomething() {
        let broker = random.below(world.cluster.brokers.count)
        switch random.below(3) {
        case 0: world.cluster.moveGroupCoordinator(to: broker)
        case 1: world.cluster.moveTransactionCoordinator(random.below(3), to: broker)
        default:
            world.cluster.moveLeader(
                of: TopicPartition(.alerts, Int32(random.below(Self.partitions))), to: broker)
        }
    }

    private func troubleNetwork() {
        world.network.faults = NetworkFaults(Double(random.pick(1...8)) / 100)
        world.after(ms: random.pick(500...5_000)) { [unowned self] in
            world.network.faults = NetworkFaults()
        }
    }

    private func heal() {
        isFaulty = false
        world.network.faults = NetworkFaults()
        world.cluster.markerDelayUs = nil
        for broker in world.cluster.brokers { world.cluster.bringUp(broker: broker.id) }
        for instance in instances { instance.process.thaw() }
        keepAlive()
    }

    private func keepAlive() {
        restartDead()
        world.after(ms: 5_000) { [unowned self] in keepAlive() }
    }

    // MARK: The end

    private var isQuiet: Bool {
        guard world.cluster.transactions.openCount == 0 else { return false }
        return world.cluster.logs(.input).allSatisfy { log in
            (world.cluster.group.committed(log.id)?.offset ?? 0) == log.endOffset
        }
    }

    private func report() -> Report {
        var report = Report(
            records: produced, batches: instances.reduce(0) { $0 + $1.finished }, faults: faults)
        var counts = Array(repeating: 0, count: produced)
        world.cluster.forEachCommitted(of: .alerts) { record in
            guard let value = record.value,
                let number = Int(String(decoding: value, as: UTF8.self)),
                counts.indices.contains(number)
            else { return }
            counts[number] += 1
        }
        report.lost = counts.count { $0 == 0 }
        report.doubled = counts.count { $0 > 1 }
        var last: [TopicPartition: Int64] = [:]
        for commit in world.cluster.group.offsetHistory {
            let offset = commit.position.offset ?? 0
            if offset < last[commit.position.partition] ?? 0 { report.regressions += 1 }
            last[commit.position.partition] = offset
        }
        report.events = world.eventCount
        report.fingerprint = world.fingerprint
        return report
    }
}
