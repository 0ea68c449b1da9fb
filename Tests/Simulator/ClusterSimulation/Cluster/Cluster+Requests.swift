import Broker
import Delivery

/// What brokers do with requests that concern partitions.
extension Cluster {
    /// Whether a partition's leader can have a batch acknowledged now.
    func canAppend(to log: PartitionLog) -> Bool {
        log.leader != nil && hasQuorum && timeline.nowUs >= log.placement.stalledUntilUs
    }

    /// Why a broker does not serve a partition; nil where it leads it.
    func refusal(_ log: PartitionLog?, at broker: Int) -> ErrorCode? {
        guard let log, !log.isDeleted else { return .unknownTopicOrPartition }
        return log.leader == broker ? nil : .notLeader
    }

    /// Produce: a batch for one partition, acknowledged by all replicas.
    func produce(
        _ batch: RecordBatch, to partition: TopicPartition, at broker: Int,
        reply: @escaping (ErrorCode?) -> Void
    ) {
        let log = log(partition)
        if let error = refusal(log, at: broker) { return reply(error) }
        guard let log else { return reply(.unknownTopicOrPartition) }
        if readOnlyTopics.contains(partition.topic) { return reply(.topicAuthorizationFailed) }
        guard hasQuorum else { return reply(.notEnoughReplicas) }
        let stallUs = log.placement.stalledUntilUs - timeline.nowUs
        guard stallUs <= 0 else {
            // A follower is waited for; where the leader dies meanwhile, the batch is lost with it.
            let term = log.placement.epoch
            return timeline.after(stallUs) { [self] in
                if log.placement.epoch == term {
                    produce(batch, to: partition, at: broker, reply: reply)
                } else {
                    reply(.notLeader)
                }
            }
        }
        let error = log.append(batch, nowMs: wallMs) {
            guard settings.verifiesTransactions else { return nil }
            return transactions.refusal(of: batch.producer, on: partition)
        }
        if let error {
            timeline.note("\(partition) refuses a batch: \(error)")
            return reply(error)
        }
        timeline.note(
            "\(partition) has \(batch.records.count) more, up to \(log.endOffset), of "
                + "\(batch.producer.id)/\(batch.producer.epoch)")
        timeline.after(random.pick(settings.replicationUs)) { reply(nil) }
    }

    /// FindCoordinator for the group.
    func groupCoordinator() -> Int? { group.placement.leader }

    /// FindCoordinator for a transactional id.
    func transactionCoordinator(of name: String) -> Int? {
        transactions.placements[transactions.partition(of: name)].leader
    }
}
