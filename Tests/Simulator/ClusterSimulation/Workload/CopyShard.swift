import Broker
import Delivery

/// A shard of a program that copies its input to the findings' topic, exactly once: the smallest honest user of the
/// ports. Each commit batch carries what was read since the last one, and its name in the metadata of its positions.
final class CopyShard {
    private enum Phase {
        case down(atMs: Int64), starting, resolving, ready, flushing, adding, committing
        case aborting(isStale: Bool)
    }

    /// What was read and is not known to be committed.
    private struct CommitBatch {
        var name: String
        var outputs: [(partition: TopicPartition, text: String)] = []
        var positions: [PartitionOffset] = []
    }

    private let number: Int
    private let run: Int
    private let log: SimLog
    private let producer: SimProducer
    private let reusesBrokenProducer: Bool
    private var phase = Phase.down(atMs: 0)
    private var batch: CommitBatch?
    private var membership: (any GroupMembership)?
    private var partitions: [TopicPartition] = []
    private var committed: [TopicPartition: PartitionOffset] = [:]
    private var batches = 0
    private var nextBatchMs: Int64 = 0
    private var isStopping = false
    /// Commit batches that were committed.
    private(set) var finished = 0

    init(
        _ number: Int, run: Int, log: SimLog, producer: SimProducer, reusesBrokenProducer: Bool
    ) {
        self.number = number
        self.run = run
        self.log = log
        self.producer = producer
        self.reusesBrokenProducer = reusesBrokenProducer
    }

    // MARK: Assignments

    /// Whether nothing is under way, as a revocation wants it.
    var isSettled: Bool { batch == nil }

    /// - Parameter known: what is committed, as it was read.
    func take(
        _ positions: [PartitionOffset], _ membership: any GroupMembership, known: [PartitionOffset]
    ) {
        self.membership = membership
        isStopping = false
        for position in known { committed[position.partition] = position }
        for position in positions {
            log.attach(
                position.partition, slot: partitions.count, from: position.offset ?? 0)
            partitions.append(position.partition)
        }
    }

    /// Nothing more is read; what is under way is finished.
    func stop() { isStopping = true }

    /// Everything goes; what is not committed is somebody else's to do.
    func drop() {
        for partition in partitions { log.detach(partition) }
        partitions = []
        committed = [:]
        membership = nil
        if batch != nil {
            batch = nil
            phase = .down(atMs: 0)
        }
    }

    // MARK: Steps

    func step(_ nowMs: Int64) -> Int64 {
        switch phase {
        case .down(let atMs):
            guard nowMs >= atMs else { return atMs - nowMs }
            phase = .starting
            producer.start()
        case .ready: begin(nowMs)
        default:
            if let outcome = producer.poll() { take(outcome, nowMs) }
        }
        return 100
    }

    private func begin(_ nowMs: Int64) {
        guard membership?.isValid == true, !isStopping, nowMs >= nextBatchMs else { return }
        nextBatchMs = nowMs + 100
        batches += 1
        var batch = CommitBatch(name: "\(run)-\(number)-\(batches)")
        log.withBatch(max: 50, waitMs: 0) { entries in
            for entry in entries where entry.kind == .record { read(entry, into: &batch) }
        }
        guard !batch.outputs.isEmpty else { return }
        self.batch = batch
        send(batch, nowMs)
    }

    private func read(_ entry: Entry, into batch: inout CommitBatch) {
        let partition = partitions[Int(entry.slot)]
        let text = entry.valueBytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
        batch.outputs.append((TopicPartition(.alerts, partition.number), text))
        batch.positions.removeAll { $0.partition == partition }
        batch.positions.append(
            PartitionOffset(partition, offset: entry.offset + 1, metadata: batch.name))
    }

    private func send(_ batch: CommitBatch, _ nowMs: Int64) {
        if producer.begin() != nil {
            phase = .down(atMs: nowMs + 100)
            return
        }
        for (partition, text) in batch.outputs {
            var text = text
            text.withUTF8 { producer.produce(to: partition, value: UnsafeRawBufferPointer($0)) }
        }
        phase = .flushing
        producer.flush()
    }

    // MARK: Outcomes

    private func take(_ outcome: StepOutcome, _ nowMs: Int64) {
        switch outcome {
        case .failed(let error): fail(error, nowMs)
        case .committed(let positions): resolve(positions, nowMs)
        case .done: advance(nowMs, isBroken: false)
        case .doneOverBrokenConnection: advance(nowMs, isBroken: !reusesBrokenProducer)
        }
    }

    private func advance(_ nowMs: Int64, isBroken: Bool) {
        switch phase {
        case .starting:
            guard let batch else { return phase = .ready }
            phase = .resolving
            producer.readCommitted(batch.positions.map(\.partition))
        case .flushing:
            guard let batch, let membership else { return }
            phase = .adding
            producer.addOffsets(batch.positions, under: membership)
        case .adding:
            phase = .committing
            producer.commit()
        case .committing:
            phase = isBroken ? .down(atMs: nowMs) : .ready
            finish()
        case .aborting(let isStale):
            if isStale { return drop() }
            // The same outputs again, by a new producer: simple, and safe.
            phase = .down(atMs: nowMs + 50)
        case .down, .resolving, .ready: break
        }
    }

    private func finish() {
        guard let batch else { return }
        for position in batch.positions { committed[position.partition] = position }
        self.batch = nil
        finished += 1
    }

    private func fail(_ error: BrokerError, _ nowMs: Int64) {
        switch phase {
        case .flushing, .adding:
            guard error.move == .abortTransaction else { break }
            let ended = ["ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID", "FENCED_INSTANCE_ID"]
            phase = .aborting(isStale: ended.contains(error.name))
            return producer.abort()
        default: break
        }
        phase = .down(atMs: nowMs + 100)
    }

    private func resolve(_ positions: [PartitionOffset], _ nowMs: Int64) {
        phase = .ready
        guard let batch else { return }
        if positions.contains(where: { $0.metadata == batch.name }) { return finish() }
        let isUnchanged = positions.allSatisfy {
            committed[$0.partition]?.offset == $0.offset
                && committed[$0.partition]?.metadata == $0.metadata
        }
        if isUnchanged { send(batch, nowMs) } else { drop() }
    }
}
