import Broker
import CRdkafka
import Glibc

/// What a group has committed, read and written through its consumer from any thread.
///
/// Keeps the consumer's client alive. Works until the group is left.
public final class GroupOffsets: Sendable {
    private let client: Client
    private let group: String

    init(client: Client, group: String) {
        self.client = client
        self.group = group
    }

    /// The consumer's topics.
    public var topics: TopicNames { client.topics }

    /// The membership as it is now.
    public func currentMembership() -> GroupMetadata { GroupMetadata(capturedFrom: client) }

    /// The group's committed offsets and their metadata.
    ///
    /// Only stable ones: while a transaction on a partition is pending, or the coordinator moves, the question
    /// is asked again until `timeoutMs` milliseconds are over.
    ///
    /// - Throws: `.retry` or `.unreachable` when there is no answer in time.
    public func committed(
        _ partitions: [TopicPartition], timeoutMs: Int32 = 10_000
    ) throws(BrokerError) -> [PartitionOffset] {
        let end = ContinuousClock.now + .milliseconds(Int(timeoutMs))
        while true {
            let rest = max(1, ContinuousClock.now.milliseconds(until: end))
            do throws(BrokerError) {
                return try client.committed(partitions, timeoutMs: Int32(rest))
            } catch {
                let isLate = error.code == .timedOut
                guard error.move == .retry, !isLate, ContinuousClock.now < end else {
                    throw isLate ? reason(of: error) : error
                }
                usleep(20_000)
            }
        }
    }

    /// What is behind a time-out: librdkafka itself asks again while a transaction is pending, and says nothing.
    ///
    /// Not asked through the admin API: in 2.0 a request to a coordinator that is answered after its time-out
    /// ends the process.
    private func reason(of error: BrokerError) -> BrokerError {
        var list: UnsafePointer<rd_kafka_group_list>?
        let code = rd_kafka_list_groups(client.handle, group, &list, 3_000)
        defer { if let list { rd_kafka_group_list_destroy(list) } }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let list, list.pointee.group_cnt == 1,
            list.pointee.groups?.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR
        else { return error.moved(to: .unreachable) }
        // The coordinator answers, and yet has no stable offset to tell.
        return BrokerError(
            code: RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT.rawValue, action: error.action)
    }

    /// Commits the next offsets to read, with their metadata, under a membership that must still last.
    ///
    /// librdkafka commits under the membership it has at the moment: a commit that began just before a
    /// rebalance may be taken by the next generation. Only transactions close that gap.
    ///
    /// - Throws: `.abortTransaction` (`ILLEGAL_GENERATION` and its like) when the membership has ended:
    ///   nothing was committed. `.unreachable` when there is no answer in time: it may have been.
    public func commit(
        _ offsets: [PartitionOffset], under membership: GroupMetadata, timeoutMs: Int32
    ) throws(BrokerError) {
        guard membership.isValid, membership.isSame(as: currentMembership()) else {
            throw BrokerError(
                code: RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION.rawValue, action: "commit offsets",
                text: "the partitions' membership has ended")
        }
        guard !offsets.isEmpty else { return }
        let list = PartitionList(offsets, topics: topics)
        let queue = rd_kafka_queue_new(client.handle)
        defer { rd_kafka_queue_destroy(queue) }
        try check(
            rd_kafka_commit_queue(client.handle, list.pointer, queue, nil, nil), "commit offsets")
        guard let event = rd_kafka_queue_poll(queue, timeoutMs) else {
            throw BrokerError(
                code: RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue, action: "commit offsets"
            ).moved(to: .unreachable)
        }
        defer { rd_kafka_event_destroy(event) }
        try client.checkCommit(event)
    }
}

extension ContinuousClock.Instant {
    /// Milliseconds from here to a later instant; negative where it has passed.
    func milliseconds(until end: ContinuousClock.Instant) -> Int {
        let (seconds, attoseconds) = (end - self).components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}

extension Consumer {
    /// A way to the group's committed offsets from any thread.
    public func makeGroupOffsets() -> GroupOffsets { GroupOffsets(client: client, group: group) }
}

extension Client {
    func committed(
        _ partitions: [TopicPartition], timeoutMs: Int32
    ) throws(BrokerError) -> [PartitionOffset] {
        guard !partitions.isEmpty else { return [] }
        let list = PartitionList(partitions, topics: topics)
        let code = rd_kafka_committed(handle, list.pointer, timeoutMs)
        try check(code, "read committed offsets")
        try list.check("read the committed offset of")
        return list.offsets(self)
    }

    /// Throws what an event says of a commit that has failed.
    func checkCommit(_ event: OpaquePointer) throws(BrokerError) {
        let list = rd_kafka_event_topic_partition_list(event)
        let elements = UnsafeBufferPointer(
            start: list?.pointee.elems, count: Int(list?.pointee.cnt ?? 0))
        try check(rd_kafka_event_error(event), "commit offsets")
        for element in elements { try check(element.err, "commit offsets") }
    }
}
