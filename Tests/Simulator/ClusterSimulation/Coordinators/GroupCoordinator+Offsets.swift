import Broker
import Delivery

/// Committed offsets. Who may commit is decided by member and generation, never by who owns a partition
/// (Kafka: `OffsetMetadataManager`, `ClassicGroup.validateOffsetCommit`).
extension GroupCoordinator {
    /// OffsetCommit, without a transaction.
    func commit(
        _ positions: [PartitionOffset], from identity: MemberIdentity, at broker: Int,
        reply: @escaping (ErrorCode?) -> Void
    ) {
        if let error = refusal(ofCommit: identity, at: broker) { return reply(error) }
        if state == .completing { return reply(.rebalanceInProgress) }
        if let member = member(identity.memberID) { touch(member) }
        offsets.commit(commits(positions, identity, producerID: -1))
        note(positions, "committed")
        timeline.after(appendUs()) { reply(nil) }
    }

    /// TxnOffsetCommit: takes effect when the transaction does. A group that waits for its leader's assignment
    /// takes it too, unlike a plain commit.
    func commit(
        _ positions: [PartitionOffset], from identity: MemberIdentity, producer: ProducerIdentity,
        at broker: Int, reply: @escaping (ErrorCode?) -> Void
    ) {
        if let error = cluster.refusal(placement, at: broker) { return reply(error) }
        if settings.verifiesTransactions, !offsets.hasPending(producer.id),
            let error = cluster.transactions.refusal(ofGroupIn: producer)
        {
            return reply(error)
        }
        // Without a word on the membership nothing is checked.
        if identity != SimMembership.none.identity,
            let error = refusal(ofCommit: identity, at: broker)
        {
            return reply(error)
        }
        let commits = commits(positions, identity, producerID: producer.id)
        guard offsets.addPending(commits, producerID: producer.id, epoch: producer.epoch) else {
            return reply(.invalidProducerEpoch)
        }
        note(positions, "pending")
        timeline.after(appendUs()) { reply(nil) }
    }

    private func note(_ positions: [PartitionOffset], _ what: String) {
        for position in positions {
            timeline.mix(UInt64(bitPattern: position.offset ?? -1))
            timeline.note("\(position.partition) \(what) at \(position.offset ?? -1)")
        }
    }

    private func refusal(ofCommit identity: MemberIdentity, at broker: Int) -> ErrorCode? {
        if let error = cluster.refusal(placement, at: broker) { return error }
        if identity.generation < 0, state == .empty { return nil }
        if let error = refusal(of: identity) { return error }
        return identity.generation == generation ? nil : .illegalGeneration
    }

    private func commits(
        _ positions: [PartitionOffset], _ identity: MemberIdentity, producerID: Int64
    ) -> [OffsetCommit] {
        positions.map {
            OffsetCommit(
                position: $0, timeMs: timeline.nowMs, generation: identity.generation,
                instanceID: identity.instanceID, producerID: producerID, order: 0)
        }
    }

    /// WriteTxnMarkers for the group's offsets.
    func end(_ producer: ProducerIdentity, commits: Bool) -> Bool {
        offsets.end(
            producerID: producer.id, epoch: producer.epoch, commits: commits, nowMs: timeline.nowMs)
    }

    /// OffsetFetch. With `stable` it refuses while a transaction may still change one of the offsets.
    func committed(
        _ partitions: [TopicPartition], stable: Bool, at broker: Int
    ) -> Result<[PartitionOffset], CodeError> {
        if let error = cluster.refusal(placement, at: broker) { return .failure(CodeError(error)) }
        if stable, partitions.contains(where: { offsets.isPending($0) }) {
            return .failure(CodeError(.unstableOffsetCommit))
        }
        return .success(
            partitions.map { partition in
                offsets.committed(partition)?.position ?? PartitionOffset(partition, offset: nil)
            })
    }

    func forget(_ topic: Topic) { offsets.forget(topic) }
}

/// An error code that can be a failure.
struct CodeError: Error {
    var code: ErrorCode

    init(_ code: ErrorCode) { self.code = code }
}

/// A transactional producer as brokers tell it: its id, and the epoch that fences earlier ones.
struct ProducerIdentity: Equatable {
    var id: Int64
    var epoch: Int16
}
