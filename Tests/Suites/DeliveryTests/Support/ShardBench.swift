import Broker
@_spi(Simulation) import Delivery

/// A shard over scripted ports, with a clock of its own.
final class ShardBench {
    static let input = TopicPartition(.input, 0)
    static let partials = TopicPartition(.partials, 0)

    let site: Site
    let input: ScriptedLog
    let partials: ScriptedLog
    let producer = ScriptedProducer()
    let state: ScriptedState
    let history: ScriptedHistory
    let lookup: ScriptedLookup
    let shard: Shard
    let settings: EngineSettings
    var notices: [EngineEvent] { box.notices }
    /// What it told its instance.
    private(set) var events: [String] = []
    private(set) var nowMs: Int64 = 1_000_000
    private let box = EventBox()

    init(
        _ settings: EngineSettings, site: Site = Site(), index: Int = 0,
        board: AlignmentBoard = AlignmentBoard(waitingLimit: 1 << 30)
    ) throws {
        self.settings = settings
        self.site = site
        input = ScriptedLog(site)
        partials = ScriptedLog(site)
        state = ScriptedState(site, publishesInBatch: settings.outputs.state > 0)
        history = ScriptedHistory(site)
        lookup = ScriptedLookup(site)
        let box = box
        shard = try Shard(
            settings, index: index,
            ports: ShardPorts(
                input: input, tasks: partials, producer: producer, state: state,
                history: history, lookup: lookup), board: board, notify: { box.notices.append($0) })
        producer.onCommit = { [site] in site.apply($0, $1) }
    }

    // MARK: Commands

    /// Takes partitions on where the group has committed, else at their first record.
    func take(
        _ partitions: [TopicPartition], _ membership: String = "m1", sources: Int = 1,
        end: Int64? = nil, isRestart: Bool = false
    ) throws {
        let starts = partitions.map { partition in
            let bounds = site.bounds(of: partition)
            let committed = site.committed[partition] ?? PartitionOffset(partition, offset: nil)
            producer.committed[partition] = committed
            return TaskStart(
                committed: committed,
                start: isRestart ? bounds.low : committed.offset ?? bounds.low,
                bounds: bounds, end: partition.topic == .input ? end : nil, isRestart: isRestart)
        }
        try shard.handle(
            .take(starts, membership: FakeMembership(membership), sources: sources),
            nowMs: nowMs)
    }

    /// Gives partitions up: settles them under a membership, or has lost them.
    func release(_ partitions: [TopicPartition], under membership: FakeMembership?) throws {
        try shard.handle(.release(partitions, under: membership), nowMs: nowMs)
    }

    func drain() throws { try shard.handle(.drain, nowMs: nowMs) }

    // MARK: Time

    /// Steps for so long.
    func run(ms: Int64, everyMs: Int64 = 20) throws {
        let end = nowMs + ms
        while nowMs < end {
            nowMs += everyMs
            try shard.step(nowMs: nowMs)
            for event in shard.takeEvents() { events.append(event.text) }
        }
    }

    /// A shard that has read everything of both stages and committed it.
    static func settled(
        _ settings: EngineSettings, site: Site = Site(), feedTo ms: Int64 = 20_000
    ) throws -> ShardBench {
        let bench = try ShardBench(settings, site: site)
        site.feed(from: 0, to: ms)
        try bench.take([input, partials])
        try bench.run(ms: 3_000)
        return bench
    }

    /// The digest of the state of the shuffle partition's task, where it is live.
    var digest: UInt64? { shard.stateDigests[Self.partials] }

    /// What was told of one kind.
    func told<T>(_ pick: (EngineEvent) -> T?) -> [T] { notices.compactMap(pick) }
}

extension ShardEvent {
    /// The event in words.
    var text: String {
        switch self {
        case .released(let partitions): "released \(partitions.text)"
        case .drained: "drained"
        }
    }
}
