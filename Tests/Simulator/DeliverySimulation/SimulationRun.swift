import Broker
import ClusterSimulation
@_spi(Simulation) import Delivery
import Detection
import Primitives
import Snapshots

/// The whole program below the client library, in a simulated cluster: instances under faults, then peace, then
/// the question whether everything is as if nothing had happened.
final class SimulationRun {
    let scenario: Scenario
    let world: World
    /// Every start of the program so far.
    private(set) var all: [SimInstance] = []
    /// State directories by instance.
    private(set) var disks: [String: SimDisk] = [:]
    /// Records of the state topic damaged.
    var damaged = 0
    private let bug: PlantedBug?
    private var rules: RuleSet
    /// Starts of the program before a rule was added; nil where none was.
    private(set) var startsBeforeChange: Int?
    private let random: RandomStream
    private var supervised: Set<String> = []
    private var problems: [String] = []
    private var nextLookMs: Int64 = 0
    private lazy var liveness = Liveness(self)
    private lazy var faults = FaultSchedule(self)

    /// A run; `bug` is built into every instance.
    init(seed: UInt64, bug: PlantedBug? = nil) throws {
        scenario = Scenario(seed: seed)
        self.bug = bug
        rules = try scenario.rules()
        random = RandomStream(seed: seed, salt: 3)
        world = World(seed: seed, settings: scenario.cluster)
        let cluster = world.cluster
        cluster.createTopic(.input, partitions: scenario.inputs)
        cluster.createTopic(.partials, partitions: scenario.shuffles)
        cluster.createTopic(.alerts, partitions: 2)
        cluster.createTopic(.deadLetters, partitions: 2)
        if scenario.hasTally {
            cluster.createTopic(.tally, partitions: 1)
            cluster.createTopic(.tallies, partitions: 1)
        }
        if scenario.campaigns != nil {
            cluster.createTopic(.evidence, partitions: 1)
            cluster.createTopic(.members, partitions: 1)
        }
        if !scenario.usesDirectories {
            cluster.createTopic(.state, partitions: scenario.shuffles, isCompacted: true)
        }
    }

    private static let quietWithinMs: Int64 = 200_000

    /// Runs to the end.
    func run() throws -> Outcome {
        defer { world.close() }
        for number in 0..<scenario.instances {
            let name = "i\(number)"
            if scenario.usesDirectories { disks[name] = SimDisk() }
            supervised.insert(name)
            start(name)
        }
        for partition in 0..<scenario.inputs { feed(Int32(partition), 0) }
        supervise()
        let changed = try scenario.rules(isChanged: true)
        if let atMs = scenario.changesRulesAtMs {
            world.after(ms: atMs) { [unowned self] in deploy(changed) }
        }
        if scenario.isCalm { watchLiveness() } else { faults.begin() }
        world.run(forMs: scenario.faultsMs)
        faults.end()
        if !scenario.isCalm { watchLiveness() }
        world.run(forMs: max(0, scenario.workload.endMs - world.nowMs) + 1)
        var isQuiet = settle()
        if scenario.isEnded { isQuiet = Ending(self, random).isReached() && isQuiet }
        liveness.stop()
        var outcome = try Verdict(self, isQuiet: isQuiet).outcome
        outcome.problems = problems + outcome.problems
        outcome.faults = faults.total
        outcome.events = world.eventCount
        outcome.fingerprint = world.fingerprint
        return outcome
    }

    /// Waits until all is through; false where it does not come to that.
    private func settle() -> Bool {
        var isQuiet = world.run(untilMs: Self.quietWithinMs) { self.isQuiet }
        if scenario.client.isCooperative {
            // A static member that is restarted in the midst of a cooperative hand-over leaves partitions without
            // an owner until the next rebalance: Kafka's protocol allows that. So let there be one.
            RebalanceStorm(
                world, members: 1, topics: scenario.readTopics, settings: scenario.client)
            world.run(forMs: 15_000)
            isQuiet = world.run(untilMs: Self.quietWithinMs) { self.isQuiet }
        }
        if !isQuiet { problem("the lag does not go away: \(lag())") }
        return isQuiet
    }

    private func watchLiveness() {
        // Partitions without an owner wait for the next rebalance there.
        guard scenario.isCalm || !scenario.client.isCooperative else { return }
        liveness.begin()
    }

    /// Notes what is wrong.
    func problem(_ text: String) { problems.append(text) }

    /// No instance is started again after this.
    func endSupervision() { supervised = [] }

    // MARK: Input

    private func feed(_ partition: Int32, _ index: Int) {
        let records = scenario.workload.partitions[Int(partition)]
        guard index < records.count else { return }
        let record = records[index]
        world.after(ms: max(0, record.atMs - world.nowMs)) { [unowned self] in
            record.bytes.withUnsafeBytes {
                world.cluster.append(
                    to: TopicPartition(.input, partition), value: $0,
                    timestampMs: record.timestampMs)
            }
            feed(partition, index + 1)
        }
    }

    // MARK: Instances

    /// Starts the program once more under a name.
    func start(_ name: String, stopsAtEnd: Bool = false) {
        let settings = scenario.settings(
            incarnation: UInt64(all.count + 1), rules, stopsAtEnd: stopsAtEnd)
        do {
            let instance = try SimInstance(
                world, name: name, scenario, settings, disk: disks[name],
                lies: bug?.lies ?? [])
            instance.onNotice = { [unowned self, unowned instance] notice in
                faults.hear(notice, of: instance)
            }
            all.append(instance)
        } catch {
            problems.append("\(name) does not start: \(error)")
        }
    }

    /// Other rules from now on: everything that runs is killed, and started again by and by.
    private func deploy(_ changed: RuleSet) {
        world.timeline.note("deployment: other rules")
        rules = changed
        startsBeforeChange = all.count
        for instance in all where instance.isAlive { instance.process.crash() }
    }

    /// What a supervisor does: a program that ended is started again after a while.
    private func supervise() {
        for name in supervised.sorted() {
            let runs = all.filter { $0.name == name }
            guard !runs.contains(where: \.isAlive) else { continue }
            if let failure = runs.last?.failure { judge(failure, name) }
            start(name)
        }
        watchMemory()
        world.after(ms: random.pick(200...2_500)) { [unowned self] in supervise() }
    }

    /// What an operator would have to decide must not come up.
    private func judge(_ failure: EngineFailure, _ name: String) {
        switch failure {
        case .fenced, .fatal, .unreachable: break
        case .configuration where "\(failure)".contains("TOPIC_AUTHORIZATION_FAILED"):
            // The state topic was read-only for a while: the program says so and ends.
            break
        case .dataLoss, .configuration, .incomplete: problems.append("\(name) ends: \(failure)")
        }
    }

    private func watchMemory() {
        for instance in all where instance.process.state == .running {
            let bytes = instance.stateBytes
            if bytes > Scenario.memoryBudget {
                problems.append("\(instance.name) holds \(bytes) bytes of state")
            }
        }
    }

    // MARK: Quiet

    /// Whether everything that was fed is through: read, closed and committed.
    private var isQuiet: Bool {
        guard world.nowMs >= nextLookMs else { return false }
        nextLookMs = world.nowMs + 50
        guard world.cluster.transactions.openCount == 0, world.cluster.group.view.state == .stable
        else { return false }
        return lag().isEmpty && (scenario.isEnded || idleEverywhere)
    }

    /// Partitions that are not read and committed to their end: to where a jump ahead is pending, unless they end.
    func lag(isEnded: Bool = false) -> [String] {
        scenario.readTopics.flatMap { world.cluster.logs($0) }.compactMap { log in
            let committed = world.cluster.group.committed(log.id)?.offset ?? 0
            let pending =
                log.id.topic == .input && !isEnded
                ? scenario.workload.pendingFrom[log.id.number] : nil
            guard log.lastStableOffset == log.endOffset,
                committed >= min(pending ?? .max, log.endOffset)
            else { return "\(log.id) \(committed) of \(log.endOffset)" }
            return nil
        }
    }

    /// Whether every source has told every shuffle partition that it is silent; then all panes are closed.
    private var idleEverywhere: Bool {
        for log in world.cluster.logs(.partials) {
            var isOpen = false
            var idle: Set<UInt32> = []
            world.cluster.forEachCommittedBackwards(of: log.id) { value in
                guard let value, value.count >= 68 else { return true }
                let source = value.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
                guard !idle.contains(source) else { return true }
                isOpen = value[4] & 1 == 0
                idle.insert(source)
                return !isOpen && idle.count < scenario.inputs
            }
            // Where retention has taken every block there is nothing left to look up.
            if idle.isEmpty, log.startOffset > 0 { continue }
            if isOpen || idle.count < scenario.inputs { return false }
        }
        return true
    }

    /// The first block of each shuffle partition that one of its manifests needs.
    func neededBlocks() -> [(TopicPartition, Int64)] {
        var needed: [TopicPartition: [Int64]] = [:]
        world.cluster.forEachCommitted(of: .state) { record in
            guard let key = record.key.flatMap({ StateKey($0) }), key.kind == .manifest,
                let value = record.value, let manifest = try? Manifest(value, key: key)
            else { return }
            let log = scenario.stages.first { $0.stage == key.task.stage }?.log ?? .partials
            let partition = TopicPartition(log, key.task.partition)
            needed[partition, default: []].append(manifest.replayFrom)
        }
        return needed.sorted { $0.key < $1.key }.compactMap { partition, offsets in
            // The two newest are those in use.
            offsets.sorted().suffix(2).first.map { (partition, $0) }
        }
    }
}

/// What a run came to.
struct Outcome: Sendable {
    /// What is wrong; empty where all is well.
    var problems: [String] = []
    /// Findings of the undisturbed run.
    var expected = 0
    /// Of those, missing in the committed view.
    var lost = 0
    /// There more than once.
    var doubled = 0
    /// There with other bytes, or not expected at all.
    var different = 0
    /// Faults injected.
    var faults = 0
    /// Restores from a snapshot.
    var restores = 0
    /// Events of the simulation.
    var events = 0
    /// Digest of the run.
    var fingerprint: UInt64 = 0
    /// What the undisturbed run says of campaigns.
    var campaigns = CampaignNumbers()

    /// Whether all is as if nothing had happened.
    var isGood: Bool { problems.isEmpty && lost == 0 && doubled == 0 && different == 0 }
}
