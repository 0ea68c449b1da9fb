import Broker
import ClusterSimulation
import Delivery
import Testing

@Suite("Transactions in a partition's log")
struct VisibilityTests {
    @Test("readers see committed transactions only, up to the first that is undecided")
    func interleaved() throws {
        let scene = Scene()
        let process = scene.world.makeProcess("p")
        let first = try scene.producer(process, "first")
        let second = try scene.producer(process, "second")
        try scene.begin(first, ["a1", "a2"])
        try scene.begin(second, ["b1"])
        try scene.commit(second)
        scene.world.run(forMs: 1_000)
        // The second is committed, but the first began before it and is undecided.
        #expect(scene.cluster.committedView(of: .alerts).map(\.text) == [])
        first.abort()
        try scene.expectDone(first)
        #expect(try scene.committed() == ["b1"])
        try scene.begin(first, ["a3"])
        try scene.commit(first)
        #expect(try scene.committed() == ["b1", "a3"])
    }

    @Test("markers occupy offsets, and aborted transactions stand in the index")
    func markers() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "p")
        try scene.begin(producer, ["a", "b"])
        producer.abort()
        try scene.expectDone(producer)
        try scene.begin(producer, ["c"])
        try scene.commit(producer)
        #expect(try scene.committed() == ["c"])
        let log = try #require(scene.cluster.log(.alerts0))
        #expect(log.endOffset == 5)
        #expect(log.lastStableOffset == 5)
        #expect(log.abortedTransactions.count == 1)
        #expect(log.abortedTransactions.first?.firstOffset == 0)
        #expect(log.abortedTransactions.first?.lastOffset == 2)
        #expect(scene.cluster.committedView(of: .alerts).map(\.offset) == [3])
    }

    @Test("a consumer's log skips what it may not see, and ends at the last stable offset")
    func consumer() throws {
        let scene = Scene()
        let process = scene.world.makeProcess("p")
        let producer = try scene.producer(process, "p")
        let other = try scene.producer(process, "q")
        let consumer = scene.consumer(process, instance: "c")
        try scene.settle(members: 1)
        try scene.begin(producer, ["a"], to: .input0)
        producer.abort()
        try scene.expectDone(producer)
        try scene.begin(producer, ["b"], to: .input0)
        try scene.commit(producer)
        try scene.begin(other, ["c"], to: .input0)
        scene.world.run(forMs: 3_000)
        #expect(consumer.texts[.input0] == ["b"])
        #expect(consumer.ends[.input0] == 4)
        try scene.commit(other)
        scene.world.run(forMs: 3_000)
        #expect(consumer.texts[.input0] == ["b", "c"])
        #expect(consumer.ends[.input0] == 6)
    }

    @Test("planted: a consumer that reads uncommitted records sees aborted ones")
    func uncommitted() throws {
        let scene = Scene()
        let process = scene.world.makeProcess("p")
        let producer = try scene.producer(process, "p")
        var settings = ClientSettings()
        settings.readsUncommitted = true
        let consumer = scene.consumer(process, instance: "c", settings: settings)
        try scene.settle(members: 1)
        try scene.begin(producer, ["a"], to: .input0)
        producer.abort()
        try scene.expectDone(producer)
        scene.world.run(forMs: 3_000)
        #expect(consumer.texts[.input0] == ["a"])
    }

    @Test("compaction keeps the newest committed value of a key and leaves holes")
    func compaction() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "p")
        let state = TopicPartition(.state, 0)
        for round in 0..<10 {
            _ = producer.begin()
            for key in ["x", "y"] { producer.produce("\(key)\(round)", to: state, key: key) }
            producer.flush()
            try scene.expectDone(producer)
            try scene.commit(producer)
        }
        _ = producer.begin()
        producer.produce("x-aborted", to: state, key: "x")
        producer.flush()
        try scene.expectDone(producer)
        producer.abort()
        try scene.expectDone(producer)
        for index in 0..<20 {
            scene.cluster.append(to: state, text: "tail\(index)", key: "t\(index)")
        }
        let before = try scene.committed(.state)
        #expect(before.count == 40)
        scene.cluster.compact(state)
        let after = scene.cluster.committedView(of: .state)
        #expect(after.map(\.text).prefix(2) == ["x9", "y9"])
        #expect(after.count == 22)
        #expect(after.first?.offset == 27)
        // The end is where it was: positions survive compaction.
        #expect(scene.cluster.log(state)?.endOffset == 52)
    }

    @Test("tombstones stay for a while, then go")
    func tombstones() throws {
        let scene = Scene()
        let state = TopicPartition(.state, 0)
        scene.cluster.append(to: state, text: "1", key: "k")
        scene.cluster.append(to: state, text: nil, key: "k")
        for index in 0..<20 { scene.cluster.append(to: state, text: "t", key: "t\(index)") }
        scene.cluster.compact(state)
        #expect(scene.cluster.committedView(of: .state).filter { $0.value == nil }.count == 1)
        scene.world.run(forMs: 20_000)
        scene.cluster.compact(state)
        #expect(scene.cluster.committedView(of: .state).filter { $0.value == nil }.count == 0)
        #expect(scene.cluster.committedView(of: .state).count == 20)
    }

    @Test(
        "retention moves the first offset: a reader below it begins there, one behind the end is out of range",
        arguments: [Int64(2), 11])
    func retention(from offset: Int64) throws {
        let scene = Scene()
        for index in 0..<10 { scene.cluster.append(to: .input0, text: "\(index)") }
        scene.cluster.removeRecords(of: .input0, below: 4)
        #expect(scene.cluster.committedView(of: .input).map(\.offset) == [4, 5, 6, 7, 8, 9])
        let process = scene.world.makeProcess("p")
        let history = SimHistory(process).open(.input0, from: offset)
        var offsets: [Int64] = []
        var move: BrokerError.Move?
        _ = scene.world.run(untilMs: 5_000) {
            history.withBatch(max: 10) { batch in
                for (index, entry) in batch.enumerated() {
                    if entry.kind == .record { offsets.append(entry.offset) }
                    if entry.kind == .failure { move = history.failure(at: index).move }
                }
            }
            return !offsets.isEmpty || move != nil
        }
        let isKept = offset < 10
        #expect(offsets == (isKept ? [4, 5, 6, 7, 8, 9] : []))
        #expect(move == (isKept ? nil : .outOfRange))
        #expect(history.bounds == (isKept ? OffsetRange(low: 4, high: 10) : nil))
    }
}

extension Cluster {
    func append(to partition: TopicPartition, text: String?, key: String? = nil) {
        let value = text.map { Array($0.utf8) }
        let key = key.map { Array($0.utf8) } ?? []
        key.withUnsafeBytes { key in
            guard let value else {
                return append(to: partition, key: key.isEmpty ? nil : key, value: nil)
            }
            value.withUnsafeBytes {
                append(to: partition, key: key.isEmpty ? nil : key, value: $0)
            }
        }
    }
}
