import Broker
import ClusterSimulation
import Delivery
import Testing

@Suite("Transactional producers")
struct TransactionTests {
    @Test("a newer producer of the same id fences the older and aborts its transaction")
    func fencing() throws {
        let scene = Scene()
        let old = try scene.producer(scene.world.makeProcess("a"), "shard")
        try scene.begin(old, ["zombie"])
        let new = try scene.producer(scene.world.makeProcess("b"), "shard")
        try scene.begin(new, ["heir"])
        try scene.commit(new)
        old.commit()
        let error = try scene.failure(old)
        #expect(error.name == "_FENCED")
        #expect(error.move == .fenced)
        #expect(try scene.committed() == ["heir"])
    }

    @Test("a fenced producer cannot deliver")
    func fencedProduce() throws {
        let scene = Scene()
        let old = try scene.producer(scene.world.makeProcess("a"), "shard")
        try scene.begin(old, ["zombie"])
        _ = try scene.producer(scene.world.makeProcess("b"), "shard")
        old.produce("more", to: .alerts0)
        old.flush()
        #expect(try scene.failure(old).name == "_FENCED")
        #expect(try scene.committed() == [])
    }

    @Test("a delayed EndTxn commits the next transaction of a producer that was not restarted")
    func delayedEnd() throws {
        let scene = Scene()
        let process = scene.world.makeProcess("p")
        let producer = try scene.producer(process, "shard")
        try scene.begin(producer, ["first"])
        scene.world.network.delayNext(.endTransaction, byUs: 2_000_000)
        producer.commit()
        guard case .doneOverBrokenConnection = try scene.outcome(producer) else {
            throw Surprise("the producer does not know that a connection broke")
        }
        try scene.begin(producer, ["second, never committed by its producer"])
        scene.world.run(forMs: 3_000)
        #expect(try scene.committed().count == 2)
    }

    @Test("a producer that is started anew is safe from its own delayed EndTxn")
    func restartedAfterDelay() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "shard")
        try scene.begin(producer, ["first"])
        scene.world.network.delayNext(.endTransaction, byUs: 2_000_000)
        producer.commit()
        _ = try scene.outcome(producer)
        producer.start()
        try scene.expectDone(producer)
        try scene.begin(producer, ["second"])
        scene.world.run(forMs: 3_000)
        producer.abort()
        try scene.expectDone(producer)
        #expect(try scene.committed() == ["first"])
    }

    @Test("a commit whose response is lost is found done when it is repeated")
    func lostResponse() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "shard")
        try scene.begin(producer, ["once"])
        scene.world.network.loseNextResponse(.endTransaction)
        producer.commit()
        guard case .doneOverBrokenConnection = try scene.outcome(producer) else {
            throw Surprise("the producer does not know that a connection broke")
        }
        #expect(try scene.committed() == ["once"])
    }

    @Test("an error that the library calls abortable can hide a commit")
    func hiddenCommit() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "shard")
        try scene.begin(producer, ["hidden"])
        scene.cluster.transactions.endErrorChance = 1
        producer.commit()
        #expect(try scene.failure(producer).move == .abortTransaction)
        #expect(try scene.committed() == ["hidden"])
    }

    @Test("a commit that takes too long times out, and goes on in the background")
    func commitTimesOut() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "shard")
        try scene.begin(producer, ["late"])
        scene.world.network.slowNext(.endTransaction, byUs: 7_000_000)
        producer.commit()
        let error = try scene.failure(producer)
        #expect(error.name == "_TIMED_OUT")
        #expect(error.move == .retry)
        scene.world.run(forMs: 4_000)
        #expect(try scene.committed() == ["late"])
        // Asked again it has the old commit's answer.
        producer.commit()
        try scene.expectDone(producer)
    }

    @Test("a transaction that takes too long is aborted and its producer fenced")
    func timeout() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "shard")
        try scene.begin(producer, ["slow"])
        scene.world.run(forMs: 25_000)
        #expect(scene.cluster.transactions.openCount == 0)
        producer.commit()
        #expect(try scene.failure(producer).name == "_FENCED")
        #expect(try scene.committed() == [])
    }

    @Test("taking an id over waits until the old transaction is decided")
    func takeoverWaits() throws {
        let scene = Scene()
        let old = try scene.producer(scene.world.makeProcess("a"), "shard")
        try scene.begin(old, ["zombie"])
        scene.cluster.markerDelayUs = 2_000_000...2_000_000
        let before = scene.world.nowMs
        _ = try scene.producer(scene.world.makeProcess("b"), "shard")
        #expect(scene.world.nowMs - before >= 2_000)
        #expect(scene.cluster.log(.alerts0)?.lastStableOffset == 2)
    }

    @Test("batches whose acknowledgement is lost are delivered once")
    func duplicates() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "shard")
        _ = producer.begin()
        for index in 0..<5 { producer.produce("\(index)", to: .alerts0) }
        scene.world.network.loseNextResponse(.produce)
        producer.flush()
        try scene.expectDone(producer)
        producer.commit()
        guard case .doneOverBrokenConnection = try scene.outcome(producer) else {
            throw Surprise("the producer does not know that a connection broke")
        }
        #expect(try scene.committed() == ["0", "1", "2", "3", "4"])
    }

    @Test("a late copy of a batch is dropped by its sequence numbers")
    func lateCopy() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "shard")
        _ = producer.begin()
        producer.produce("a", to: .alerts0)
        scene.world.network.delayNext(.produce, byUs: 1_500_000)
        producer.flush()
        _ = try scene.outcome(producer)
        producer.commit()
        _ = try scene.outcome(producer)
        try scene.begin(producer, ["b"])
        scene.world.run(forMs: 3_000)
        producer.commit()
        _ = try scene.outcome(producer)
        #expect(try scene.committed() == ["a", "b"])
    }

    @Test("records that cannot be delivered in time fail the flush, and the abort bumps the epoch")
    func deliveryTimesOut() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "shard")
        try scene.begin(producer, ["before"])
        try scene.commit(producer)
        _ = producer.begin()
        producer.produce("never", to: .alerts0)
        for broker in 0..<2 { scene.cluster.takeDown(broker: broker) }
        producer.flush()
        let error = try scene.failure(producer)
        #expect(error.move == .abortTransaction)
        for broker in 0..<2 { scene.cluster.bringUp(broker: broker) }
        scene.world.run(forMs: 10_000)
        producer.abort()
        _ = try scene.outcome(producer)
        producer.start()
        try scene.expectDone(producer)
        try scene.begin(producer, ["after"])
        try scene.commit(producer)
        #expect(try scene.committed() == ["before", "after"])
    }

    @Test("nothing is acknowledged until the others notice that a broker died")
    func deadFollower() throws {
        var settings = Scene.calm
        settings.failoverUs = 3_000_000...3_000_000
        let scene = Scene(settings: settings)
        let producer = try scene.producer(scene.world.makeProcess("p"), "shard")
        try scene.begin(producer, ["x"])
        let leader = try #require(scene.cluster.log(.alerts0)?.leader)
        scene.cluster.takeDown(broker: (leader + 1) % 3)
        let before = scene.world.nowMs
        producer.produce("y", to: .alerts0)
        producer.flush()
        try scene.expectDone(producer)
        #expect(scene.world.nowMs - before >= 2_999)
        producer.commit()
        _ = try scene.outcome(producer)
        #expect(try scene.committed() == ["x", "y"])
    }

    @Test("a coordinator that fails over carries a decided commit out")
    func coordinatorFailsOver() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "shard")
        try scene.begin(producer, ["decided"])
        scene.cluster.markerDelayUs = 1_000_000...1_000_000
        try scene.commit(producer)
        #expect(scene.cluster.transactions.openCount == 1)
        for broker in 0..<3 {
            scene.cluster.takeDown(broker: broker)
            scene.world.run(forMs: 100)
            scene.cluster.bringUp(broker: broker)
        }
        #expect(try scene.committed() == ["decided"])
    }

    @Test("a topic that may not be written to is a matter of configuration")
    func readOnly() throws {
        let scene = Scene()
        let producer = try scene.producer(scene.world.makeProcess("p"), "shard")
        scene.cluster.readOnlyTopics = [.alerts]
        _ = producer.begin()
        producer.produce("x", to: .alerts0)
        producer.flush()
        let error = try scene.failure(producer)
        #expect(error.name == "TOPIC_AUTHORIZATION_FAILED")
        #expect(error.move == .configuration)
    }

    @Test("without transactions offsets are committed behind delivered records")
    func atLeastOnce() throws {
        let scene = Scene()
        let process = scene.world.makeProcess("p")
        let consumer = scene.consumer(process, instance: "c")
        try scene.settle(members: 1)
        let membership = try #require(consumer.membership)
        let producer = SimProducer(process, mode: .atLeastOnce, group: consumer.group)
        producer.start()
        try scene.expectDone(producer)
        try scene.begin(producer, ["x"])
        producer.addOffsets([PartitionOffset(.input0, offset: 3)], under: membership)
        try scene.expectDone(producer)
        try scene.commit(producer)
        #expect(scene.cluster.committedView(of: .alerts).map(\.text) == ["x"])
        #expect(scene.cluster.group.committed(.input0)?.offset == 3)
        // A membership that is over commits nothing.
        _ = scene.consumer(scene.world.makeProcess("q"), instance: "d")
        try scene.settle(members: 2)
        producer.addOffsets([PartitionOffset(.input0, offset: 4)], under: membership)
        #expect(try scene.failure(producer).name == "ILLEGAL_GENERATION")
    }
}
