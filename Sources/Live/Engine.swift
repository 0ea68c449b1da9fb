import Detection
import Execution
import Kafka
import Primitives
import Synchronization
import Telemetry
import Topology

/// `stillwatch run`: one consumer, its shards, and the control plane between them.
///
/// The engine polls for rebalances, hands partitions to shards (partition number modulo shards), commits what
/// shards report as delivered, and ends cleanly: polling stops, shards drain and flush, offsets are committed,
/// the group is left. Delivery is at least once; ENTITY state lives in memory alone and starts empty.
public actor Engine {
    private let executor = ThreadExecutor()
    /// The engine's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let settings: LiveSettings
    private let logger: Logger
    private let board = AlignmentBoard()
    private let stopRequested = Atomic<Bool>(false)
    private var shards: [Shard] = []
    private var assigned: Set<TopicPartition> = []
    private var hasAssignment = false
    private var waker: Waker?
    private var statistics = StatisticsLine()

    /// An engine that logs to `logger`.
    public init(_ settings: LiveSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    deinit { executor.stop() }

    /// Asks the engine to end cleanly; `run` then returns. Safe from any thread.
    public nonisolated func requestStop() { stopRequested.store(true, ordering: .relaxed) }

    /// Runs until asked to stop, or with `stopsAtEnd` until the end.
    ///
    /// - Returns: what was done.
    /// - Throws: `LiveError`; offsets not committed are read again at the next start.
    public func run() async throws -> ShardReport {
        let layout = try TopicLayout(settings)
        let plan = TopologyPlan(
            rules: settings.rules, timing: settings.timing, partitions: layout.partials,
            gateways: settings.gateways, derivesSubnets: settings.derivesSubnets,
            application: UInt32(truncatingIfNeeded: xxh3(settings.group)))
        var consumer = try makeConsumer()
        try makeShards(consumer, plan, layout)
        let loops = shards.map { shard in Task { await shard.run() } }
        logger.info(
            "started",
            metadata: [
                "input": .string(settings.topics.input), "partitions": .count(layout.input),
                "shuffle_partitions": .count(layout.partials), "shards": .count(shards.count),
                "rules": .count(settings.rules.rules.count),
                "librdkafka": .stringConvertible(Library.version),
            ])
        do {
            try consumer.subscribe()
            try await control(&consumer)
        } catch {
            for shard in shards { _ = await shard.drain() }
            for loop in loops { await loop.value }
            throw error
        }
        let report = try await finish(&consumer, loops)
        logger.info("stopped", metadata: StatisticsLine.totals(report))
        return report
    }

    // MARK: Start

    private nonisolated var hooks: Hooks {
        let logger = logger.labelled("librdkafka")
        return Hooks(log: { line in
            let level: Logger.Level =
                line.level <= 3
                ? .error : line.level == 4 ? .warning : line.level == 7 ? .trace : .debug
            logger.log(
                level: level, "client log",
                metadata: ["facility": .string(line.facility), "text": .string(line.text)])
        })
    }

    private func makeConsumer() throws -> Consumer {
        try Consumer(
            properties: settings.properties,
            role: .consumer(group: settings.group, instanceID: nil),
            topics: [settings.topics.input, settings.topics.partials], hooks: hooks)
    }

    private func makeShards(
        _ consumer: borrowing Consumer, _ plan: TopologyPlan, _ layout: TopicLayout
    ) throws {
        for _ in 0..<settings.shards {
            let outputs = try Outputs(settings, partitions: layout.outputs, hooks: hooks)
            shards.append(
                try Shard(
                    settings, plan: plan, sources: layout.input, board: board,
                    logger: logger, outputs: outputs,
                    inputQueue: try consumer.makeShardQueue(),
                    partialsQueue: try consumer.makeShardQueue(capacity: 1024)))
        }
    }

    // MARK: The control plane

    private func control(_ consumer: inout Consumer) async throws {
        var nextCommitMs: Int64 = 0
        while !stopRequested.load(ordering: .relaxed) {
            let isWaking = waker != nil && board.isHungry.exchange(false, ordering: .relaxed)
            if isWaking { waker?.wake(timeoutMs: 100) }
            if let event = consumer.poll(timeoutMs: waker == nil ? 50 : 5) {
                try await handle(event, &consumer)
            }
            let now = Clock.monotonicMs()
            guard now >= nextCommitMs else { continue }
            nextCommitMs = now + settings.cutIntervalMs
            try await checkShards()
            try await commitDelivered(consumer)
            try await logStatistics(now, consumer)
            if settings.stopsAtEnd, await isAtEnd() { return }
        }
    }

    private func handle(_ event: ControlEvent, _ consumer: inout Consumer) async throws {
        switch event {
        case .assigned(let assignment): try await assign(assignment, &consumer)
        case .revoked(let revocation): try await revoke(revocation, consumer)
        case .committed(let result):
            if let error = result.error {
                logger.warning("commit failed", metadata: ["error": .stringConvertible(error)])
            }
        case .error(let error): try note(error)
        }
    }

    /// What passes by itself is logged; what does not ends the engine.
    private func note(_ error: KafkaError) throws {
        switch error.move {
        case .fatal, .fenced, .configuration, .outOfRange: throw LiveError.kafka(error)
        default:
            logger.warning("kafka error", metadata: ["error": .stringConvertible(error)])
        }
    }

    private func assign(_ assignment: Assignment, _ consumer: inout Consumer) async throws {
        let inputs = assignment.partitions.filter { $0.topic == TopicIndex.input }
        let shuffles = assignment.partitions.filter { $0.topic == TopicIndex.partials }
        var starts = try consumer.startOffsets(inputs, missing: settings.onMissingOffset)
        starts += try consumer.startOffsets(shuffles, missing: .earliest)
        var ends: [TopicPartition: Int64] = [:]
        if settings.stopsAtEnd {
            ends = try consumer.watermarks(inputs).mapValues(\.high)
        }
        try consumer.assign(starts, isIncremental: assignment.isIncremental)
        for (i, shard) in shards.enumerated() {
            let own = starts.filter { Int($0.partition.partition) % shards.count == i }
            await shard.assign(own, ends: ends, epoch: assignment.epoch)
        }
        assigned.formUnion(assignment.partitions)
        hasAssignment = true
        if Library.stallsWhenFull, !inputs.isEmpty { waker = try consumer.makeWaker(for: inputs) }
        logger.info(
            "partitions assigned",
            metadata: [
                "input": .count(inputs.count), "shuffle": .count(shuffles.count),
                "epoch": .count(assignment.epoch),
            ])
        var empty = 0
        for shard in shards { empty += await shard.takeEmptyStarts() }
        if empty > 0 {
            logger.warning(
                "entity state starts empty: windows fill again from the shuffle topic's committed offset",
                metadata: ["partitions": .count(empty)])
        }
    }

    private func revoke(_ revocation: Revocation, _ consumer: borrowing Consumer) async throws {
        var offsets: [PartitionOffset] = []
        let partitions = revocation.isIncremental ? revocation.partitions : Array(assigned)
        for shard in shards {
            offsets += await shard.revoke(partitions, isLost: revocation.isLost)
        }
        if !revocation.isLost { commit(offsets, consumer) }
        try consumer.unassign(revocation.partitions, isIncremental: revocation.isIncremental)
        assigned.subtract(partitions)
        logger.info(
            "partitions revoked",
            metadata: ["count": .count(partitions.count), "lost": .flag(revocation.isLost)])
    }

    private func checkShards() async throws {
        for shard in shards {
            if let failure = await shard.failure { throw failure }
        }
    }

    private func commitDelivered(_ consumer: borrowing Consumer) async throws {
        var offsets: [PartitionOffset] = []
        for shard in shards { offsets += await shard.takeCommittable() }
        let own = offsets.filter { assigned.contains($0.partition) }
        if !own.isEmpty { try consumer.commitAsynchronously(own) }
    }

    /// Commits and waits; a failure costs only that records are read again.
    private func commit(_ offsets: [PartitionOffset], _ consumer: borrowing Consumer) {
        do {
            try consumer.commit(offsets)
        } catch {
            logger.warning("commit failed", metadata: ["error": .stringConvertible(error)])
        }
    }

    private func isAtEnd() async -> Bool {
        guard hasAssignment else { return false }
        for shard in shards where !(await shard.hasEnded()) { return false }
        return true
    }

    private func logStatistics(_ now: Int64, _ consumer: borrowing Consumer) async throws {
        guard settings.statisticsIntervalMs > 0,
            statistics.isDue(now, everyMs: settings.statisticsIntervalMs)
        else { return }
        let fields = statistics.next(await report(), now)
        logger.info("statistics", metadata: fields)
    }

    private func report() async -> ShardReport {
        var report = ShardReport()
        for shard in shards { report.add(await shard.report()) }
        return report
    }

    // MARK: End

    /// Drains the shards, commits what they delivered, and leaves the group.
    private func finish(
        _ consumer: inout Consumer, _ loops: [Task<Void, Never>]
    ) async throws -> ShardReport {
        var offsets: [PartitionOffset] = []
        for shard in shards { offsets += await shard.drain() }
        for loop in loops { await loop.value }
        commit(offsets.filter { assigned.contains($0.partition) }, consumer)
        try await checkShards()
        let report = await report()
        for shard in shards { _ = await shard.revoke(Array(assigned), isLost: true) }
        try leave(&consumer)
        return report
    }

    /// Leaves the group; a coordinator that does not answer is not waited for longer than 10 s.
    private func leave(_ consumer: inout Consumer) throws {
        try consumer.beginClose()
        let deadline = Clock.monotonicMs() + 10_000
        while !consumer.isClosed, Clock.monotonicMs() < deadline {
            guard case .revoked(let revocation) = consumer.poll(timeoutMs: 50) else { continue }
            try consumer.unassign(revocation.partitions, isIncremental: revocation.isIncremental)
        }
    }
}
