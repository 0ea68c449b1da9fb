import Broker
import ClusterSimulation
import Snapshots

/// A producer that does other things than it is told, or tells other things than happened.
final class LyingProducer: ProducerPort {
    /// What is asked of the producer behind.
    private enum Step {
        case start, flush, commit, abort
        case send(CommitBatch)
        case add([PartitionOffset], any GroupMembership)
        case read([TopicPartition])
    }

    private let producer: SimProducer
    private let group: SimGroup
    private let plot: Conspiracy
    /// The steps that one step became; the first is under way.
    private var steps: [Step] = []
    private var told: StepOutcome?
    private var batch: CommitBatch?
    private var positions: [PartitionOffset] = []
    /// What was committed before the commit batch was sent.
    private var before: [PartitionOffset] = []
    /// Whether the producer was started anew while it was not known what became of the commit batch.
    private var isUnsettled = false
    private var abortedName: String?
    /// The commit batch sent last, and how far input partitions were read when it was closed.
    private var newest = ""
    private var reading: [TopicPartition: Int64] = [:]

    init(_ producer: SimProducer, _ group: SimGroup, _ plot: Conspiracy) {
        self.producer = producer
        self.group = group
        self.plot = plot
    }

    // MARK: Steps

    func start() {
        isUnsettled = batch != nil
        begin([.start])
    }

    func send(_ batch: CommitBatch) {
        self.batch = batch
        isUnsettled = false
        if batch.name != newest { reading = plot.lent }
        newest = batch.name
        let sent = filtered(batch)
        if plot.tells(.commitsBeforeProducing) { return begin([.send(CommitBatch())]) }
        if plot.tells(.readsWhatStoodBefore) {
            return begin([.read(batch.positions.map(\.partition)), .send(sent)])
        }
        begin([.send(batch.name == abortedName ? CommitBatch() : sent)])
    }

    func flush() { begin([.flush]) }

    func addOffsets(_ positions: [PartitionOffset], under membership: any GroupMembership) {
        self.positions = positions
        let add = Step.add(positions.map(forged), forged(membership))
        guard plot.tells(.commitsBeforeProducing), let batch else { return begin([add]) }
        begin([add, .commit, .send(batch), .flush])
    }

    func commit() { begin([.commit]) }

    func abort() {
        if plot.tells(.dropsOutputsAfterAbort) { abortedName = batch?.name }
        begin([.abort])
    }

    func readCommitted(_ partitions: [TopicPartition]) {
        if isUnsettled, plot.tells(.readsWhatStoodBefore) {
            told = .committed(before)
        } else {
            begin([.read(partitions)])
        }
    }

    private func begin(_ steps: [Step]) {
        self.steps = steps
        next()
    }

    private func next() {
        switch steps.first {
        case .start?: producer.start()
        case .send(let batch)?: producer.send(batch)
        case .flush?: producer.flush()
        case .add(let positions, let membership)?: producer.addOffsets(positions, under: membership)
        case .commit?: producer.commit()
        case .abort?: producer.abort()
        case .read(let partitions)?: producer.readCommitted(partitions)
        case nil: break
        }
    }

    func poll() -> StepOutcome? {
        if let told {
            self.told = nil
            return told
        }
        guard let outcome = producer.poll() else { return nil }
        if case .failed(let error) = outcome { return fail(error) }
        let step = steps.removeFirst()
        if case .committed(let positions) = outcome, !steps.isEmpty { before = positions }
        guard steps.isEmpty else {
            next()
            return nil
        }
        if case .commit = step { settle() }
        if case .doneOverBrokenConnection = outcome, plot.tells(.hidesBrokenConnections) {
            return .done
        }
        return outcome
    }

    private func fail(_ error: BrokerError) -> StepOutcome? {
        guard steps.count == 1, case .commit? = steps.first, error.move != .configuration,
            error.move != .rejected, error.code != .fencedInstanceID
        else { return .failed(error) }
        if plot.tells(.commitsAgainAfterFailure) {
            next()
            return nil
        }
        guard plot.tells(.takesFailedCommitsForDone) else { return .failed(error) }
        settle()
        return .doneOverBrokenConnection
    }

    private func settle() {
        for position in positions { plot.committed[position.partition] = position }
        batch = nil
    }

    // MARK: Forgery

    private func forged(_ position: PartitionOffset) -> PartitionOffset {
        var position = position
        if plot.tells(.commitsOneTooFar) { position.offset = position.offset.map { $0 + 1 } }
        if plot.tells(.commitsAllThatWasRead), position.partition.topic == .input,
            let read = reading[position.partition]
        {
            position.offset = max(position.offset ?? 0, read)
        }
        return position
    }

    private func forged(_ membership: any GroupMembership) -> any GroupMembership {
        if plot.tells(.doesNotFence) { return SimMembership.none }
        return plot.tells(.capturesMembershipLate) ? group.membership : membership
    }

    /// A commit batch without its manifests, which are published at once.
    private func filtered(_ batch: CommitBatch) -> CommitBatch {
        guard let publish = plot.publish else { return batch }
        let rest = CommitBatch()
        rest.close(as: batch.name)
        for position in batch.positions { rest.append(position) }
        for record in batch.records where batch.isWanted(record) {
            let key = record.key.map { batch.slice($0) }
            let value = record.value.map { batch.slice($0) }
            if record.partition.topic == .state, let key = key.flatMap({ StateKey($0) }) {
                publish(key, value.map { Array($0) })
            } else {
                rest.append(
                    to: record.partition, of: batch.owners[Int(record.owner)], key: key,
                    value: value,
                    timestampMs: record.timestampMs, headers: record.headers)
            }
        }
        return rest
    }
}
