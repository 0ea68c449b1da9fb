import Broker
import Kafka
import KafkaTestSupport
import TestSupport
import Testing

/// Partitions held back and let go again, on librdkafka's mock cluster.
@Suite(.serialized) struct HoldTests {
    /// A member that reads `partitions` partitions of `records` records each, all fetched.
    private func member(_ cluster: MockCluster, partitions: Int32, records: Int) throws -> Member {
        try cluster.createTopic("t", partitions: partitions)
        let properties = try Properties(bootstrapServers: cluster.bootstrapServers)
        let producer = try Producer(properties: properties, topics: ["t"])
        for index in 0..<records {
            for partition in 0..<partitions { try producer.send("\(index)", to: partition) }
        }
        try producer.flush(timeoutMs: 30_000)
        let member = try Member(cluster.bootstrapServers, topics: ["t"], role: .reader)
        try member.take((0..<partitions).map { TopicPartition(0, $0) })
        let end = ContinuousClock.now + .seconds(30)
        while member.queue.backlog < Int(partitions) * records {
            try #require(ContinuousClock.now < end, "the records were not fetched")
        }
        return member
    }

    @Test("a partition held again while half of what it kept aside is taken loses nothing")
    func heldWhileHalfTaken() throws {
        let cluster = try MockCluster()
        let member = try member(cluster, partitions: 1, records: 100)
        let partition = TopicPartition(0, 0)
        let queue = member.queue
        queue.hold(partition)
        member.pull(timeoutMs: 0)
        #expect(member.seen.isEmpty)
        queue.release(partition)
        member.pull(max: 10, timeoutMs: 0)
        #expect(member.seen.count == 10)
        queue.hold(partition)
        // Ten of the rest are put aside again; they are older than the eighty behind them.
        member.pull(max: 10, timeoutMs: 0)
        #expect(member.seen.count == 10)
        queue.release(partition)
        #expect(try member.pump { $0.seen.count == 100 })
        #expect(member.seen.map(\.offset) == Array(0..<100))
        #expect(queue.counters == ShardQueue.Counters(duplicates: 0, stale: 0, records: 100))
    }

    @Test("holds and releases at random moments keep every record, once and in order")
    func random() throws {
        let cluster = try MockCluster()
        let records = 2_000
        let member = try member(cluster, partitions: 4, records: records)
        let seed = UInt64.random(in: 0 ... .max)
        var random = TestRandom(seed: seed)
        let partitions = (0..<Int32(4)).map { TopicPartition(0, $0) }
        for _ in 0..<2_000 {
            let partition = partitions[Int.random(in: 0..<4, using: &random)]
            switch Int.random(in: 0..<3, using: &random) {
            case 0: member.queue.hold(partition)
            case 1: member.queue.release(partition)
            default: member.pull(max: Int.random(in: 1...20, using: &random), timeoutMs: 0)
            }
        }
        for partition in partitions { member.queue.release(partition) }
        #expect(try member.pump { $0.seen.count >= 4 * records }, "seed \(seed)")
        for partition in partitions {
            let offsets = member.seen.filter { $0.partition == partition }.map(\.offset)
            #expect(offsets == Array(0..<Int64(records)), "seed \(seed)")
        }
        #expect(member.queue.counters.duplicates == 0, "seed \(seed)")
    }
}
