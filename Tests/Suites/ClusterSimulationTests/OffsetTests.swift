import Broker
import ClusterSimulation
import Delivery
import Testing

@Suite("Committed offsets")
struct OffsetTests {
    /// A producer with a transaction that will commit `offset`, but for its end.
    private func pending(
        _ scene: Scene, _ id: String, _ offset: Int64, _ membership: SimMembership
    ) throws -> SimProducer {
        let producer = try scene.producer(scene.world.makeProcess(id), id)
        try scene.begin(producer, [id])
        producer.addOffsets(
            [PartitionOffset(.input0, offset: offset, metadata: "batch of \(id)")],
            under: membership)
        try scene.expectDone(producer)
        return producer
    }

    @Test("a transaction's offsets take effect with its commit, and carry their metadata")
    func effect() throws {
        let scene = Scene()
        let consumer = scene.consumer(scene.world.makeProcess("c"), instance: "c")
        try scene.settle(members: 1)
        let producer = try pending(scene, "p", 7, try #require(consumer.membership))
        #expect(scene.cluster.group.committed(.input0) == nil)
        try scene.commit(producer)
        _ = try scene.committed()
        #expect(
            scene.cluster.group.committed(.input0)
                == PartitionOffset(.input0, offset: 7, metadata: "batch of p"))
        #expect(scene.cluster.group.offsetHistory.map(\.instanceID) == ["c"])
    }

    @Test("an abort takes offsets back")
    func aborted() throws {
        let scene = Scene()
        let consumer = scene.consumer(scene.world.makeProcess("c"), instance: "c")
        try scene.settle(members: 1)
        let producer = try pending(scene, "p", 7, try #require(consumer.membership))
        producer.abort()
        try scene.expectDone(producer)
        _ = try scene.committed()
        #expect(scene.cluster.group.committed(.input0) == nil)
        #expect(!scene.cluster.group.hasPendingOffsets(.input0))
    }

    @Test("reading stable offsets waits for a transaction that may change them")
    func stable() throws {
        let scene = Scene()
        let consumer = scene.consumer(scene.world.makeProcess("c"), instance: "c")
        try scene.settle(members: 1)
        let producer = try pending(scene, "p", 7, try #require(consumer.membership))
        let lookup = consumer.group.makeLookup()
        lookup.ask(.start([.input0]))
        scene.world.run(forMs: 2_000)
        #expect(lookup.answer() == nil)
        try scene.commit(producer)
        scene.world.run(forMs: 1_000)
        let answer = try #require(lookup.answer()).get()
        #expect(answer.committed == [PartitionOffset(.input0, offset: 7, metadata: "batch of p")])
        #expect(answer.bounds[.input0] == OffsetRange(low: 0, high: 0))
        #expect(answer.counts[.input] == 2)
    }

    @Test("planted: unstable offsets are read without waiting")
    func unstable() throws {
        let scene = Scene()
        var settings = ClientSettings()
        settings.readsUnstableOffsets = true
        let consumer = scene.consumer(
            scene.world.makeProcess("c"), instance: "c", settings: settings)
        try scene.settle(members: 1)
        _ = try pending(scene, "p", 7, try #require(consumer.membership))
        let lookup = consumer.group.makeLookup()
        lookup.ask(.start([.input0]))
        scene.world.run(forMs: 500)
        #expect(try lookup.answer()?.get().committed == [PartitionOffset(.input0, offset: nil)])
    }

    @Test("a question that cannot be answered in time fails")
    func timesOut() throws {
        let scene = Scene()
        let consumer = scene.consumer(scene.world.makeProcess("c"), instance: "c")
        try scene.settle(members: 1)
        for broker in 0..<3 { scene.cluster.takeDown(broker: broker) }
        let lookup = consumer.group.makeLookup()
        lookup.ask(.start([.input0]))
        scene.world.run(forMs: 11_000)
        guard case .failure(let error)? = lookup.answer() else { throw Surprise("an answer") }
        #expect(error.move == .unreachable)
    }

    @Test("the offsets of a generation that is over are refused")
    func oldGeneration() throws {
        let scene = Scene()
        let first = scene.consumer(scene.world.makeProcess("a"), instance: "a")
        try scene.settle(members: 1)
        let membership = try #require(first.membership)
        _ = scene.consumer(scene.world.makeProcess("b"), instance: "b")
        try scene.settle(members: 2)
        let producer = try scene.producer(scene.world.makeProcess("p"), "p")
        try scene.begin(producer, ["x"])
        producer.addOffsets([PartitionOffset(.input0, offset: 1)], under: membership)
        let error = try scene.failure(producer)
        #expect(error.name == "ILLEGAL_GENERATION")
        #expect(error.move == .abortTransaction)
        producer.abort()
        try scene.expectDone(producer)
    }

    @Test("a member of the present generation can commit partitions that belong to another")
    func foreignPartitions() throws {
        let scene = Scene()
        let first = scene.consumer(scene.world.makeProcess("a"), instance: "a")
        let second = scene.consumer(scene.world.makeProcess("b"), instance: "b")
        try scene.settle(members: 2)
        #expect(second.assigned.contains(.input1))
        let producer = try scene.producer(scene.world.makeProcess("p"), "p")
        try scene.begin(producer, ["x"])
        producer.addOffsets(
            [PartitionOffset(.input1, offset: 9)], under: try #require(first.membership))
        try scene.expectDone(producer)
        try scene.commit(producer)
        _ = try scene.committed()
        #expect(scene.cluster.group.committed(.input1)?.offset == 9)
    }

    @Test("offsets are taken while the group waits for its members to join again")
    func whilePreparing() throws {
        let scene = Scene()
        let first = scene.consumer(scene.world.makeProcess("a"), instance: "a")
        try scene.settle(members: 1)
        first.answersRevocations = false
        _ = scene.consumer(scene.world.makeProcess("b"), instance: "b")
        scene.world.run(forMs: 5_000)
        #expect(scene.cluster.group.view.state == .preparing)
        let producer = try pending(scene, "p", 5, try #require(first.membership))
        try scene.commit(producer)
        _ = try scene.committed()
        #expect(scene.cluster.group.committed(.input0)?.offset == 5)
    }

    @Test("what was written later stays, whenever its transaction ends")
    func order() throws {
        let scene = Scene()
        let consumer = scene.consumer(scene.world.makeProcess("c"), instance: "c")
        try scene.settle(members: 1)
        let membership = try #require(consumer.membership)
        let early = try pending(scene, "early", 5, membership)
        let late = try pending(scene, "late", 8, membership)
        try scene.commit(late)
        scene.world.run(forMs: 200)
        try scene.commit(early)
        _ = try scene.committed()
        #expect(scene.cluster.group.committed(.input0)?.offset == 8)
    }
}
