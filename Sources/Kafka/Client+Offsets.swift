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
    ) throws(KafkaError) -> [PartitionOffset] {
        let found = try listOffsets(max(0, ms), partitions, timeoutMs)
        // No record that late: the end.
        let beyond = found.filter { $0.offset < 0 }.map(\.partition)
        let ends = try listOffsets(Client.latestTimestamp, beyond, timeoutMs)
        return (found.filter { $0.offset >= 0 } + ends).sorted { $0.partition < $1.partition }
    }

    func watermarks(
        _ partitions: [TopicPartition], timeoutMs: Int32
    ) throws(KafkaError) -> [TopicPartition: Watermarks] {
        let lows = try listOffsets(Client.earliestTimestamp, partitions, timeoutMs)
        let highs = try listOffsets(Client.latestTimestamp, partitions, timeoutMs)
        var marks: [TopicPartition: Watermarks] = [:]
        for low in lows { marks[low.partition] = Watermarks(low: low.offset, high: low.offset) }
        for high in highs { marks[high.partition]?.high = high.offset }
        return marks
    }

    /// One ListOffsets request a leader.
    private func listOffsets(
        _ timestamp: Int64, _ partitions: [TopicPartition], _ timeoutMs: Int32
    ) throws(KafkaError) -> [PartitionOffset] {
        guard !partitions.isEmpty else { return [] }
        let action = "look up offsets"
        var last: KafkaError?
        for attempt in 0..<Client.attempts {
            // librdkafka pauses on its own where it waits for a leader; this is for stale answers.
            if attempt > 0 { usleep(UInt32(20_000 * attempt)) }
            let list = PartitionList(
                partitions.map { PartitionOffset($0, offset: timestamp) }, topics: topics)
            do throws(KafkaError) {
                try check(rd_kafka_offsets_for_times(handle, list.pointer, timeoutMs), action)
                try list.check(action, topics: topics)
                return list.offsets(self)
            } catch {
                let isLate = error.detail.code == RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue
                guard error.move == .retry, !isLate else { throw error }
                last = error
            }
        }
        throw last ?? KafkaError(code: RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue, action: action)
    }
}
