import Broker
import Campaigns
import ClusterSimulation
@_spi(Simulation) import Delivery
import Detection
import Primitives
import Topology

/// What a run is: everything follows from the seed.
struct Scenario {
    /// Where state is kept, and what befalls it.
    enum Storage: CaseIterable {
        /// On the topic; blocks are kept for ever.
        case topic
        /// On the topic; blocks are removed once no manifest needs them.
        case topicAndRetention
        /// On the topic, where pages and manifests get damaged.
        case damagedTopic
        /// In a directory of each machine, which may be full for a while.
        case directories
        /// The same, where files get damaged.
        case damagedDirectories

        /// Whether nothing but the program itself can spoil a snapshot.
        var isUndamaged: Bool { self != .damagedTopic && self != .damagedDirectories }
    }

    let seed: UInt64
    let inputs: Int
    let shuffles: Int
    let instances: Int
    let shards: Int
    let storage: Storage
    /// How long faults go on, in virtual milliseconds.
    let faultsMs: Int64
    /// Milliseconds between faults on average.
    let calmMs: Int64
    let commitIntervalMs: Int64
    let snapshotIntervalMs: Int64
    /// Bytes of unchanged state in a snapshot: with the program's own number, every one of these small tasks'
    /// snapshots would hold everything.
    let snapshotRollBytes: Int
    let alignmentLimitMs: Int64
    /// When every instance is killed and started again with a rule more; nil for never.
    let changesRulesAtMs: Int64?
    /// Whether the input is history; nil for live traffic.
    let history: History?
    /// Whether everything is stopped at last and a run that stops at the end has to come to it.
    let isEnded: Bool
    /// Whether nothing goes wrong.
    let isCalm: Bool
    /// Whether a third stage reads what ENTITY tasks write.
    let hasTally: Bool
    /// The CAMPAIGN stage; nil where the run has none.
    let campaigns: CampaignScene?
    /// Longer than anything that keeps a partition from being read; or than the run, so that nobody is ever idle.
    let idleTimeoutMs: Int64
    /// Bytes of waiting partials over which only the slowest partition goes on.
    let waitingLimit: Int
    let client: ClientSettings
    let cluster: ClusterSettings
    let workload: Workload

    static let memoryBudget = 256 << 20

    init(seed: UInt64) {
        self.seed = seed
        let random = RandomStream(seed: seed, salt: 1)
        inputs = Int(random.pick(1...4))
        shuffles = Int(random.pick(1...4))
        instances = Int(random.pick(2...3))
        shards = Int(random.pick(1...2))
        storage = random.choose(Storage.allCases) ?? .topic
        faultsMs = random.pick(25_000...60_000)
        calmMs = random.pick(600...4_000)
        commitIntervalMs = random.pick(80...400)
        snapshotIntervalMs = random.pick(2_000...12_000)
        alignmentLimitMs = random.pick(2_000...60_000)
        client = Self.client(random)
        var cluster = ClusterSettings()
        cluster.initialRebalanceDelayMs = 300
        cluster.failoverUs = 200_000...2_000_000
        cluster.transactionCheckMs = 2_000
        cluster.activeTail = Int(random.pick(1...16))
        self.cluster = cluster
        snapshotRollBytes = random.choose([0, 500, 5_000, 1 << 20]) ?? 0
        let skew = Skew(seed)
        history = skew.history
        isEnded = skew.isEnded
        isCalm = skew.isCalm
        idleTimeoutMs = skew.idleTimeoutMs
        waitingLimit = skew.waitingLimit
        hasTally = RandomStream(seed: seed, salt: 6).chance(0.5)
        campaigns = CampaignScene(seed: seed, isHistory: history != nil)
        // A run that ends there takes partitions over from a snapshot on its own disk, which may be older than
        // the change: findings of the added rule would then begin once more.
        let isEndedElsewhere = isEnded && storage == .directories
        changesRulesAtMs =
            storage.isUndamaged && random.chance(0.25) && history == nil && !isEndedElsewhere
            ? random.pick(12_000...faultsMs - 5_000) : nil
        workload = Workload(
            seed: seed, partitions: inputs, endMs: faultsMs + 4_000, history: history,
            isBatched: RandomStream(seed: seed, salt: 5).chance(0.3),
            hasFarms: campaigns != nil)
    }

    /// How the input lies in time, and how the run ends; drawn apart from everything else.
    private struct Skew {
        let history: History?
        let isEnded: Bool
        let isCalm: Bool
        let idleTimeoutMs: Int64
        let waitingLimit: Int

        init(_ seed: UInt64) {
            let random = RandomStream(seed: seed, salt: 4)
            let isHistory = random.chance(0.35)
            isEnded = random.chance(isHistory ? 0.7 : 0.1)
            let isPaced = isHistory && isEnded && random.chance(0.5)
            isCalm = isHistory && random.chance(0.3)
            // What comes after a partition was idle, at its end a jump that is decided, may be late: only a run
            // without idle ones is exact then.
            idleTimeoutMs = isHistory && isEnded ? 600_000 : 5_000
            let limits = [1, 20_000, Scenario.memoryBudget / 2]
            waitingLimit = isHistory ? random.choose(limits) ?? 1 : Scenario.memoryBudget / 2
            history =
                isHistory ? History(isPaced: isPaced, isEnded: isEnded, seed: seed) : nil
        }
    }

    private static func client(_ random: RandomStream) -> ClientSettings {
        var client = ClientSettings()
        client.sessionTimeoutMs = random.pick(6_000...12_000)
        client.heartbeatMs = 1_000
        client.maxPollMs = random.pick(20_000...60_000)
        client.transactionTimeoutMs = random.pick(3_000...5_000)
        client.messageTimeoutMs = random.pick(2_000...6_000)
        client.plainMessageTimeoutMs = random.pick(2_000...10_000)
        client.isCooperative = random.chance(0.25)
        client.metadataRefreshMs = 10_000
        return client
    }

    /// What the instances run with.
    func settings(
        incarnation: UInt64, _ rules: RuleSet, stopsAtEnd: Bool = false
    ) -> EngineSettings {
        var pipeline = PipelineSettings(rules: rules)
        pipeline.timing = workload.timing
        pipeline.partitions = shuffles
        pipeline.application = 7
        pipeline.fieldMap = workload.fieldMap
        pipeline.sampleSize = 32
        pipeline.memoryBudget = Self.memoryBudget
        pipeline.evidence = campaigns?.pipeline.evidence
        var settings = EngineSettings(
            pipeline: pipeline, topics: ["requests", "partials"],
            outputs: OutputPartitions(
                alerts: 2, shadow: 0, deadLetters: 2, state: usesDirectories ? 0 : shuffles),
            incarnation: incarnation,
            encoder: FindingEncoder(format: .flat, productVersion: "1", source: "/simulation"))
        settings.stages = stages
        settings.shards = shards
        settings.commitIntervalMs = commitIntervalMs
        settings.snapshotIntervalMs = snapshotIntervalMs
        settings.snapshotRollBytes = snapshotRollBytes
        settings.idleTimeoutMs = idleTimeoutMs
        settings.alignmentLimitMs = alignmentLimitMs
        settings.settleMs = 8_000
        settings.suspendMs = 20_000
        settings.stopsAtEnd = stopsAtEnd
        settings.memberTimeoutMs = client.sessionTimeoutMs + 5_000
        return settings
    }

    /// The stages whose tasks keep state.
    var stages: [StageRow] {
        (hasTally ? StageRow.withTally : StageRow.all)
            + (campaigns.map { [StageRow.campaign($0.pipeline)] } ?? [])
    }

    /// The rules that instances run, with `isChanged` those after the deployment of others.
    func rules(isChanged: Bool = false) throws -> RuleSet {
        try Workload.rules(isChanged: isChanged, campaigns: campaigns)
    }

    /// The topics that the instances read.
    var readTopics: [Topic] { [.input] + stages.map(\.log) }

    /// Whether instances keep their state on their own machines.
    var usesDirectories: Bool { storage == .directories || storage == .damagedDirectories }

    /// The scenario in a line.
    var text: String {
        "\(inputs) inputs, \(shuffles) shuffles, \(instances) instances of \(shards) shards, \(storage), "
            + "\(client.isCooperative ? "cooperative" : "range"), "
            + (changesRulesAtMs.map { "another rule at \($0) ms, " } ?? "")
            + (history.map { $0.isPaced ? "history at a pace, " : "history, " } ?? "")
            + (workload.isBatched ? "several events a record, " : "")
            + (hasTally ? "a tally, " : "") + (campaigns != nil ? "campaigns, " : "")
            + (isEnded ? "stopped at the end, " : "") + (isCalm ? "calm, not " : "")
            + "faults for \(faultsMs) ms every \(calmMs) ms"
    }
}
