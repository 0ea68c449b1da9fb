import Broker
import Kafka
import TestSupport
import Testing

/// What commands ask of brokers: groups, offsets, records, properties; on a real Apache Kafka.
@Suite(.serialized, .enabled(if: KafkaCluster.isAvailable, "no Kafka"))
struct RealOperatorTests {
    @Test("a group tells its state and its members with their static ids and partitions")
    func describeGroup() throws {
        let topic = try RealTopic("describe", partitions: 3)
        let admin = try topic.admin()
        let absent = try admin.describe(group: topic.name)
        #expect(absent.state == "Dead" && absent.members.isEmpty && !absent.isActive)
        let member = try topic.member(group: topic.name, instanceID: "left-hand")
        try member.consumer.subscribe()
        #expect(try member.pump { $0.assigned.count == 3 })
        let group = try admin.describe(group: topic.name)
        #expect(group.name == topic.name && group.state == "Stable" && group.assignor == "range")
        #expect(group.members.map(\.instanceID) == ["left-hand"])
        #expect(group.members[0].id.hasPrefix("left-hand-"))
        #expect(group.members[0].clientID == "stillwatch")
        #expect(group.members[0].partitions.mapValues { $0.sorted() } == [topic.name: [0, 1, 2]])
        let dynamic = try topic.member(group: topic.name)
        try dynamic.consumer.subscribe()
        let isShared = try dynamic.pump { dynamic in
            _ = try? member.control(timeoutMs: 0)
            return !dynamic.assigned.isEmpty && member.assigned.count < 3
        }
        #expect(isShared)
        let ids = try admin.describe(group: topic.name).members.map { $0.instanceID ?? "-" }
        #expect(ids.sorted() == ["-", "left-hand"])
        try dynamic.close()
        try member.close()
    }

    @Test(
        "committed offsets are read and set for a group that nobody is in, and refused while somebody is"
    )
    func setOffsets() throws {
        let topic = try RealTopic("alter", partitions: 2)
        try topic.fill(5)
        let admin = try topic.admin()
        #expect(try admin.committed(topic.partitions, group: topic.name) == [])
        let wanted = [
            PartitionOffset(topic.partitions[0], offset: 4, metadata: "m"),
            PartitionOffset(topic.partitions[1], offset: 0),
        ]
        try admin.setCommitted(wanted, group: topic.name)
        #expect(try admin.committed(topic.partitions, group: topic.name) == wanted)
        try admin.setCommitted([PartitionOffset(topic.partitions[0], offset: 1)], group: topic.name)
        #expect(try admin.committed(topic.partitions, group: topic.name)[0].offset == 1)
        let member = try topic.member(group: topic.name)
        try member.consumer.subscribe()
        #expect(try member.pump { $0.assigned.count == 2 })
        var thrown: BrokerError?
        do throws(BrokerError) { try admin.setCommitted(wanted, group: topic.name) } catch {
            thrown = error
        }
        #expect(thrown?.move == .rejected, "\(String(describing: thrown))")
        #expect(try admin.committed(topic.partitions, group: topic.name)[0].offset == 1)
        try member.close()
    }

    @Test(
        "offsets that a transaction may still change are waited for, or `retry` says that it takes too long"
    )
    func pendingOffsets() throws {
        let topic = try RealTopic("pending", partitions: 1)
        let admin = try topic.admin()
        let old = PartitionOffset(topic.partitions[0], offset: 1)
        try admin.setCommitted([old], group: topic.name)
        let producer = try topic.producer(
            [.init("transaction.timeout.ms", "2000")],
            role: .transactionalProducer(transactionalID: topic.name))
        try producer.initTransactions(timeoutMs: 30_000)
        try producer.beginTransaction()
        try producer.sendOffsets(
            [PartitionOffset(topic.partitions[0], offset: 2)], topics: [topic.name],
            group: GroupMetadata(nobodyIn: topic.name), timeoutMs: 10_000)
        var thrown: BrokerError?
        do throws(BrokerError) {
            _ = try admin.committed(topic.partitions, group: topic.name, timeoutMs: 500)
        } catch { thrown = error }
        #expect(thrown?.move == .retry, "\(String(describing: thrown))")
        #expect(thrown?.name == "UNSTABLE_OFFSET_COMMIT")
        // The broker ends it in time.
        #expect(
            try admin.committed(topic.partitions, group: topic.name, timeoutMs: 60_000) == [old])
    }

    @Test(
        "a topic exists or not, grows but does not shrink; brokers tell their properties and release"
    )
    func properties() throws {
        let topic = try RealTopic("exists", partitions: 1)
        let admin = try topic.admin()
        #expect(try admin.partitionCount(of: topic.name) != nil)
        #expect(try admin.partitionCount(of: "test-absent-topic") == nil)
        try admin.grow(topic.name, to: 3)
        var thrown: BrokerError?
        do throws(BrokerError) { try admin.grow(topic.name, to: 2) } catch { thrown = error }
        #expect(thrown?.move == .configuration, "\(String(describing: thrown))")
        let broker = try #require(try admin.brokers().first)
        let properties = try admin.properties(ofBroker: broker.id)
        #expect(properties["message.max.bytes"] != nil)
        #expect(try admin.release(ofBroker: broker.id) != .unknown)
        #expect(try !admin.release(ofBroker: broker.id).isOlder(than: 2, 0))
    }

    @Test(
        "a membership has a generation, differs from the next one, and commits only while it lasts")
    func memberships() throws {
        let topic = try RealTopic("generation", partitions: 2)
        try topic.fill(5)
        let first = try topic.member(group: topic.name)
        let offsets = first.consumer.makeGroupOffsets()
        #expect(!offsets.currentMembership().isValid)
        try first.consumer.subscribe()
        #expect(try first.pump { $0.assigned.count == 2 })
        let old = try #require(first.membership as? GroupMetadata)
        #expect(old.isValid && old.generation >= 1)
        #expect(old.isSame(as: offsets.currentMembership()))
        let offset = PartitionOffset(topic.partitions[0], offset: 1, metadata: "m")
        try offsets.commit([offset], under: old, timeoutMs: 10_000)
        #expect(try offsets.committed(topic.partitions)[0] == offset)
        let second = try topic.member(group: topic.name)
        try second.consumer.subscribe()
        #expect(
            try first.pump { first in
                _ = try? second.control(timeoutMs: 0)
                return first.assigned.count == 1 && second.assigned.count == 1
            })
        let new = try #require(first.membership as? GroupMetadata)
        #expect(new.generation > old.generation && !new.isSame(as: old))
        var thrown: BrokerError?
        do throws(BrokerError) {
            try offsets.commit(
                [PartitionOffset(topic.partitions[0], offset: 2)], under: old, timeoutMs: 10_000)
        } catch { thrown = error }
        #expect(thrown?.move == .abortTransaction)
        #expect(try offsets.committed(topic.partitions)[0] == offset)
        try second.close()
        try first.close()
    }
}
