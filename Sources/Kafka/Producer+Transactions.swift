import Broker
import CRdkafka

/// Transactions: what a commit batch is made of.
///
/// After any outcome that is neither success nor `.abortTransaction` the producer must be dropped and made
/// anew with the same transactional id; `initTransactions` then fences whatever is under way, and the
/// committed offsets tell whether the batch had landed. Never commit twice on one producer.
extension Producer {
    /// Takes the transactional id over from any earlier producer; once, before anything else.
    ///
    /// - Throws: `.retry` or `.unreachable` when the coordinator does not answer: call it again;
    ///   `.fatal`, `.fenced`, `.configuration` otherwise.
    public func initTransactions(timeoutMs: Int32) throws(BrokerError) {
        let error = rd_kafka_init_transactions(client.handle, timeoutMs)
        try check(error, "take over the transactional id")
    }

    /// What stands in the way of the present transaction, as the first failure of it said; nil where nothing
    /// does. Records taken back for it only say that they were.
    public func transactionError() -> BrokerError? {
        // Asking for a second transaction within one changes nothing, and is refused with the reason.
        guard let error = rd_kafka_begin_transaction(client.handle) else { return nil }
        defer { rd_kafka_error_destroy(error) }
        guard rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__STATE else { return nil }
        let plain = BrokerError(
            code: rd_kafka_error_code(error).rawValue, action: "transaction",
            text: String(cString: rd_kafka_error_string(error)))
        if rd_kafka_error_is_fatal(error) != 0 { return plain.settled(.fatal) }
        return plain.abortable
    }

    /// Begins a transaction.
    public func beginTransaction() throws(BrokerError) {
        try check(rd_kafka_begin_transaction(client.handle), "begin a transaction")
    }

    /// Adds consumer offsets, with their metadata, to the transaction.
    ///
    /// - Parameters:
    ///   - offsets: the next offsets to read.
    ///   - topics: what their topics are called.
    ///   - group: the membership captured when the partitions were assigned, never a later one.
    /// - Throws: `.abortTransaction` when that membership has ended.
    public func sendOffsets(
        _ offsets: [PartitionOffset], topics: TopicNames, group: GroupMetadata, timeoutMs: Int32
    ) throws(BrokerError) {
        let list = PartitionList(offsets, topics: topics)
        let error = rd_kafka_send_offsets_to_transaction(
            client.handle, list.pointer, group.pointer, timeoutMs)
        try check(error, "add offsets to the transaction")
    }

    /// Flushes and commits.
    ///
    /// - Throws: `.abortTransaction` when it can only be aborted; any other error leaves the outcome
    ///   unknown.
    public func commitTransaction(timeoutMs: Int32) throws(BrokerError) {
        let error = rd_kafka_commit_transaction(client.handle, timeoutMs)
        // Failures of single records are told by the commit.
        _ = client.box.takeFailures()
        try check(error, "commit the transaction")
    }

    /// Takes back every record of the transaction.
    ///
    /// - Throws: `.retry` to call it again; anything else ends the producer.
    public func abortTransaction(timeoutMs: Int32) throws(BrokerError) {
        let error = rd_kafka_abort_transaction(client.handle, timeoutMs)
        _ = client.box.takeFailures()
        try check(error, "abort the transaction")
    }
}
