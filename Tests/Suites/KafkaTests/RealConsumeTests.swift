import Broker
import Kafka
import TestSupport
import Testing

/// Reading, on a real Apache Kafka.
@Suite(.serialized, .enabled(if: KafkaCluster.isAvailable, "no Kafka"))
struct RealConsumeTests {
    private func offsets(_ member: Member, _ partition: TopicPartition) -> [Int64] {
        member.seen.filter { $0.partition == partition }.map(\.offset)
    }

    @Test("tombstones, null keys, empty values, headers and timestamps survive a round trip")
    func roundTrip() throws {
        let topic = try RealTopic("round", partitions: 1)
        let producer = try topic.producer()
        let headers = [
            RecordHeader("ce_id", "17"), RecordHeader("empty", []),
            RecordHeader("null", nil), RecordHeader("ce_id", "18"),
        ]
        try producer.send("v", key: "k", timestampMs: 1_700_000_000_123, headers: headers)
        try producer.send(nil, key: "k")
        try producer.send("v", key: nil)
        try producer.send("", key: "")
        try producer.flush(timeoutMs: 30_000)
        let reader = try topic.reader()
        try reader.consumer.assign(
            [PartitionOffset(topic.partitions[0], offset: 0)], isIncremental: false)
        reader.queue.attach(topic.partitions[0], slot: 7, from: 0)
        var checked = 0
        let end = ContinuousClock.now + .seconds(30)
        while checked < 4, ContinuousClock.now < end {
            reader.queue.withBatch(waitMs: 100) { batch in
                for index in batch.indices where batch[index].kind == .record {
                    check(batch[index], reader.queue.headers(at: index))
                    checked += 1
                }
            }
        }
        #expect(checked == 4)
    }

    private func check(_ record: Entry, _ headers: [RecordHeader]) {
        #expect(record.slot == 7)
        switch record.offset {
        case 0:
            #expect(record.timestampMs == 1_700_000_000_123)
            #expect(headers.count == 4)
            #expect(headers.last { $0.name == "ce_id" }?.text == "18")
            #expect(headers[0].text == "17")
            #expect(headers[1].value == [])
            #expect(headers[2].value == nil)
        case 1:
            #expect(record.valueBytes == nil)
            #expect(record.keyBytes.map { Array($0) } == Array("k".utf8))
            #expect(headers.isEmpty)
        case 2: #expect(record.keyBytes == nil)
        default:
            #expect(record.keyBytes?.count == 0)
            #expect(record.valueBytes?.count == 0)
        }
    }

    @Test("aborted records and markers are gaps, and the end of the partition lies behind them")
    func transactionGaps() throws {
        let topic = try RealTopic("gaps", partitions: 1)
        let id = KafkaCluster.topicName("tx")
        let producer = try topic.producer(role: .transactionalProducer(transactionalID: id))
        try producer.initTransactions(timeoutMs: 30_000)
        for commits in [true, false, true, false] {
            try producer.beginTransaction()
            for index in 0..<3 { try producer.send("\(commits) \(index)") }
            if commits {
                try producer.commitTransaction(timeoutMs: 30_000)
            } else {
                try producer.flush(timeoutMs: 30_000)
                try producer.abortTransaction(timeoutMs: 30_000)
            }
        }
        let reader = try topic.reader()
        let partition = topic.partitions[0]
        try reader.take([partition])
        let marks = try #require(try reader.consumer.watermarks([partition])[partition])
        #expect(marks == OffsetRange(low: 0, high: 16))
        #expect(try reader.pump { $0.ends[partition] == marks.high })
        // Three records and a marker each.
        #expect(offsets(reader, partition) == [0, 1, 2, 8, 9, 10])
        #expect(reader.seen.allSatisfy { $0.value?.hasPrefix("true") == true })
        #expect(reader.queue.position(partition) == marks.high)
    }

    @Test("an empty partition ends at once")
    func emptyPartition() throws {
        let topic = try RealTopic("empty", partitions: 2)
        let reader = try topic.reader()
        try reader.take(topic.partitions)
        #expect(try reader.pump { $0.ends.count == 2 })
        #expect(reader.ends.values.allSatisfy { $0 == 0 })
    }

    @Test("a held partition delivers nothing, loses nothing and keeps its order")
    func holdAndRelease() throws {
        let count = 5_000
        let topic = try RealTopic("hold", partitions: 3)
        try topic.fill(count)
        let reader = try topic.reader()
        try reader.take(topic.partitions)
        let held = topic.partitions[1]
        // Hold in the middle of what has come over already, several times.
        for round in 1...5 {
            let wanted = round * 100
            #expect(
                try reader.pump { self.offsets($0, held).count >= wanted || $0.ends.count == 3 })
            reader.pull(max: 57)
            reader.queue.hold(held)
            let before = offsets(reader, held).count
            for _ in 0..<20 { reader.pull(max: 100) }
            #expect(offsets(reader, held).count == before)
            #expect(reader.queue.isHeld(held))
            reader.queue.release(held)
            reader.pull(max: 13)
            reader.queue.hold(held)
            reader.queue.release(held)
        }
        reader.queue.hold(held)
        let others = [topic.partitions[0], topic.partitions[2]]
        #expect(try reader.pump { member in others.allSatisfy { member.ends[$0] != nil } })
        reader.queue.release(held)
        #expect(try reader.pump { $0.ends.count == 3 })
        for partition in topic.partitions {
            #expect(offsets(reader, partition) == (0..<Int64(count)).map { $0 })
        }
        #expect(reader.queue.counters.duplicates == 0)
        #expect(reader.queue.counters.stale == 0)
    }

    @Test("records of a detached partition are dropped as stale and counted")
    func stale() throws {
        let topic = try RealTopic("stale", partitions: 2)
        try topic.fill(500)
        let reader = try topic.reader()
        try reader.take(topic.partitions)
        let end = ContinuousClock.now + .seconds(30)
        while reader.queue.backlog < 1_000, ContinuousClock.now < end {}
        reader.queue.detach(topic.partitions[0])
        #expect(try reader.pump { $0.ends[topic.partitions[1]] != nil })
        #expect(offsets(reader, topic.partitions[0]).isEmpty)
        #expect(offsets(reader, topic.partitions[1]).count == 500)
        #expect(reader.queue.counters.stale >= 500)
        #expect(reader.queue.position(topic.partitions[0]) == nil)
    }

    @Test("records below the start of an attached partition are dropped as duplicates")
    func duplicates() throws {
        let topic = try RealTopic("dup", partitions: 1)
        try topic.fill(10)
        let reader = try topic.reader()
        let partition = topic.partitions[0]
        try reader.consumer.assign(
            [PartitionOffset(partition, offset: 2)], isIncremental: false)
        reader.queue.attach(partition, slot: 0, from: 6)
        #expect(try reader.pump { $0.ends[partition] != nil })
        #expect(offsets(reader, partition) == [6, 7, 8, 9])
        #expect(reader.queue.counters.duplicates == 4)
    }

    @Test("a position past the records kept is an event that says what to do")
    func outOfRange() throws {
        let topic = try RealTopic("range", partitions: 1)
        try topic.fill(3)
        let reader = try topic.reader()
        try reader.take(topic.partitions, from: 1_000)
        #expect(try reader.pump { !$0.errors.isEmpty })
        let error = try #require(reader.errors.first)
        #expect(error.move == .outOfRange)
        #expect(error.description.contains("choose where to start"))
    }
}
