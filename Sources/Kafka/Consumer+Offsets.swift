import Broker
import CRdkafka

extension Consumer {
    /// Answers `.assigned`, or takes partitions by hand, each from an explicit offset.
    ///
    /// A partition's records wait in its own queue until a shard attaches it. By hand, call it once for
    /// a consumer: partitions of an earlier call may still be stopping.
    ///
    /// - Parameter isIncremental: as the event says; false replaces everything.
    /// - Throws: `.fatal` or `.fenced` when the client cannot go on.
    public func assign(
        _ starts: [PartitionOffset], isIncremental: Bool
    ) throws(BrokerError) {
        for start in starts {
            // Marks the queue as ours: records must not leak into the control queue.
            guard let queue = partitionQueue(start.partition) else { continue }
            rd_kafka_queue_forward(queue, nil)
            rd_kafka_queue_destroy(queue)
        }
        let list = PartitionList(starts, topics: topics)
        if isIncremental {
            try check(rd_kafka_incremental_assign(client.handle, list.pointer), "assign")
        } else {
            try check(rd_kafka_assign(client.handle, list.pointer), "assign")
        }
    }

    private func partitionQueue(_ partition: TopicPartition) -> OpaquePointer? {
        rd_kafka_queue_get_partition(
            client.handle, topics.name(partition.topic), partition.number)
    }

    /// Answers `.revoked`: everything goes, or with `isIncremental` only `partitions`.
    ///
    /// - Throws: `.fatal` or `.fenced` when the client cannot go on.
    public func unassign(
        _ partitions: [TopicPartition], isIncremental: Bool
    ) throws(BrokerError) {
        if isIncremental {
            let list = PartitionList(partitions, topics: topics)
            try check(rd_kafka_incremental_unassign(client.handle, list.pointer), "unassign")
        } else {
            try check(rd_kafka_assign(client.handle, nil), "unassign")
        }
    }

    /// Commits the next offsets to read, with their metadata, and waits for the answer.
    ///
    /// - Throws: `.abortTransaction` (`ILLEGAL_GENERATION`, `UNKNOWN_MEMBER_ID`) when the membership has
    ///   ended: somebody else owns the partitions, drop the work. `.retry` when a pause may help.
    public func commit(_ offsets: [PartitionOffset]) throws(BrokerError) {
        guard !offsets.isEmpty else { return }
        let list = PartitionList(offsets, topics: topics)
        try check(rd_kafka_commit(client.handle, list.pointer, 0), "commit")
        try list.check("commit")
    }

    /// The group's committed offsets and their metadata.
    ///
    /// - Throws: `.retry` or `.unreachable` when the coordinator does not answer in time.
    public func committed(
        _ partitions: [TopicPartition], timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> [PartitionOffset] {
        try client.committed(partitions, timeoutMs: timeoutMs)
    }

    /// The offsets kept by each partition; two requests a leader.
    ///
    /// - Throws: as `Admin.watermarks(_:timeoutMs:)`.
    public func watermarks(
        _ partitions: [TopicPartition], timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> [TopicPartition: OffsetRange] {
        try client.watermarks(partitions, timeoutMs: timeoutMs)
    }
}

extension BrokerError {
    /// The error of a position that a partition does not keep (any more).
    ///
    /// - Parameters:
    ///   - kept: what it keeps.
    ///   - action: what was being done.
    ///   - position: the position in words.
    public static func outside(
        _ kept: OffsetRange, _ action: String, _ position: String
    ) -> BrokerError {
        BrokerError(
            code: RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE.rawValue, action: action,
            text: "\(position) is outside the records kept, \(kept.low) to \(kept.high)")
    }
}
