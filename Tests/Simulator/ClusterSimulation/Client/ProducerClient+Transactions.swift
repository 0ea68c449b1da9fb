import Broker
import Delivery

/// Taking a transactional id over, and transactions.
extension ProducerClient {
    // MARK: Beginning

    /// InitProducerId: fences earlier producers of the id, and waits until their transaction is decided.
    func initialize(_ done: @escaping Done) {
        guard transactionalID != nil else {
            // Nothing is waited for: records wait until there is an id.
            initializePlain()
            return done(nil)
        }
        begin(
            done, withinMs: settings.startTimeoutMs,
            late: ErrorCode.timedOut.error("take over the transactional id", move: .unreachable))
        acquire(expected: nil) { [self] in
            state = .ready
            finish(nil)
        }
    }

    private func initializePlain() {
        state = .ready
        call(.initProducerID, anyBroker) { [cluster] reply in
            reply(cluster.transactions.newProducer())
        } done: { [self] (identity: ProducerIdentity?) in
            guard let identity else {
                return after(ms(500)) { [self] in initializePlain() }
            }
            self.identity = identity
            pump()
        }
    }

    /// Asks until it has an identity; `expected` for a bump of its own.
    private func acquire(expected: ProducerIdentity?, _ done: @escaping () -> Void) {
        guard let transactionalID, state != .fatal else { return }
        let timeoutMs = settings.transactionTimeoutMs
        link.call(.initProducerID) { [cluster] broker, reply in
            cluster.transactions.begin(
                transactionalID, timeoutMs: timeoutMs, expected: expected, at: broker, reply: reply)
        } done: { [self] (reply: Result<ProducerIdentity, CodeError>?) in
            switch reply {
            case .success(let identity):
                self.identity = identity
                for partition in partitions { partition.restartSequence() }
                done()
                return
            case .failure(let error):
                _ = link.isElsewhere(error.code)
                if error.code == .producerFenced || error.code == .invalidProducerEpoch {
                    return end(error.code, "take over the transactional id")
                }
            case nil: break
            }
            // The library's own pause, whatever the back-off.
            after(ms(500)) { [self] in acquire(expected: expected, done) }
        }
    }

    /// Begins a transaction; nothing is sent for that.
    func beginTransaction() -> BrokerError? {
        if let error = refusal("begin a transaction", unless: .ready) { return error }
        state = .inTransaction
        transaction += 1
        requests = 0
        failure = nil
        deliveryFailure = nil
        isRegistering = false
        for partition in partitions { partition.isRegistered = false }
        return nil
    }

    // MARK: Offsets

    /// AddOffsetsToTxn at the transaction coordinator, then TxnOffsetCommit at the group's.
    func sendOffsets(
        _ positions: [PartitionOffset], _ member: MemberIdentity, _ done: @escaping Done
    ) {
        let action = "add offsets to the transaction"
        if let error = refusal(action, unless: .inTransaction) { return done(error) }
        guard !positions.isEmpty else { return done(nil) }
        begin(done, withinMs: settings.stepTimeoutMs, late: ErrorCode.timedOut.error(action))
        addOffsets(positions, member, transaction)
    }

    private func addOffsets(_ positions: [PartitionOffset], _ member: MemberIdentity, _ mine: Int) {
        guard isStepUnderWay, mine == transaction, let transactionalID, let identity else { return }
        requests += 1
        link.call(.addOffsets) { [cluster] broker, reply in
            cluster.transactions.addOffsets(
                to: transactionalID, of: identity, at: broker, reply: reply)
        } done: { [self] (reply: ErrorCode??) in
            guard mine == transaction, isStepUnderWay else { return }
            let action = "add offsets to the transaction"
            switch reply {
            case .some(nil): return commitOffsets(positions, member, identity, mine)
            case .some(let error?) where link.isElsewhere(error): break
            case .some(.concurrentTransactions), .some(.coordinatorLoading), nil: break
            case .some(.invalidProducerIDMapping):
                abortable(.invalidProducerIDMapping, action)
                return finish(failure)
            case .some(let error?): return end(error, action)
            }
            after(ms(settings.retryBackoffMs)) { [self] in addOffsets(positions, member, mine) }
        }
    }

    private func commitOffsets(
        _ positions: [PartitionOffset], _ member: MemberIdentity, _ identity: ProducerIdentity,
        _ mine: Int
    ) {
        groupLink.call(.transactionOffsets) { [cluster] broker, reply in
            cluster.group.commit(
                positions, from: member, producer: identity, at: broker, reply: reply)
        } done: { [self] (reply: ErrorCode??) in
            guard mine == transaction, isStepUnderWay else { return }
            let action = "commit offsets in the transaction"
            switch reply {
            case .some(nil): return finish(nil)
            case .some(let error?) where groupLink.isElsewhere(error): break
            case .some(.coordinatorLoading), .some(.concurrentTransactions),
                .some(.unknownTopicOrPartition), nil:
                break
            case .some(.invalidProducerEpoch), .some(.invalidTransactionState),
                .some(.invalidProducerIDMapping):
                return end((reply ?? nil) ?? .unknownServerError, action)
            case .some(let error?):
                abortable(error, action)
                return finish(failure)
            }
            after(ms(settings.offsetRetryMs)) { [self] in
                guard isStepUnderWay, mine == transaction else { return }
                commitOffsets(positions, member, identity, mine)
            }
        }
    }

    // MARK: Ending

    /// Commits; asked again after its time was up, it goes on waiting for the same commit.
    func commit(_ done: @escaping Done) {
        let action = "commit the transaction"
        if state == .committedUnasked {
            state = .ready
            return done(nil)
        }
        if let error = refusal(action, unless: .inTransaction, .committing) { return done(error) }
        let isNew = state == .inTransaction
        if isNew, requests == 0 {
            state = .ready
            return done(nil)
        }
        begin(done, withinMs: settings.stepTimeoutMs, late: ErrorCode.timedOut.error(action))
        state = .committing
        if isNew { endTransaction(commits: true, transaction) }
    }

    /// Takes the transaction back.
    func abort(_ done: @escaping Done) {
        let action = "abort the transaction"
        if let error = refusal(action, unless: .inTransaction, .abortable, .aborting) {
            return done(error)
        }
        if state == .fatal, let failure { return done(failure) }
        begin(done, withinMs: settings.stepTimeoutMs, late: ErrorCode.timedOut.error(action))
        guard state != .aborting else { return }
        state = .aborting
        purge()
        abortWhenQuiet(transaction)
    }

    /// Batches under way are waited for.
    private func abortWhenQuiet(_ mine: Int) {
        guard mine == transaction, state == .aborting else { return }
        guard partitions.allSatisfy(\.batches.isEmpty) else {
            return after(ms(2)) { [self] in abortWhenQuiet(mine) }
        }
        if requests == 0 { aborted() } else { endTransaction(commits: false, mine) }
    }

    /// EndTxn, repeated until it is answered, even where the program has stopped waiting.
    private func endTransaction(commits: Bool, _ mine: Int) {
        guard mine == transaction, let transactionalID, let identity else { return }
        link.call(.endTransaction) { [cluster] broker, reply in
            cluster.transactions.end(
                transactionalID, commits: commits, of: identity, at: broker, reply: reply)
        } done: { [self] (reply: ErrorCode??) in
            guard mine == transaction, state == .committing || state == .aborting else { return }
            switch reply {
            case .some(nil): return commits ? committed() : aborted()
            case .some(let error?) where link.isElsewhere(error): break
            case .some(.concurrentTransactions), .some(.coordinatorLoading), nil: break
            case .some(.unknownServerError), .some(.invalidProducerIDMapping):
                return endFailed((reply ?? nil) ?? .unknownServerError, commits)
            case .some(let error?): return end(error, "end the transaction")
            }
            after(ms(settings.retryBackoffMs)) { [self] in endTransaction(commits: commits, mine) }
        }
    }

    private func committed() {
        state = isStepUnderWay ? .ready : .committedUnasked
        finish(nil)
    }

    /// An error the library does not know makes the transaction abortable, whatever became of it.
    private func endFailed(_ error: ErrorCode, _ commits: Bool) {
        guard commits else { return end(error, "abort the transaction") }
        abortable(error, "commit the transaction")
        finish(failure)
    }

    private func aborted() {
        deliveryFailure = nil
        guard needsBump, let identity else {
            state = .ready
            return finish(nil)
        }
        acquire(expected: identity) { [self] in
            needsBump = false
            state = .ready
            finish(nil)
        }
    }

    // MARK: Without transactions

    /// OffsetCommit through the group.
    ///
    /// - Parameter member: asked at each attempt: the library commits under the membership it has then.
    func commitOffsets(
        _ positions: [PartitionOffset], _ member: @escaping () -> MemberIdentity,
        _ done: @escaping Done
    ) {
        guard !positions.isEmpty else { return done(nil) }
        begin(
            done, withinMs: settings.stepTimeoutMs,
            late: ErrorCode.timedOut.error("commit offsets", move: .unreachable))
        commitOffsets(positions, member)
    }

    private func commitOffsets(
        _ positions: [PartitionOffset], _ asked: @escaping () -> MemberIdentity
    ) {
        guard isStepUnderWay else { return }
        let member = asked()
        groupLink.call(.offsetCommit) { [cluster] broker, reply in
            cluster.group.commit(positions, from: member, at: broker, reply: reply)
        } done: { [self] (reply: ErrorCode??) in
            guard isStepUnderWay else { return }
            switch reply {
            case .some(nil): return finish(nil)
            case .some(let error?) where groupLink.isElsewhere(error): break
            case .some(.coordinatorLoading), nil: break
            case .some(let error?): return finish(error.error("commit offsets"))
            }
            after(ms(100)) { [self] in commitOffsets(positions, asked) }
        }
    }
}
