import Delivery

/// Sending batches to leaders, and partitions to the transaction coordinator first.
extension ProducerClient {
    /// Sends whatever may be sent now.
    func pump() {
        guard !isClosed, state == .inTransaction || transactionalID == nil else { return }
        var isMissing = false
        for partition in partitions where !partition.batches.isEmpty {
            if transactionalID != nil, !partition.isRegistered {
                isMissing = true
            } else {
                send(partition)
            }
        }
        if isMissing { register() }
    }

    // MARK: Registering

    /// AddPartitionsToTxn, one request at a time.
    private func register() {
        guard !isRegistering, let transactionalID, let identity else { return }
        let missing = partitions.filter { !$0.isRegistered && !$0.batches.isEmpty }
        isRegistering = true
        requests += 1
        let mine = transaction
        let ids = missing.map(\.id)
        link.call(.addPartitions) { [cluster] broker, reply in
            cluster.transactions.add(
                ids, to: transactionalID, of: identity, at: broker, reply: reply)
        } done: { [self] (reply: ErrorCode??) in
            guard mine == transaction else { return }
            isRegistering = false
            guard state == .inTransaction else { return }
            registered(missing, reply)
        }
    }

    private func registered(_ asked: [OutgoingPartition], _ reply: ErrorCode??) {
        guard let reply else { return registerAgain(500) }
        switch reply {
        case nil:
            for partition in asked { partition.isRegistered = true }
            pump()
        case .concurrentTransactions: registerAgain(20)
        case .notCoordinator, .coordinatorNotAvailable:
            link.forget()
            registerAgain(500)
        case .coordinatorLoading, .unknownTopicOrPartition: registerAgain(500)
        case .invalidProducerIDMapping:
            abortable(.invalidProducerIDMapping, "add partitions to the transaction", bump: true)
        case .topicAuthorizationFailed:
            abortable(.topicAuthorizationFailed, "add partitions to the transaction")
        case .some(let error): end(error, "add partitions to the transaction")
        }
    }

    private func registerAgain(_ delayMs: Int64) {
        let mine = transaction
        after(ms(delayMs)) { [self] in if mine == transaction { pump() } }
    }

    // MARK: Batches

    private func send(_ partition: OutgoingPartition) {
        guard state == .inTransaction || transactionalID == nil, !partition.isUnderWay,
            !partition.isPausing, let identity, let batch = partition.next(identity)
        else { return }
        guard let leader = partition.leader ?? cluster.log(partition.id)?.leader else {
            return sendAgain(partition)
        }
        partition.leader = leader
        partition.isUnderWay = true
        let id = partition.id
        call(.produce, leader) { [cluster] reply in
            cluster.produce(batch, to: id, at: leader, reply: reply)
        } done: { [self] (reply: ErrorCode??) in
            partition.isUnderWay = false
            // It may have been given up meanwhile.
            if partition.batches.first === batch { sent(batch, partition, reply) }
            checkFlush()
        }
    }

    private func sent(_ batch: RecordBatch, _ partition: OutgoingPartition, _ reply: ErrorCode??) {
        guard state != .aborting, state != .abortable else {
            // Given up: its sequence numbers are used only where it was taken.
            if case .some(nil) = reply {} else { needsBump = true }
            return partition.clear()
        }
        guard let reply else { return sendAgain(partition) }
        switch reply {
        case nil:
            partition.acknowledge(self)
            send(partition)
        case .notLeader, .leaderNotAvailable, .notEnoughReplicas, .unknownTopicOrPartition:
            sendAgain(partition)
        case .invalidProducerEpoch where transactionalID != nil, .outOfOrderSequence:
            end(reply ?? .unknownServerError, "deliver to \(partition.id)")
        case .some(let error):
            if deliveryFailure == nil {
                deliveryFailure = error.error("deliver to \(partition.id)")
            }
            partition.clear()
            guard transactionalID != nil else { return end(error, "deliver to \(partition.id)") }
            abortable(error, "deliver to \(partition.id)", bump: true)
        }
    }

    /// The leader may be another one: metadata first.
    private func sendAgain(_ partition: OutgoingPartition) {
        partition.leader = nil
        partition.isPausing = true
        let mine = transaction
        after(random.pick(ms(5)...ms(100))) { [self] in
            partition.isPausing = false
            if mine == transaction { send(partition) }
        }
    }
}
