import Broker
import Delivery
import Execution
import Kafka
import Synchronization
import Telemetry

/// `stillwatch run`: one consumer, its shards on threads of their own, and the control plane between them.
///
/// What is done, and when, is `Delivery`'s to decide; the engine gives it ports to Kafka, a clock and threads.
public actor Engine {
    private let executor = ThreadExecutor()
    /// The engine's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let settings: LiveSettings
    private let logger: Logger
    private let events: EventLog
    private let stopRequested = Atomic<Bool>(false)
    private var shards: [ShardRunner] = []
    private var waker: Waker?
    /// The input partitions this process reads.
    private var inputs: Set<TopicPartition> = []
    /// Asks where the input ends, for the statistics; nil before the start.
    private var ends: EndQuestion?
    private var coverage: CoverageWatch
    private var lastLookMs: Int64 = 0
    private var statistics: StatisticsLine

    /// An engine that logs to `logger`.
    public init(_ settings: LiveSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        events = EventLog(logger, settings.topics)
        coverage = CoverageWatch(settings.engine)
        statistics = StatisticsLine(settings.topics)
    }

    deinit { executor.stop() }

    /// Asks the engine to end cleanly; `run` then returns. Safe from any thread.
    public nonisolated func requestStop() { stopRequested.store(true, ordering: .relaxed) }

    /// Runs until asked to stop, or with `stopsAtEnd` until the end.
    ///
    /// - Returns: what was done.
    /// - Throws: `EngineFailure`; what was not committed is done again at the next start.
    public func run() async throws -> ShardStatus {
        do {
            return try await work()
        } catch let error as BrokerError {
            throw EngineFailure(error)
        }
    }

    private func work() async throws -> ShardStatus {
        let layout = try TopicLayout(settings)
        var settings = settings
        for topic in layout.absent {
            logger.notice(
                "there is no topic of \(topic): none are read before the next start",
                metadata: ["topic": .string(settings.topics.name(topic))])
            settings.engine.leaveOut(topic)
        }
        settings.engine.outputs = layout.outputs
        let engine = settings.engine
        let factory = try PortFactory(settings, engine, logger)
        ends = EndQuestion(factory.makeLookup())
        try await makeShards(factory, engine)
        let loops = shards.map { shard in Task { await shard.run() } }
        logStart(layout)
        let instance = Instance(
            engine, group: factory.group, lookup: factory.makeLookup(),
            ends: engine.stopsAtEnd ? factory.makeLookup() : nil,
            notify: { [events] in events.write($0) })
        var failure: (any Error)?
        do {
            try factory.group.subscribe()
            try await control(instance, factory)
            failure = instance.shortfall
        } catch {
            failure = error
        }
        for shard in shards { await shard.stop() }
        for loop in loops { await loop.value }
        if let failure { throw failure }
        let report = await report()
        logger.info("stopped", metadata: StatisticsLine.totals(report))
        return report
    }

    private func makeShards(_ factory: PortFactory, _ engine: EngineSettings) async throws {
        for index in 0..<engine.shards {
            let ports = try factory.makePorts(shard: index)
            shards.append(
                try await ShardRunner(
                    engine, index: index, ports: ports, board: factory.board, events: events))
        }
    }

    private func logStart(_ layout: TopicLayout) {
        logger.info(
            "started",
            metadata: [
                "input": .string(settings.topics.input), "partitions": .count(layout.input),
                "shuffle_partitions": .count(settings.engine.pipeline.partitions),
                "shards": .count(settings.engine.shards),
                "rules": .count(settings.engine.pipeline.rules.rules.count),
                "delivery": .string(settings.engine.delivery.rawValue),
                "instance_id": .string(settings.instanceID),
                "state": .string(settings.stateDirectory ?? settings.topics.state ?? ""),
                "librdkafka": .string("\(Library.version)"),
            ])
    }

    // MARK: The control plane

    private func control(_ instance: Instance, _ factory: PortFactory) async throws {
        while !instance.hasEnded {
            if stopRequested.load(ordering: .relaxed) { instance.requestStop() }
            if settings.engine.stopsAtEnd { instance.take(await progress()) }
            wakeFetchers(factory)
            factory.group.wait(ms: waker == nil ? 20 : 5)
            let now = MachineClock.monotonicMs()
            let orders = try instance.step(nowMs: now)
            noteInputs(orders.map(\.command), factory)
            for order in orders { try await shards[order.shard].handle(order.command) }
            for (index, shard) in shards.enumerated() {
                for event in try await shard.takeEvents() {
                    try instance.take(event, from: index, nowMs: now)
                }
            }
            try await logStatistics(now)
            await watchCoverage(now)
        }
    }

    private func progress() async -> ShardProgress {
        var progress = ShardProgress()
        for shard in shards { progress.add(await shard.progress()) }
        return progress
    }

    /// librdkafka 2.0 lets fetchers sleep behind a full queue: they are woken while a shard is hungry.
    private func wakeFetchers(_ factory: PortFactory) {
        if waker != nil, factory.board.takeHunger() { waker?.wake(timeoutMs: 100) }
    }

    /// Keeps a waker for the brokers of all input partitions there are.
    private func noteInputs(_ commands: [ShardCommand], _ factory: PortFactory) {
        var hasMore = false
        for command in commands {
            switch command {
            case .take(let starts, _, _):
                let taken = starts.map(\.partition).filter { $0.topic == .input }
                inputs.formUnion(taken)
                hasMore = hasMore || !taken.isEmpty
            case .release(let partitions, _): inputs.subtract(partitions)
            case .drain: break
            }
        }
        guard Library.stallsWhenFull, hasMore else { return }
        do throws(BrokerError) {
            waker = try factory.group.makeWaker(for: inputs.sorted())
        } catch {
            events.write(.clusterTrouble(error))
        }
    }

    private func logStatistics(_ now: Int64) async throws {
        guard settings.statisticsIntervalMs > 0,
            statistics.isDue(now, everyMs: settings.statisticsIntervalMs)
        else { return }
        // The line waits a moment for the brokers' word on where the input ends.
        guard ends?.isSettled(now, for: inputs) ?? true else { return }
        let report = await report()
        var fields = statistics.next(
            report, now, ends: ends?.takeBounds(), wallMs: MachineClock.wallMs())
        if let shares = coverage.shares(of: report) { fields["events_with"] = .string(shares) }
        if let flaws = CoverageWatch.flaws(of: report) { fields["flaws"] = .string(flaws) }
        logger.info("statistics", metadata: fields)
    }

    /// Looks once a second whether it is time to say which rules cannot fire.
    private func watchCoverage(_ now: Int64) async {
        guard now - lastLookMs >= 1_000 else { return }
        lastLookMs = now
        for (missing, rules) in coverage.look(at: await report(), now) {
            logger.warning(
                "rules cannot fire: no event since the start has what they ask for",
                metadata: ["rules": .string(rules), "missing": .string(missing)])
        }
    }

    private func report() async -> ShardStatus {
        var report = ShardStatus()
        for shard in shards { report.add(await shard.status()) }
        return report
    }
}
