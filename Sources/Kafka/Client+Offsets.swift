import Broker
import CRdkafka
import Glibc

/// Offset look-ups that consumers and admin clients share.
extension Client {
    /// ListOffsets' own timestamps.
    private static let latestTimestamp: Int64 = -1
    private static let earliestTimestamp: Int64 = -2
    /// Attempts after a stale leader or metadata still on its way (2.0 does not retry by itself).
    private static let attempts = 10

    func offsets(
        at ms: Int64, of partitions: [TopicPartition], timeoutMs: Int32
    ) throws(BrokerError) -> [TopicPartition: Int64] {
        let found = try listOffsets(max(0, ms), partitions, timeoutMs)
        // No record that late: the end.
        let beyond = partitions.filter { found[$0] == nil }
        let ends = try listOffsets(Client.latestTimestamp, beyond, timeoutMs)
        return found.merging(ends) { found, _ in found }
    }

    func watermarks(
        _ partitions: [TopicPartition], timeoutMs: Int32
    ) throws(BrokerError) -> [TopicPartition: OffsetRange] {
        let lows = try listOffsets(Client.earliestTimestamp, partitions, timeoutMs)
        let highs = try listOffsets(Client.latestTimestamp, partitions, timeoutMs)
        var marks: [TopicPartition: OffsetRange] = [:]
        for (partition, low) in lows {
            marks[partition] = OffsetRange(low: low, high: highs[partition] ?? low)
        }
        return marks
    }

    /// One ListOffsets request a leader.
    private func listOffsets(
        _ timestamp: Int64, _ partitions: [TopicPartition], _ timeoutMs: Int32
    ) throws(BrokerError) -> [TopicPartition: Int64] {
        guard !partitions.isEmpty else { return [:] }
        let action = "look up offsets"
        var last: BrokerError?
        for attempt in 0..<Client.attempts {
            // librdkafka pauses on its own where it waits for a leader; this is for stale answers.
            if attempt > 0 { usleep(UInt32(20_000 * attempt)) }
            let list = PartitionList(partitions, offset: timestamp, topics: topics)
            do throws(BrokerError) {
                try check(rd_kafka_offsets_for_times(handle, list.pointer, timeoutMs), action)
                try list.check(action)
                return Dictionary(
                    list.offsets(self).compactMap { found in
                        found.offset.map { (found.partition, $0) }
                    }
                ) { $1 }
            } catch {
                let isLate = error.code == .timedOut
                guard error.move == .retry, !isLate else { throw error }
                last = error
            }
        }
        throw last ?? BrokerError(code: RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue, action: action)
    }
}
