import Broker
import Delivery

/// The group leader's assignment.
struct Assignment {
    var members: [JoinReply.Member]
    var counts: [(Topic, Int)]

    /// Partitions by member id.
    func make(cooperative: Bool) -> [UInt64: [TopicPartition]] {
        cooperative ? sticky() : range()
    }

    /// Static members by instance id, others by member id (librdkafka: `rd_kafka_group_member_cmp`).
    private var sorted: [JoinReply.Member] {
        members.sorted { a, b in
            if let left = a.instanceID, let right = b.instanceID { return left < right }
            return a.id < b.id
        }
    }

    /// By topic, contiguous runs in the order of members; the first get one more.
    private func range() -> [UInt64: [TopicPartition]] {
        var result: [UInt64: [TopicPartition]] = [:]
        for member in members { result[member.id] = [] }
        for (topic, count) in counts where count > 0 {
            let subscribers = sorted.filter { $0.topics.contains(topic) }
            guard !subscribers.isEmpty else { continue }
            let share = count / subscribers.count
            let extra = count % subscribers.count
            var next = 0
            for (index, member) in subscribers.enumerated() {
                let size = share + (index < extra ? 1 : 0)
                result[member.id, default: []] += (next..<next + size).map {
                    TopicPartition(topic, Int32($0))
                }
                next += size
            }
        }
        return result
    }

    /// Everybody keeps what it has up to its share; what nobody has is given to who has least. What is above a
    /// share is given to nobody: its owner gives it back, and it is given in the rebalance after.
    private func sticky() -> [UInt64: [TopicPartition]] {
        let all = counts.flatMap { topic, count in
            (0..<count).map { TopicPartition(topic, Int32($0)) }
        }
        let members = sorted
        guard !members.isEmpty else { return [:] }
        let share = (all.count + members.count - 1) / members.count
        var result: [UInt64: [TopicPartition]] = [:]
        var taken: Set<TopicPartition> = []
        for member in members {
            let owned = member.owned.filter { all.contains($0) && !taken.contains($0) }
            result[member.id] = Array(owned.prefix(share))
            taken.formUnion(owned)
        }
        for partition in all where !taken.contains(partition) {
            guard
                let least = members.min(by: { a, b in
                    (result[a.id]?.count ?? 0) < (result[b.id]?.count ?? 0)
                })
            else { break }
            result[least.id, default: []].append(partition)
        }
        return result
    }
}
