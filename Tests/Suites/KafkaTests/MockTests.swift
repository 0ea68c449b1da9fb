import Broker
import Kafka
import KafkaTestSupport
import Primitives
import TestSupport
import Testing

/// The seam to librdkafka, on its mock cluster.
@Suite(.serialized) struct MockTests {
    private func producer(
        _ servers: String, _ settings: [Properties.Setting] = [], topic: String = "t"
    ) throws -> Producer {
        try Producer(
            properties: Properties(bootstrapServers: servers, settings: settings), topics: [topic])
    }

    private func code(_ body: () throws -> Void) -> (BrokerError.Move, String)? {
        do {
            try body()
            return nil
        } catch let error as BrokerError {
            return (error.move, error.name)
        } catch { return nil }
    }

    @Test("records come back as they were produced: null keys, tombstones, empty values")
    func roundTrip() throws {
        let cluster = try MockCluster()
        try cluster.createTopic("t", partitions: 1)
        let producer = try producer(cluster.bootstrapServers)
        try producer.send("v0", key: "k0")
        try producer.send("v1", key: nil)
        try producer.send(nil, key: "k2")
        try producer.send("", key: "")
        try producer.flush(timeoutMs: 20_000)
        #expect(producer.counters == Producer.Counters(delivered: 4, failed: 0))
        #expect(producer.pending == 0)
        let member = try Member(cluster.bootstrapServers, topics: ["t"], role: .reader)
        let partition = TopicPartition(0, 0)
        try member.take([partition])
        #expect(try member.pump { $0.ends[partition] == 4 })
        #expect(member.seen.map(\.key) == ["k0", nil, "k2", ""])
        #expect(member.seen.map(\.value) == ["v0", "v1", nil, ""])
        #expect(member.seen.map(\.offset) == [0, 1, 2, 3])
        #expect(member.queue.position(partition) == 4)
        #expect(member.queue.counters == ShardQueue.Counters(duplicates: 0, stale: 0, records: 4))
        #expect(member.errors.isEmpty)
    }

    @Test("a batch costs the same few allocations for ten records and for five thousand")
    func allocationsPerBatch() throws {
        let cluster = try MockCluster()
        try cluster.createTopic("t", partitions: 1)
        let producer = try producer(cluster.bootstrapServers)
        for index in 0..<20_000 { try producer.send("value \(index)", key: "key") }
        try producer.flush(timeoutMs: 30_000)
        let properties = try Properties(bootstrapServers: cluster.bootstrapServers)
        let consumer = try Consumer(properties: properties, role: .reader, topics: ["t"])
        let queue = try consumer.makeShardQueue(capacity: 5_000)
        let partition = TopicPartition(0, 0)
        try consumer.assign([PartitionOffset(partition, offset: 0)], isIncremental: false)
        queue.attach(partition, slot: 0, from: 0)
        let end = ContinuousClock.now + .seconds(30)
        while queue.backlog < 12_000, ContinuousClock.now < end {
            // Nothing is pulled: the queue fills by itself.
        }
        var sum = 0
        func pull(_ max: Int) throws -> (count: Int, allocations: UInt64)? {
            var count = 0
            let allocations = allocations {
                queue.withBatch(max: max, waitMs: 0) { batch in
                    for entry in batch where entry.kind == .record {
                        sum &+= Int(entry.slot) &+ Int(entry.offset) &+ Int(entry.timestampMs)
                        sum &+= Int(entry.valueCount) &+ Int(entry.keyCount)
                    }
                    count = batch.count
                }
            }
            return allocations.map { (count, $0) }
        }
        guard try pull(100) != nil, let small = try pull(10), let large = try pull(5_000) else {
            return
        }
        #expect(small.count == 10)
        #expect(large.count == 5_000)
        #expect(large.allocations <= small.allocations + 2)
        #expect(large.allocations <= 8)
        #expect(sum != 0)
    }

    @Test("a delivery the broker refuses is thrown by flush, with the move that follows")
    func refusedDelivery() throws {
        let cluster = try MockCluster()
        try cluster.createTopic("t", partitions: 1)
        let producer = try producer(cluster.bootstrapServers)
        try producer.send("good")
        try producer.flush(timeoutMs: 20_000)
        cluster.fail(apiKey: 0, codes: [29])
        try producer.send("bad")
        let thrown = code { try producer.flush(timeoutMs: 20_000) }
        #expect(thrown?.0 == .configuration)
        #expect(thrown?.1 == "TOPIC_AUTHORIZATION_FAILED")
        #expect(producer.counters.failed == 1)
        #expect(code { try producer.flush(timeoutMs: 20_000) } == nil)
    }

    @Test("a record given up for lack of brokers is thrown by flush")
    func timedOutDelivery() throws {
        let cluster = try MockCluster()
        try cluster.createTopic("t", partitions: 1)
        try cluster.takeDown(broker: 1)
        let producer = try producer(
            cluster.bootstrapServers, [.init("message.timeout.ms", "300")])
        try producer.send("lost?")
        let thrown = code { try producer.flush(timeoutMs: 20_000) }
        #expect(thrown?.0 == .retry)
        #expect(thrown?.1 == "_MSG_TIMED_OUT")
        #expect(producer.counters == Producer.Counters(delivered: 0, failed: 1))
    }

    @Test("a flush that runs out of time says so and loses nothing")
    func flushTimeout() throws {
        let cluster = try MockCluster()
        try cluster.createTopic("t", partitions: 1)
        try cluster.takeDown(broker: 1)
        let producer = try producer(cluster.bootstrapServers)
        try producer.send("late")
        #expect(code { try producer.flush(timeoutMs: 50) }?.1 == "_TIMED_OUT")
        try cluster.bringUp(broker: 1)
        try producer.flush(timeoutMs: 60_000)
        #expect(producer.counters == Producer.Counters(delivered: 1, failed: 0))
    }

    @Test("a full queue is back-pressure while brokers answer, and an error when they do not")
    func queueFull() throws {
        let cluster = try MockCluster()
        try cluster.createTopic("t", partitions: 1)
        let small = Properties.Setting("queue.buffering.max.messages", "50")
        let producer = try producer(cluster.bootstrapServers, [small])
        for index in 0..<2_000 { try producer.send("value \(index)") }
        try producer.flush(timeoutMs: 30_000)
        #expect(producer.counters == Producer.Counters(delivered: 2_000, failed: 0))
        try cluster.takeDown(broker: 1)
        for index in 0..<50 { try producer.send("queued \(index)") }
        let thrown = code { try producer.send("one too many", waitMs: 30) }
        #expect(thrown?.0 == .retry)
        #expect(thrown?.1 == "_QUEUE_FULL")
        #expect(producer.pending == 50)
    }

    @Test("logs and statistics reach the caller's closures")
    func hooks() throws {
        let cluster = try MockCluster()
        try cluster.createTopic("t", partitions: 1)
        let box = Collected()
        let hooks = Hooks(
            log: { box.add(line: $0) }, statistics: { box.add(statistics: $0) },
            statisticsIntervalMs: 10)
        let member = try Member(
            cluster.bootstrapServers, topics: ["t"], role: .reader,
            settings: [.init("debug", "topic")], hooks: hooks)
        try member.take([TopicPartition(0, 0)])
        #expect(try member.pump { _ in box.lines > 0 && box.statistics.hasPrefix("{") })
        let producer = try Producer(
            properties: Properties(bootstrapServers: cluster.bootstrapServers), topics: ["t"],
            hooks: hooks)
        box.clear()
        let end = ContinuousClock.now + .seconds(30)
        while box.statistics.isEmpty, ContinuousClock.now < end { producer.poll(timeoutMs: 10) }
        #expect(box.statistics.contains("\"type\": \"producer\""))
    }

    @Test("a group of one is assigned everything, keeps offsets with metadata, and leaves cleanly")
    func group() throws {
        let cluster = try MockCluster()
        try cluster.createTopic("t", partitions: 3)
        let role = Properties.Role.consumer(group: "g", instanceID: "one")
        let member = try Member(cluster.bootstrapServers, topics: ["t"], role: role)
        try member.consumer.subscribe()
        #expect(try member.pump { $0.assigned.count == 3 })
        #expect(member.events == ["assigned 3 epoch 1"])
        let partition = TopicPartition(0, 2)
        try member.consumer.commit([PartitionOffset(partition, offset: 0, metadata: "t=17;x")])
        let known = try member.consumer.committed([partition])
        #expect(known == [PartitionOffset(partition, offset: 0, metadata: "t=17;x")])
        try member.close()
        #expect(member.assigned.isEmpty)
        #expect(member.events.last == "revoked 3 epoch 1")
    }

    @Test("a commit the coordinator refuses names the caller's next move")
    func refusedCommit() throws {
        let cluster = try MockCluster()
        try cluster.createTopic("t", partitions: 1)
        let role = Properties.Role.consumer(group: "g", instanceID: nil)
        let member = try Member(cluster.bootstrapServers, topics: ["t"], role: role)
        try member.consumer.subscribe()
        #expect(try member.pump { $0.assigned.count == 1 })
        let offset = PartitionOffset(TopicPartition(0, 0), offset: 0)
        cluster.fail(apiKey: 8, codes: [22])
        #expect(code { try member.consumer.commit([offset]) }?.0 == .abortTransaction)
        try member.close()
    }

    @Test("a record's fate is told under its tag, and a closed connection is counted")
    func tags() throws {
        let cluster = try MockCluster()
        try cluster.createTopic("t", partitions: 1)
        let producer = try producer(cluster.bootstrapServers)
        func send(_ tag: Int) throws {
            try Array("v".utf8).withUnsafeBytes {
                try producer.produce(topic: 0, partition: 0, key: nil, value: $0, tag: tag)
            }
        }
        try send(1)
        try send(1)
        try send(0)
        try producer.flush(timeoutMs: 20_000)
        cluster.fail(apiKey: 0, codes: [10])
        try send(2)
        _ = code { try producer.flush(timeoutMs: 20_000) }
        let fates = producer.takeDeliveries()
        #expect(fates.keys.sorted() == [1, 2])
        #expect(fates[1]?.delivered == 2 && fates[1]?.failed == 0)
        #expect(fates[2]?.failed == 1 && fates[2]?.error?.move == .rejected)
        #expect(producer.takeDeliveries() == [:])
        let before = producer.closedConnections
        cluster.fail(apiKey: 0, codes: [-195])
        try send(3)
        try producer.flush(timeoutMs: 20_000)
        #expect(producer.closedConnections > before)
        #expect(producer.takeDeliveries()[3]?.delivered == 1)
        try cluster.takeDown(broker: 1)
        let isTold = try {
            let end = ContinuousClock.now + .seconds(30)
            try send(4)
            while ContinuousClock.now < end {
                producer.poll(timeoutMs: 50)
                let silence = BrokerError(code: -185, action: "ask")
                let error = producer.reason(of: silence)
                if error.name != silence.name {
                    return error.move == .unreachable && error.action == "ask"
                }
            }
            return false
        }()
        #expect(isTold)
    }

    @Test("a wake before a wait ends it, however many looks came in between")
    func wake() throws {
        let cluster = try MockCluster()
        try cluster.createTopic("t", partitions: 1)
        let member = try Member(cluster.bootstrapServers, topics: ["t"], role: .reader)
        member.queue.wake()
        member.queue.withBatch(waitMs: 0) { _ in }
        // Longer than any test may take.
        member.queue.withBatch(waitMs: 600_000) { _ in }
    }
}
