import Broker
import ClusterSimulation
import Delivery

/// Producers that share transactional ids, write numbered records in transactions under faults, and note what they
/// believe came of each.
final class ProducerWorkload {
    private enum Belief { case committed, aborted, unknown }

    private final class Writer {
        enum Phase { case idle, starting, flushing, ending(Belief) }

        let process: SimProcess
        let producer: SimProducer
        var phase = Phase.idle
        var isUsable = false
        var current = 0

        init(_ process: SimProcess, _ id: String) {
            self.process = process
            producer = SimProducer(process, mode: .exactlyOnce(transactionalID: id))
        }
    }

    private let scene: Scene
    private let random: RandomStream
    private var writers: [Writer] = []
    private var beliefs: [Belief] = []
    private static let size = 6

    init(seed: UInt64) {
        scene = Scene(seed: seed, partitions: 3)
        random = RandomStream(seed: seed, salt: 5)
    }

    /// Runs, heals, and compares what readers see with what the producers believe.
    func run(seconds: Int64) -> [String] {
        for index in 0..<4 { add("id-\(index % 3)", index) }
        planFault(untilMs: seconds * 1000)
        scene.world.run(forMs: seconds * 1000)
        for writer in writers { writer.process.exit() }
        scene.world.network.faults = NetworkFaults()
        for broker in 0..<3 { scene.cluster.bringUp(broker: broker) }
        // Whatever is open is timed out.
        let isQuiet = scene.world.run(untilMs: 60_000) {
            self.scene.cluster.transactions.openCount == 0
        }
        return isQuiet ? compare() : ["a transaction stays open"]
    }

    private func add(_ id: String, _ index: Int) {
        let writer = Writer(scene.world.makeProcess("w\(index)"), id)
        writers.append(writer)
        writer.process.makeThread("writer") { [unowned self, unowned writer] _ in
            step(writer)
            return random.pick(1...60)
        }
    }

    private func step(_ writer: Writer) {
        if case .idle = writer.phase { return begin(writer) }
        guard let outcome = writer.producer.poll() else { return }
        switch (writer.phase, outcome) {
        case (.starting, .done): writer.isUsable = true
        case (.starting, _): break
        case (.flushing, .failed): writer.isUsable = false
        case (.flushing, _):
            let aborts = random.chance(0.25)
            writer.phase = .ending(aborts ? .aborted : .committed)
            return aborts ? writer.producer.abort() : writer.producer.commit()
        case (.ending, .failed): writer.isUsable = false
        case (.ending(let belief), .done): beliefs[writer.current] = belief
        case (.ending(let belief), _):
            beliefs[writer.current] = belief
            writer.isUsable = false
        case (.idle, _): break
        }
        writer.phase = .idle
    }

    private func begin(_ writer: Writer) {
        guard writer.isUsable else {
            writer.phase = .starting
            return writer.producer.start()
        }
        guard writer.producer.begin() == nil else { return writer.isUsable = false }
        writer.current = beliefs.count
        beliefs.append(.unknown)
        for index in 0..<Self.size {
            let partition = TopicPartition(.alerts, Int32(random.below(3)))
            writer.producer.produce("\(writer.current * Self.size + index)", to: partition)
        }
        writer.phase = .flushing
        writer.producer.flush()
    }

    // MARK: Faults

    private func planFault(untilMs: Int64) {
        scene.world.after(ms: random.pick(200...2_000)) { [unowned self] in
            guard scene.world.nowMs < untilMs else { return }
            inject()
            planFault(untilMs: untilMs)
        }
    }

    private func inject() {
        let process = writers[random.below(writers.count)].process
        switch random.below(6) {
        case 0:
            process.freeze()
            scene.world.after(ms: random.pick(10...15_000)) { process.thaw() }
        case 1:
            let broker = random.below(3)
            guard scene.cluster.brokersUp == 3 else { return }
            scene.cluster.takeDown(broker: broker)
            scene.world.after(ms: random.pick(100...8_000)) { [unowned self] in
                scene.cluster.bringUp(broker: broker)
            }
        case 2:
            scene.cluster.moveLeader(
                of: TopicPartition(.alerts, Int32(random.below(3))), to: random.below(3))
        case 3: scene.cluster.moveTransactionCoordinator(random.below(3), to: random.below(3))
        default:
            scene.world.network.faults = NetworkFaults(0.04)
            scene.world.after(ms: 1_500) { [unowned self] in
                scene.world.network.faults = NetworkFaults()
            }
        }
    }

    // MARK: The end

    private func compare() -> [String] {
        var counts = Array(repeating: 0, count: beliefs.count * Self.size)
        for record in scene.cluster.committedView(of: .alerts) {
            counts[Int(record.text) ?? 0] += 1
        }
        return beliefs.indices.compactMap { index in
            let seen = counts[index * Self.size..<(index + 1) * Self.size]
            let isThere = seen.allSatisfy { $0 == 1 }
            let isGone = seen.allSatisfy { $0 == 0 }
            switch beliefs[index] {
            case .committed: return isThere ? nil : "\(index) is committed, seen \(seen)"
            case .aborted: return isGone ? nil : "\(index) is aborted, seen \(seen)"
            case .unknown: return isThere || isGone ? nil : "\(index) is torn, seen \(seen)"
            }
        }
    }
}
