import Broker

/// Appending, as a leader does it (Kafka: `UnifiedLog.append`, `ProducerAppendInfo`).
extension PartitionLog {
    /// Appends a producer's batch; one that is there already is acknowledged again and not appended.
    ///
    /// - Parameter isOngoing: whether the transaction coordinator knows the transaction; asked only for a
    ///   transaction's first batch here.
    /// - Returns: `invalidProducerEpoch` for an older epoch than one seen, `outOfOrderSequence` where a batch is
    ///   missing, `invalidTransactionState` for a transaction that is over.
    func append(
        _ batch: RecordBatch, nowMs: Int64, isOngoing: () -> ErrorCode?
    ) -> ErrorCode? {
        guard let first = batch.baseSequence else { return .outOfOrderSequence }
        let last = first + Int32(batch.records.count) - 1
        var producer = producers[batch.producer.id] ?? ProducerState()
        if producer.duplicate(of: first, last, epoch: batch.producer.epoch) != nil { return nil }
        if batch.isTransactional, producer.transactionStart == nil, let error = isOngoing() {
            return error
        }
        if batch.producer.epoch < producer.epoch { return .invalidProducerEpoch }
        guard producer.accepts(first, epoch: batch.producer.epoch) else {
            return .outOfOrderSequence
        }
        producer.append(
            ProducerState.Batch(firstSequence: first, lastSequence: last, baseOffset: endOffset),
            epoch: batch.producer.epoch)
        if batch.isTransactional, producer.transactionStart == nil {
            producer.transactionStart = endOffset
            openTransactions.append(
                OpenTransaction(producerID: batch.producer.id, firstOffset: endOffset))
        }
        producers[batch.producer.id] = producer
        write(batch, first, nowMs)
        return nil
    }

    private func write(_ batch: RecordBatch, _ firstSequence: Int32, _ nowMs: Int64) {
        var sequence = firstSequence
        for template in batch.records {
            var record = template
            record.producerID = batch.producer.id
            record.epoch = batch.producer.epoch
            record.sequence = sequence
            record.offset = endOffset
            if record.timestampMs < 0 { record.timestampMs = nowMs }
            if batch.isTransactional { record.flags.insert(.transactional) }
            records.append(record)
            sequence += 1
            endOffset += 1
        }
        timeline.mix(UInt64(bitPattern: endOffset) ^ (UInt64(id.topic.number) << 56))
        changed()
    }

    /// Appends records that no transaction and no producer state concerns, such as a test's input.
    func append(plain templates: ContiguousArray<LogRecord>, nowMs: Int64) {
        for template in templates {
            var record = template
            record.offset = endOffset
            if record.timestampMs < 0 { record.timestampMs = nowMs }
            records.append(record)
            endOffset += 1
        }
        timeline.mix(UInt64(bitPattern: endOffset))
        changed()
    }

    /// Appends the marker that ends a producer's transaction, whether it has records here or not.
    ///
    /// - Returns: `invalidProducerEpoch` for a marker of an older epoch than one seen.
    func end(
        producerID: Int64, epoch: Int16, commits: Bool, coordinatorEpoch: Int32, nowMs: Int64
    ) -> ErrorCode? {
        var producer = producers[producerID] ?? ProducerState()
        if epoch < producer.epoch { return .invalidProducerEpoch }
        if coordinatorEpoch < producer.coordinatorEpoch { return .notCoordinator }
        let start = producer.transactionStart
        producer.end(epoch: epoch, coordinatorEpoch: coordinatorEpoch)
        producers[producerID] = producer
        var marker = LogRecord(timestampMs: nowMs)
        marker.offset = endOffset
        marker.producerID = producerID
        marker.epoch = epoch
        marker.flags = commits ? [.control, .commit] : [.control]
        if let start {
            openTransactions.removeAll { $0.producerID == producerID }
            if !commits { markAborted(producerID, from: start) }
        }
        records.append(marker)
        endOffset += 1
        timeline.mix(UInt64(bitPattern: endOffset) ^ (commits ? 0xC0 : 0xAB))
        changed()
        return nil
    }

    private func markAborted(_ producerID: Int64, from start: Int64) {
        for index in index(of: start)..<records.count
        where records[index].producerID == producerID && !records[index].isControl {
            records[index].flags.insert(.aborted)
        }
        abortedTransactions.append(
            AbortedTransaction(
                producerID: producerID, firstOffset: start, lastOffset: endOffset))
    }
}
