import Detection
import Events
import Execution
import Kafka
import Primitives
import Telemetry
import Topology

/// Runs tasks on a thread of its own: pulls from its own queues, decodes, folds, evaluates, produces.
///
/// Inside, everything is synchronous and owned outright; per event nothing awaits, locks or allocates.
/// Between two batches it yields, so that the engine's messages (assign, revoke, drain) get their turn.
actor Shard {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let settings: LiveSettings
    private let plan: TopologyPlan
    private let sources: Int
    private let board: AlignmentBoard
    private let logger: Logger
    private let inputQueue: ShardQueue
    private let partialsQueue: ShardQueue
    private var decoder: EventDecoder
    private var outputs: Outputs
    private var inputs: [SourceSlot?] = []
    private var entities: [EntitySlot?] = []
    /// ENTITY state of partitions that were given up: of use if they come back before anyone reads on.
    private var parked: [Int32: EntitySlot] = [:]
    private var emptyStarts = 0
    private var findings: [Finding] = []
    private var lastCutMs: Int64 = 0
    /// Offsets of the last cut, to be committed once its output is delivered.
    private var cut: [PartitionOffset]?
    private var committable: [PartitionOffset] = []
    private var isStopping = false
    private var hasStopped = false
    private var retired = ShardReport()
    private(set) var failure: LiveError?

    /// Records taken in one go: short enough that control messages wait a few milliseconds at most.
    private static let batch = 4096
    /// Blocks taken in one go.
    private static let blockBatch = 256
    private static let waitMs: Int32 = 5

    init(
        _ settings: LiveSettings, plan: TopologyPlan, sources: Int, board: AlignmentBoard,
        logger: Logger,
        outputs: consuming Outputs, inputQueue: ShardQueue, partialsQueue: ShardQueue
    ) throws(LiveError) {
        executor = ThreadExecutor()
        self.settings = settings
        self.plan = plan
        self.sources = sources
        self.board = board
        self.logger = logger
        self.inputQueue = inputQueue
        self.partialsQueue = partialsQueue
        self.outputs = outputs
        do throws(DecoderConfigurationError) {
            decoder = try EventDecoder(
                format: settings.format, fieldMap: settings.fieldMap,
                tracked: TrackedNames(kinds: plan.kinds.map(\.name), signals: plan.signals),
                limits: settings.limits)
        } catch {
            throw .decoder(error)
        }
    }

    deinit { executor.stop() }

    // MARK: Control

    /// Takes partitions on; offsets are those to start at.
    func assign(
        _ starts: [PartitionOffset], ends: [TopicPartition: Int64], epoch: UInt32
    ) {
        let now = Clock.monotonicMs()
        for start in starts {
            if start.partition.topic == TopicIndex.input {
                let slot = SourceSlot(
                    partition: start.partition.partition, plan: plan, sources: sources,
                    start: start,
                    end: ends[start.partition], nowMs: now)
                inputs.append(slot)
                inputQueue.attach(
                    start.partition, slot: inputs.count - 1, epoch: epoch, from: start.offset)
            } else {
                entities.append(resume(start))
                partialsQueue.attach(
                    start.partition, slot: entities.count - 1, epoch: epoch, from: start.offset)
            }
        }
        // What has not come back with this assignment is somebody else's now.
        for slot in parked.values { retired.entities.add(slot.task.counters) }
        parked = [:]
    }

    /// The state parked here, if nobody has read the partition since; else none.
    private func resume(_ start: PartitionOffset) -> EntitySlot {
        let partition = start.partition.partition
        let known = parked.removeValue(forKey: partition)
        if let known, known.position == start.offset { return known }
        if start.offset > 0 { emptyStarts += 1 }
        return EntitySlot(
            partition: partition, settings, plan: plan, start: start.offset)
    }

    /// Takes the number of ENTITY tasks that began in the middle of their partition without state.
    func takeEmptyStarts() -> Int {
        defer { emptyStarts = 0 }
        return emptyStarts
    }

    /// Gives partitions up: flushes, waits for delivery and returns the offsets to commit.
    ///
    /// - Parameter isLost: others may own them already: the work is dropped.
    func revoke(_ partitions: [TopicPartition], isLost: Bool) -> [PartitionOffset] {
        var final: [PartitionOffset] = []
        if !isLost, failure == nil { final = settle() }
        for partition in partitions { drop(partition) }
        cut = nil
        committable = []
        return final.filter { partitions.contains($0.partition) }
    }

    private func drop(_ partition: TopicPartition) {
        if partition.topic == TopicIndex.input {
            inputQueue.detach(partition)
            board.forget(partition.partition)
            for i in inputs.indices where inputs[i]?.partition == partition.partition {
                if let slot = inputs[i] { retired.ingest.add(slot.counters) }
                inputs[i] = nil
            }
        } else {
            partialsQueue.detach(partition)
            for i in entities.indices where entities[i]?.partition == partition.partition {
                parked[partition.partition] = entities[i]
                entities[i] = nil
            }
        }
    }

    /// Cuts, waits until all output is delivered, and returns the offsets that may be committed.
    private func settle() -> [PartitionOffset] {
        do throws(LiveError) {
            try makeCut(nowMs: Clock.monotonicMs())
            do throws(KafkaError) { try outputs.flush(timeoutMs: 30_000) } catch {
                throw .kafka(error)
            }
            return cut ?? []
        } catch {
            failure = error
            return []
        }
    }

    /// Ends the loop and settles; the partitions are still attached.
    func drain() -> [PartitionOffset] {
        isStopping = true
        return failure == nil ? settle() : []
    }

    /// Takes the offsets whose output is delivered.
    func takeCommittable() -> [PartitionOffset] {
        defer { committable = [] }
        return committable
    }

    /// Whether every ENTITY task here has seen the end of every source and all input here is finished.
    func hasEnded() -> Bool {
        let inputsDone = inputs.allSatisfy { $0?.isFinished ?? true }
        let entitiesDone = entities.allSatisfy { $0?.task.hasEnded ?? true }
        return inputsDone && entitiesDone
    }

    /// Numbers about the shard.
    func report() -> ShardReport {
        var report = retired
        for case .some(let slot) in inputs { report.ingest.add(slot.counters) }
        for slot in parked.values { report.entities.add(slot.task.counters) }
        for case .some(let slot) in entities {
            report.entities.add(slot.task.counters)
            report.entityCount += slot.task.entities
            report.stateBytes += slot.task.memoryBytes
            report.openFindings += slot.task.openFindings
            report.evicted += slot.task.evicted
        }
        report.add(outputs.counters)
        return report
    }

    // MARK: The loop

    /// Works until `drain` or a failure.
    func run() async {
        lastCutMs = Clock.monotonicMs()
        while !isStopping, failure == nil {
            do throws(LiveError) {
                try step()
            } catch {
                failure = error
            }
            await Task.yield()
        }
    }

    /// One round: what comes down the shuffle first, then new input, then a cut where it is time.
    private func step() throws(LiveError) {
        let received = try receive()
        let read = try ingest(timeoutMs: received ? 0 : Self.waitMs)
        let now = Clock.monotonicMs()
        collectDelivered()
        align()
        let isFull = read && inputs.contains { $0?.needsFlush ?? false }
        if isFull || now - lastCutMs >= settings.cutIntervalMs { try cutWhenDelivered(now, isFull) }
    }

    /// Takes in what the shuffle brings; false where there was nothing.
    private func receive() throws(LiveError) -> Bool {
        let topic = settings.topics.partials
        let count = try partialsQueue.withBatch(max: Self.blockBatch, timeoutMs: 0) {
            (batch) throws(LiveError) -> Int in
            var i = 0
            while i < batch.count {
                let slot = batch[i].slot
                var end = i + 1
                while end < batch.count, batch[end].slot == slot { end += 1 }
                if let entity = entities[slot] {
                    try entity.receive(batch, i..<end, topic: topic, &findings)
                }
                i = end
            }
            return batch.count
        }
        if !findings.isEmpty {
            do throws(KafkaError) {
                for finding in findings { try outputs.produce(finding) }
            } catch {
                throw .kafka(error)
            }
            findings.removeAll(keepingCapacity: true)
        }
        return count > 0
    }

    /// Reads new input; false where there was nothing.
    private func ingest(timeoutMs: Int32) throws(LiveError) -> Bool {
        try inputQueue.withBatch(max: Self.batch, timeoutMs: timeoutMs) {
            (batch) throws(LiveError) -> Bool in
            let now = Clock.monotonicMs()
            var i = 0
            while i < batch.count {
                let slot = batch[i].slot
                var end = i + 1
                while end < batch.count, batch[end].slot == slot { end += 1 }
                try inputs[slot]?.ingest(batch, i..<end, decoder: &decoder, nowMs: now)
                i = end
            }
            if batch.count < Self.batch / 4, inputs.contains(where: { $0?.wantsMore ?? false }) {
                board.isHungry.store(true, ordering: .relaxed)
            }
            return batch.count > 0
        }
    }

    // MARK: Cuts

    /// Makes a cut unless the last one's output is still under way; a full block cannot wait for ever.
    private func cutWhenDelivered(_ now: Int64, _ isFull: Bool) throws(LiveError) {
        if cut != nil {
            guard isFull else { return }
            do throws(KafkaError) { try outputs.flush(timeoutMs: 60_000) } catch {
                throw .kafka(error)
            }
            collectDelivered()
        }
        try makeCut(nowMs: now)
    }

    /// Flushes every task's partials and notes the offsets they stand at.
    private func makeCut(nowMs now: Int64) throws(LiveError) {
        lastCutMs = now
        var offsets: [PartitionOffset] = []
        for case .some(let slot) in inputs {
            slot.finishAtEnd(decoder: &decoder)
            slot.noteIdle(nowMs: now, timeoutMs: settings.idleTimeoutMs)
            try flush(slot)
            let commit = slot.commit
            offsets.append(
                PartitionOffset(
                    TopicPartition(topic: TopicIndex.input, partition: slot.partition),
                    offset: commit.offset, metadata: commit.metadata))
        }
        for case .some(let slot) in entities {
            offsets.append(
                PartitionOffset(
                    TopicPartition(topic: TopicIndex.partials, partition: slot.partition),
                    offset: slot.position))
        }
        cut = offsets
    }

    private func flush(_ slot: SourceSlot) throws(LiveError) {
        var failed: KafkaError?
        slot.flush { partition, block in
            guard failed == nil else { return }
            do throws(KafkaError) {
                try outputs.produce(block: block, partition: partition)
            } catch {
                failed = error
            }
        }
        do throws(KafkaError) {
            if let failed { throw failed }
            for letter in slot.takeDeadLetters() {
                try outputs.produce(letter, source: Int(slot.partition))
                note(letter, slot.partition)
            }
        } catch {
            throw .kafka(error)
        }
    }

    /// Warns of a dead letter by its place, never its bytes; the handler holds back repeats.
    private func note(_ letter: DeadLetter, _ partition: Int32) {
        logger.warning(
            "record set aside as a dead letter",
            metadata: [
                "topic": .string(settings.topics.input), "partition": .count(partition),
                "offset": .count(letter.offset), "reason": .string(letter.reason.rawValue),
            ])
    }

    /// Moves the cut's offsets on to the engine once everything before is delivered.
    private func collectDelivered() {
        guard let offsets = cut else { return }
        do throws(KafkaError) {
            guard try outputs.isDelivered() else { return }
            cut = nil
            committable = offsets
        } catch {
            failure = .kafka(error)
        }
    }

    /// Holds back partitions too far ahead of the slowest, and lets go those that are no longer.
    private func align() {
        for case .some(let slot) in inputs {
            guard let highest = slot.highest else { continue }
            board.note(slot.partition, .init(highest: highest, isCaughtUp: slot.isCaughtUp))
        }
        let slowest = board.slowest()
        for case .some(let slot) in inputs {
            let partition = TopicPartition(topic: TopicIndex.input, partition: slot.partition)
            let isAhead =
                slowest.map { low in
                    (slot.highest?.ms ?? .min) > low.ms + settings.alignmentLimitMs
                } ?? false
            if isAhead { inputQueue.hold(partition) } else { inputQueue.release(partition) }
        }
    }
}

/// The consumer's topics by index.
enum TopicIndex {
    static let input = 0
    static let partials = 1
}
