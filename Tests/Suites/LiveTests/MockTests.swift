import Broker
import Delivery
import Kafka
import KafkaTestSupport
import Live
import Primitives
import TestSupport
import Testing

/// Errors that real brokers do not give on demand, on librdkafka's mock cluster.
@Suite(.serialized) struct PortMockTests {
    private static let produce: Int16 = 0
    private static let addPartitions: Int16 = 24
    private static let addOffsets: Int16 = 25
    private static let endTransaction: Int16 = 26
    private static let commitOffsets: Int16 = 28

    /// A mock cluster, a member of its group and a producer that has started.
    private final class Bench {
        let cluster: MockCluster
        let member: TestMember
        let producer: TestProducer
        let names = TopicNames(
            input: "in", partials: "p", alerts: "alerts", deadLetters: "d", state: "s")

        init(adjust: (inout ShardProducer.Settings) -> Void = { _ in }) throws {
            cluster = try MockCluster()
            for topic in ["in", "p", "alerts", "d", "s"] {
                try cluster.createTopic(topic, partitions: 2)
            }
            let properties = try Properties(
                bootstrapServers: cluster.bootstrapServers,
                settings: [.init("compression.type", "none")])
            member = try TestMember(
                Consumer(
                    properties: properties, role: .consumer(group: "g", instanceID: "a"),
                    topics: names.only([.input, .partials])))
            try member.join(expecting: 4)
            var settings = ShardProducer.Settings(
                properties: properties, guarantee: .exactlyOnce(identity: "x"),
                topics: names.only([.partials, .alerts, .deadLetters, .state]))
            adjust(&settings)
            producer = TestProducer(settings, offsets: member.offsets)
            try producer.start()
        }

        var membership: any GroupMembership { get throws { try #require(member.membership) } }
    }

    @Test("a lost assignment is no lost identity")
    func moves() {
        for code in [Int32(-147), -142] {
            #expect(BrokerError(code: code, action: "poll").move == .retry)
        }
        for code in [Int32(82), 90, -144] {
            #expect(BrokerError(code: code, action: "commit").move == .fenced)
        }
    }

    @Test("a commit whose connection broke is done, and says that a later transaction is in danger")
    func brokenConnection() throws {
        let bench = try Bench()
        try bench.producer.commit(.make("1", ["a"], committing: [0: 0]), bench.membership)
        try bench.producer.prepare(.make("2", ["b"], committing: [0: 0]), bench.membership)
        // librdkafka's own code: the mock broker breaks the connection instead of answering.
        bench.cluster.fail(apiKey: Self.endTransaction, codes: [-195])
        guard case .doneOverBrokenConnection = try bench.producer.run({ $0.commit() }) else {
            Issue.record("the break went unnoticed")
            return
        }
        try bench.producer.start()
        try bench.producer.commit(.make("3", ["c"], committing: [0: 0]), bench.membership)
    }

    @Test("a connection that breaks while records are sent counts as well")
    func brokenWhileProducing() throws {
        let bench = try Bench()
        bench.cluster.fail(apiKey: Self.produce, codes: [-195])
        try bench.producer.prepare(.make("1", ["a"], committing: [0: 0]), bench.membership)
        guard case .doneOverBrokenConnection = try bench.producer.run({ $0.commit() }) else {
            Issue.record("the break went unnoticed")
            return
        }
    }

    /// What is answered, and the move and the name it comes out as.
    private static let refusals: [(Int16, Int32, BrokerError.Move, String)] = [
        (addOffsets, 29, .configuration, "TOPIC_AUTHORIZATION_FAILED"),
        (addOffsets, 30, .configuration, "GROUP_AUTHORIZATION_FAILED"),
        (commitOffsets, 22, .abortTransaction, "ILLEGAL_GENERATION"),
        (commitOffsets, 25, .abortTransaction, "UNKNOWN_MEMBER_ID"),
        (commitOffsets, 82, .abortTransaction, "FENCED_INSTANCE_ID"),
        (commitOffsets, 47, .fenced, "_FENCED"),
        (addOffsets, 48, .fatal, "INVALID_TXN_STATE"),
        (endTransaction, 47, .fenced, "_FENCED"),
        (endTransaction, 90, .fenced, "_FENCED"),
        (endTransaction, 48, .fatal, "INVALID_TXN_STATE"),
        (endTransaction, 53, .configuration, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"),
    ]

    @Test(
        "what the coordinator says of a step becomes the engine's next move, and a start begins anew"
    )
    func refused() throws {
        let bench = try Bench()
        let membership = try bench.membership
        let batch = CommitBatch.make("1", ["a"], committing: [0: 0])
        for (apiKey, code, move, name) in Self.refusals {
            bench.cluster.fail(apiKey: apiKey, codes: [code])
            try bench.producer.done { $0.send(batch) }
            try bench.producer.done { $0.flush() }
            var outcome = try bench.producer.run {
                $0.addOffsets(batch.positions, under: membership)
            }
            if case .done = outcome { outcome = try bench.producer.run { $0.commit() } }
            guard case .failed(let error) = outcome else {
                Issue.record("it did not fail: \(outcome)")
                continue
            }
            #expect(error.move == move && error.name == name, "\(error.move) \(error)")
            try bench.producer.start()
            try bench.producer.commit(batch, membership)
        }
    }

    @Test(
        "a topic that may not be written is a configuration error with topic and partition",
        arguments: [(addPartitions, 29), (produce, 29)] as [(Int16, Int32)])
    func forbidden(apiKey: Int16, code: Int32) throws {
        let bench = try Bench()
        bench.cluster.fail(apiKey: apiKey, codes: [code])
        try bench.producer.done { $0.send(.make("1", ["a", "b"], to: .init(.partials, 1))) }
        let error = try bench.producer.failure { $0.flush() }
        #expect(error.move == .configuration, "\(error)")
        #expect(error.name == "TOPIC_AUTHORIZATION_FAILED")
        #expect(error.description.contains("p[1]"), "\(error)")
    }

    @Test("passing answers of the coordinator are asked again, and the commit batch is committed")
    func passing() throws {
        let bench = try Bench()
        bench.cluster.fail(apiKey: Self.addPartitions, codes: [51, 14])
        bench.cluster.fail(apiKey: Self.addOffsets, codes: [51])
        bench.cluster.fail(apiKey: Self.commitOffsets, codes: [14])
        bench.cluster.fail(apiKey: Self.endTransaction, codes: [51, 14])
        try bench.producer.commit(.make("1", ["a"], committing: [0: 0]), bench.membership)
    }

    @Test(
        "records given up for lack of brokers can only be aborted, and a start without them is unreachable"
    )
    func givenUp() throws {
        let bench = try Bench { settings in
            settings.startMs = 700
            settings.stepMs = 500
        }
        try bench.cluster.takeDown(broker: 1)
        try bench.producer.done { $0.send(.make("1", ["a"])) }
        let error = try bench.producer.failure { $0.flush() }
        #expect([.abortTransaction, .retry].contains(error.move), "\(error)")
        #expect(try bench.producer.failure { $0.start() }.move == .unreachable)
        try bench.cluster.bringUp(broker: 1)
        try bench.producer.start()
        try bench.producer.commit(.make("1", ["a"], committing: [0: 0]), bench.membership)
    }

    @Test(
        "a step that librdkafka does not come back from is given up with its client, and a start goes on"
    )
    func hung() throws {
        let bench = try Bench { settings in
            settings.stepMs = 1_000
            settings.hangMs = 1_000
        }
        let membership = try bench.membership
        let batch = CommitBatch.make("1", ["a"], committing: [0: 0])
        try bench.producer.done { $0.send(batch) }
        try bench.producer.done { $0.flush() }
        // The group's coordinator is looked for: 2.0 waits for ever after three refusals.
        bench.cluster.fail(apiKey: 10, codes: Array(repeating: 15, count: 3))
        let error = try bench.producer.failure {
            $0.addOffsets(batch.positions, under: membership)
        }
        #expect(error.move == .retry, "\(error)")
        #expect(
            error.text.contains("did not come back") || Library.version > Library.Version(2, 0, 2),
            "\(error)")
        #expect(bench.producer.port?.hangs == 1)
        try bench.producer.start()
        try bench.producer.commit(batch, membership)
    }

    @Test("writing a batch out as entries allocates nothing, for ten records and for five thousand")
    func allocationsPerBatch() throws {
        let cluster = try MockCluster()
        for topic in ["in", "p"] { try cluster.createTopic(topic, partitions: 1) }
        let properties = try Properties(bootstrapServers: cluster.bootstrapServers)
        let producer = try Producer(properties: properties, topics: ["in"])
        for index in 0..<15_000 {
            try Array("value \(index)".utf8).withUnsafeBytes {
                try producer.produce(topic: 0, partition: 0, key: $0, value: $0)
            }
        }
        try producer.flush(timeoutMs: 30_000)
        let member = try TestMember(
            Consumer(
                properties: properties, role: .consumer(group: "g", instanceID: nil),
                topics: ["in", "p"]))
        let log = try member.group.makeShardQueue(capacity: 5_000)
        member.logs[.input] = log
        try member.join(expecting: 2)
        #expect(eventually { log.backlog >= 15_000 })
        var sum = 0
        func pull(_ max: Int) -> (count: Int, allocations: UInt64)? {
            var count = 0
            let allocations = allocations {
                log.withBatch(max: max, waitMs: 0) { batch in
                    count = batch.count
                    for entry in batch {
                        sum += Int(entry.offset) + Int(entry.valueCount) + Int(entry.keyCount)
                    }
                }
            }
            return allocations.map { (count, $0) }
        }
        _ = pull(10)
        guard let few = pull(10), let many = pull(5_000) else { return }
        #expect(few.count == 10 && many.count == 5_000)
        #expect(many.allocations <= few.allocations + 4)
        #expect(sum > 0)
    }
}
