import Broker
import Kafka
import TestSupport
import Testing

/// Topics, offsets by time and deliveries, on a real Apache Kafka.
@Suite(.serialized, .enabled(if: KafkaCluster.isAvailable, "no Kafka"))
struct RealAdminTests {
    @Test("creating a topic that exists is told apart from creating it and from failing")
    func create() throws {
        let topic = try RealTopic(
            "admin", partitions: 3, configs: [("cleanup.policy", "compact")])
        let admin = try topic.admin()
        let other = KafkaCluster.topicName("other")
        let outcomes = try admin.create([
            NewTopic(topic.name, partitions: 3), NewTopic("not valid!", partitions: 1),
            NewTopic(other, partitions: 2, replication: 1),
        ])
        #expect(outcomes[0] == .existedAlready)
        #expect(outcomes[2] == .done)
        guard case .failed(let error) = outcomes[1] else {
            Issue.record("an invalid name was taken")
            return
        }
        #expect(error.move == .configuration)
        #expect(try admin.properties(ofTopic: topic.name)["cleanup.policy"] == "compact")
        #expect(try admin.describe(topic.name).partitions.map(\.id) == [0, 1, 2])
        #expect(try !admin.brokers().isEmpty)
        #expect(try admin.delete([other]) == [.done])
        let dry = try admin.create([NewTopic(other, partitions: 1)], validateOnly: true)
        #expect(dry == [.done] || dry == [.existedAlready])
    }

    @Test("a topic that does not exist is a configuration error with advice")
    func missing() throws {
        let topic = try RealTopic("present", partitions: 1)
        let admin = try topic.admin()
        var thrown: BrokerError?
        do throws(BrokerError) { _ = try admin.describe("test-absent-topic") } catch {
            thrown = error
        }
        #expect(thrown?.move == .configuration)
        #expect(thrown?.description.contains("topics create") == true)
    }

    @Test("brokers that do not answer are unreachable, within the time given")
    func unreachable() throws {
        let admin = try Admin(properties: Properties(bootstrapServers: "127.0.0.1:1"))
        var thrown: BrokerError?
        do throws(BrokerError) { _ = try admin.brokers(timeoutMs: 500) } catch { thrown = error }
        #expect(thrown?.move == .unreachable)
    }

    @Test("offsets are found by time, past the end at the end, by partition in order")
    func offsetsByTime() throws {
        let topic = try RealTopic("times", partitions: 2)
        let producer = try topic.producer()
        for index in 0..<10 {
            try producer.send("x", to: 0, timestampMs: 1_700_000_000_000 + Int64(index) * 1_000)
        }
        try producer.flush(timeoutMs: 30_000)
        let admin = try topic.admin()
        func offsets(_ ms: Int64) throws -> [Int64] {
            let found = try admin.offsets(at: ms, of: topic.partitions)
            return topic.partitions.map { found[$0] ?? -1 }
        }
        #expect(try offsets(1_700_000_004_000) == [4, 0])
        #expect(try offsets(1_700_000_003_001) == [4, 0])
        #expect(try offsets(0) == [0, 0])
        #expect(try offsets(1_800_000_000_000) == [10, 0])
        let marks = try admin.watermarks(topic.partitions)
        #expect(marks[topic.partitions[0]] == OffsetRange(low: 0, high: 10))
        #expect(marks[topic.partitions[1]] == OffsetRange(low: 0, high: 0))
    }

    @Test("a full queue is back-pressure: everything arrives once and in order")
    func backPressure() throws {
        let topic = try RealTopic("pressure", partitions: 1)
        let producer = try topic.producer([.init("queue.buffering.max.messages", "20")])
        for index in 0..<3_000 { try producer.send(String(index)) }
        try producer.flush(timeoutMs: 60_000)
        #expect(producer.counters == Producer.Counters(delivered: 3_000, failed: 0))
        let reader = try topic.reader()
        try reader.take(topic.partitions)
        #expect(try reader.pump { $0.ends[topic.partitions[0]] == 3_000 })
        #expect(reader.seen.map(\.value) == (0..<3_000).map { String($0) })
    }

    @Test("a record larger than the topic allows is rejected, and the rest is delivered")
    func tooLarge() throws {
        let topic = try RealTopic(
            "large", partitions: 1, configs: [("max.message.bytes", "2000")])
        let producer = try topic.producer([.init("compression.type", "none")])
        try producer.send("small")
        try producer.flush(timeoutMs: 30_000)
        try producer.send(String(repeating: "x", count: 5_000))
        var thrown: BrokerError?
        do throws(BrokerError) { try producer.flush(timeoutMs: 30_000) } catch { thrown = error }
        #expect(thrown?.name == "MSG_SIZE_TOO_LARGE")
        #expect(thrown?.move == .rejected || thrown?.move == .fatal)
        #expect(producer.counters == Producer.Counters(delivered: 1, failed: 1))
    }

    @Test("lent values are delivered unchanged")
    func lent() throws {
        let topic = try RealTopic("lent", partitions: 1)
        let producer = try topic.producer()
        let value = Array(repeating: UInt8(ascii: "z"), count: 100_000)
        try value.withUnsafeBytes { bytes in
            for _ in 0..<10 {
                try producer.produce(
                    topic: 0, partition: 0, key: nil, value: bytes, memory: .lent)
            }
            try producer.flush(timeoutMs: 30_000)
        }
        let reader = try topic.reader()
        try reader.take(topic.partitions)
        #expect(try reader.pump { $0.ends[topic.partitions[0]] == 10 })
        #expect(reader.seen.allSatisfy { $0.value?.utf8.count == 100_000 })
    }

    @Test("a waker asks one partition of each leader and learns its watermarks")
    func waker() throws {
        let topic = try RealTopic("wake", partitions: 3)
        try topic.fill(7)
        let reader = try topic.reader()
        let waker = try reader.consumer.makeWaker(for: topic.partitions)
        let answers = waker.wake(timeoutMs: 5_000)
        #expect(answers.count >= 1)
        #expect(answers.allSatisfy { $0.marks == OffsetRange(low: 0, high: 7) })
    }
}
