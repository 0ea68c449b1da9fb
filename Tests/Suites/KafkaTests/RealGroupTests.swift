import Broker
import Kafka
import TestSupport
import Testing

/// Groups, commits and offsets, on a real Apache Kafka.
@Suite(.serialized, .enabled(if: KafkaCluster.isAvailable, "no Kafka"))
struct RealGroupTests {
    @Test("two members share the partitions, epochs rise, and each record is seen by its owner")
    func rebalance() throws {
        let topic = try RealTopic("rebalance", partitions: 4)
        try topic.fill(50)
        let group = topic.name
        let first = try topic.member(group: group, instanceID: "a")
        try first.consumer.subscribe()
        #expect(try first.pump { $0.ends.count == 4 })
        #expect(first.events == ["assigned 4 epoch 1"])
        #expect(first.seen.count == 200)
        let offsets = topic.partitions.map { PartitionOffset($0, offset: 50, metadata: "p") }
        try first.consumer.commit(offsets)

        let second = try topic.member(group: group, instanceID: "b")
        try second.consumer.subscribe()
        let bothHaveTwo = try first.pump { member in
            _ = try? second.control(timeoutMs: 0)
            second.pull()
            return member.assigned.count == 2 && second.assigned.count == 2
        }
        #expect(bothHaveTwo)
        #expect(first.events == ["assigned 4 epoch 1", "revoked 4 epoch 1", "assigned 2 epoch 2"])
        #expect(first.assigned.isDisjoint(with: second.assigned))

        try topic.fill(10)
        let all = try first.pump { member in
            _ = try? second.control(timeoutMs: 0)
            second.pull()
            return member.seen.count == 220 && second.seen.count == 20
        }
        #expect(all, "\(first.seen.count) and \(second.seen.count) records")
        #expect(
            second.seen.allSatisfy { $0.offset >= 50 && second.assigned.contains($0.partition) })
        #expect(first.seen.suffix(20).allSatisfy { $0.epoch == 2 && $0.offset >= 50 })
        try second.close()
        try first.close()
    }

    @Test("offsets and their metadata come back from a later member of the group")
    func commitMetadata() throws {
        let topic = try RealTopic("commit", partitions: 2)
        let role = Properties.Role.consumer(group: topic.name, instanceID: nil)
        let writer = try Member(topic.servers, topics: [topic.name], role: role)
        try writer.consumer.subscribe()
        #expect(try writer.pump { $0.assigned.count == 2 })
        let kept = PartitionOffset(topic.partitions[1], offset: 0, metadata: "time=1764000000000")
        try writer.consumer.commit([kept])
        try writer.close()
        let reader = try Member(topic.servers, topics: [topic.name], role: role)
        let found = try reader.consumer.committed(topic.partitions)
        #expect(
            found == [PartitionOffset(topic.partitions[0], offset: nil), kept])
    }

    @Test("a transaction commits offsets with metadata, and an ended membership aborts it")
    func offsetsInTransaction() throws {
        let topic = try RealTopic("txoffsets", partitions: 1)
        let member = try topic.member(group: topic.name)
        try member.consumer.subscribe()
        #expect(try member.pump { $0.assigned.count == 1 })
        let group = try #require(member.membership as? GroupMetadata)
        let id = KafkaCluster.topicName("tx")
        let producer = try topic.producer(role: .transactionalProducer(transactionalID: id))
        try producer.initTransactions(timeoutMs: 30_000)
        let offset = PartitionOffset(topic.partitions[0], offset: 1, metadata: "m")
        try producer.beginTransaction()
        try producer.send("v")
        try producer.sendOffsets(
            [offset], topics: [topic.name], group: group, timeoutMs: 10_000)
        try producer.commitTransaction(timeoutMs: 10_000)
        #expect(try member.consumer.committed(topic.partitions) == [offset])
        try member.close()

        try producer.beginTransaction()
        try producer.send("w")
        var thrown: BrokerError?
        do throws(BrokerError) {
            try producer.sendOffsets(
                [offset], topics: [topic.name], group: group, timeoutMs: 10_000)
        } catch { thrown = error }
        #expect(thrown?.move == .abortTransaction, "\(String(describing: thrown))")
        try producer.abortTransaction(timeoutMs: 10_000)
    }

    @Test("a second producer with the same transactional id fences the first")
    func fencing() throws {
        let topic = try RealTopic("fence", partitions: 1)
        let role = Properties.Role.transactionalProducer(
            transactionalID: KafkaCluster.topicName("tx"))
        let first = try topic.producer(role: role)
        try first.initTransactions(timeoutMs: 30_000)
        try first.beginTransaction()
        try first.send("zombie")
        let second = try topic.producer(role: role)
        try second.initTransactions(timeoutMs: 30_000)
        var thrown: BrokerError?
        do throws(BrokerError) {
            try first.commitTransaction(timeoutMs: 10_000)
        } catch { thrown = error }
        #expect(thrown?.move == .fenced, "\(String(describing: thrown))")
        #expect(first.fatalError != nil)
    }
}
