import Broker
import ClusterSimulation
import Delivery
import Testing

@Suite("The consumer group")
struct GroupTests {
    @Test("range gives every member a run of each topic's partitions")
    func range() throws {
        let scene = Scene(partitions: 5)
        let first = scene.consumer(scene.world.makeProcess("a"), instance: "a")
        let second = scene.consumer(scene.world.makeProcess("b"), instance: "b")
        try scene.settle(members: 2)
        #expect(first.assigned.map(\.number) == [0, 1, 2, 0, 1, 2])
        #expect(second.assigned.map(\.number) == [3, 4, 3, 4])
        #expect(first.membership?.isValid == true)
    }

    @Test(
        "a static member that restarts within its session gets its partitions back, nobody else notices"
    )
    func staticRestart() throws {
        let scene = Scene()
        let victim = scene.world.makeProcess("a")
        let first = scene.consumer(victim, instance: "a")
        let second = scene.consumer(scene.world.makeProcess("b"), instance: "b")
        try scene.settle(members: 2)
        let generation = scene.cluster.group.view.generation
        let before = second.assignments
        victim.crash()
        scene.world.run(forMs: 10_000)
        let again = scene.consumer(scene.world.makeProcess("a"), instance: "a")
        scene.world.run(forMs: 5_000)
        #expect(again.assigned == first.assigned)
        #expect(scene.cluster.group.view.generation == generation)
        #expect(second.assignments == before)
        #expect(again.membership?.generation == generation)
    }

    @Test("a session that ends moves the partitions to the others")
    func sessionEnds() throws {
        let scene = Scene()
        let victim = scene.world.makeProcess("a")
        _ = scene.consumer(victim, instance: "a")
        let second = scene.consumer(scene.world.makeProcess("b"), instance: "b")
        try scene.settle(members: 2)
        victim.crash()
        scene.world.run(forMs: 15_000)
        #expect(second.assigned.count == 2)
        try scene.settle(members: 1)
        scene.world.run(forMs: 5_000)
        #expect(second.assigned.count == 4)
    }

    @Test("who takes an instance id over fences who had it, for good")
    func takeover() throws {
        let scene = Scene()
        let old = scene.consumer(scene.world.makeProcess("a"), instance: "x")
        try scene.settle(members: 1)
        let membership = try #require(old.membership)
        let new = scene.consumer(scene.world.makeProcess("b"), instance: "x")
        scene.world.run(forMs: 10_000)
        #expect(old.failures.map(\.name) == ["FENCED_INSTANCE_ID"])
        #expect(old.failures.first?.move == .fenced)
        #expect(new.assigned.count == 4)
        // The generation is the same: it is the member that is refused.
        let producer = try scene.producer(scene.world.makeProcess("p"), "p")
        try scene.begin(producer, ["x"])
        producer.addOffsets([PartitionOffset(.input0, offset: 1)], under: membership)
        let error = try scene.failure(producer)
        #expect(error.name == "FENCED_INSTANCE_ID")
        #expect(error.move == .abortTransaction)
    }

    @Test("a member that is frozen past its session is told that it lost its partitions")
    func frozenMember() throws {
        let scene = Scene()
        let process = scene.world.makeProcess("a")
        let first = scene.consumer(process, instance: "a")
        let second = scene.consumer(scene.world.makeProcess("b"), instance: "b")
        try scene.settle(members: 2)
        let old = try #require(first.membership)
        process.freeze()
        scene.world.run(forMs: 30_000)
        #expect(second.assigned.count == 4)
        #expect(first.lost == 0)
        process.thaw()
        scene.world.run(forMs: 10_000)
        #expect(first.lost == 1)
        try scene.settle(members: 2)
        #expect(first.assigned.count == 2)
        #expect(first.membership?.generation != old.generation)
    }

    @Test("a member that stops polling loses its partitions, though its heartbeats go on")
    func pollOverdue() throws {
        let scene = Scene()
        let process = scene.world.makeProcess("a")
        let group = SimGroup(process, instanceID: "a")
        var events: [GroupEvent] = []
        _ = scene.world.run(untilMs: 10_000) {
            if let event = group.poll() { events.append(event) }
            return !events.isEmpty
        }
        try group.assign([], isIncremental: false)
        scene.world.run(forMs: 70_000)
        var names: [String] = []
        while let event = group.poll() {
            switch event {
            case .failed(let error): names.append(error.name)
            case .revoked(_, _, let isLost, _): names.append(isLost ? "lost" : "revoked")
            case .assigned: names.append("assigned")
            }
        }
        #expect(names == ["_MAX_POLL_EXCEEDED", "lost"])
    }

    @Test("a dynamic member that leaves gives its partitions to the others at once")
    func leaving() throws {
        let scene = Scene()
        let first = scene.consumer(scene.world.makeProcess("a"), instance: nil)
        let second = scene.consumer(scene.world.makeProcess("b"), instance: nil)
        try scene.settle(members: 2)
        first.group.leave()
        try scene.settle(members: 1)
        scene.world.run(forMs: 3_000)
        #expect(first.group.hasLeft)
        #expect(first.assigned.isEmpty)
        #expect(second.assigned.count == 4)
    }

    @Test("a static member that leaves keeps its place until its session ends")
    func leavingStatically() throws {
        let scene = Scene()
        let process = scene.world.makeProcess("a")
        let first = scene.consumer(process, instance: "a")
        let second = scene.consumer(scene.world.makeProcess("b"), instance: "b")
        try scene.settle(members: 2)
        first.group.leave()
        scene.world.run(forMs: 1_000)
        #expect(first.group.hasLeft)
        process.exit()
        scene.world.run(forMs: 10_000)
        #expect(second.assigned.count == 2)
        scene.world.run(forMs: 20_000)
        #expect(second.assigned.count == 4)
    }

    @Test("a group whose coordinator dies goes on where it was")
    func coordinatorDies() throws {
        let scene = Scene()
        let first = scene.consumer(scene.world.makeProcess("a"), instance: "a")
        _ = scene.consumer(scene.world.makeProcess("b"), instance: "b")
        try scene.settle(members: 2)
        let generation = scene.cluster.group.view.generation
        for broker in 0..<3 {
            scene.cluster.takeDown(broker: broker)
            scene.world.run(forMs: 10_000)
            scene.cluster.bringUp(broker: broker)
            scene.world.run(forMs: 10_000)
        }
        #expect(scene.cluster.group.view.generation == generation)
        #expect(first.lost == 0)
        #expect(first.assignments == 1)
    }

    @Test("more partitions are noticed when metadata is refreshed")
    func growth() throws {
        let scene = Scene()
        var settings = ClientSettings()
        settings.metadataRefreshMs = 5_000
        let first = scene.consumer(
            scene.world.makeProcess("a"), instance: "a", settings: settings)
        try scene.settle(members: 1)
        scene.cluster.growTopic(.input, to: 3)
        scene.world.run(forMs: 10_000)
        #expect(first.assigned.count == 5)
    }

    @Test("a deleted topic is an error for its readers and for the group")
    func deletion() throws {
        let scene = Scene()
        var settings = ClientSettings()
        settings.metadataRefreshMs = 5_000
        let first = scene.consumer(
            scene.world.makeProcess("a"), instance: "a", settings: settings)
        try scene.settle(members: 1)
        scene.cluster.deleteTopic(.input)
        scene.world.run(forMs: 10_000)
        #expect(first.failures.map(\.name) == ["UNKNOWN_TOPIC_OR_PART"])
        #expect(first.assigned.allSatisfy { $0.topic == .partials })
        scene.cluster.createTopic(.input, partitions: 1)
        scene.world.run(forMs: 10_000)
        #expect(first.assigned.count == 3)
    }

    @Test("a storm of members comes and goes, and the group settles")
    func storm() throws {
        let scene = Scene()
        let first = scene.consumer(scene.world.makeProcess("a"), instance: "a")
        let second = scene.consumer(scene.world.makeProcess("b"), instance: "b")
        try scene.settle(members: 2)
        RebalanceStorm(scene.world, members: 5)
        scene.world.run(forMs: 30_000)
        try scene.settle(members: 2)
        scene.world.run(forMs: 5_000)
        #expect(first.assignments > 2)
        #expect(first.assigned.count + second.assigned.count == 4)
    }

    @Test("cooperative members keep what stays theirs")
    func cooperative() throws {
        let scene = Scene(partitions: 4)
        var settings = ClientSettings()
        settings.isCooperative = true
        let first = scene.consumer(
            scene.world.makeProcess("a"), instance: "a", settings: settings)
        try scene.settle(members: 1)
        #expect(first.assigned.count == 8)
        let second = scene.consumer(
            scene.world.makeProcess("b"), instance: "b", settings: settings)
        scene.world.run(forMs: 20_000)
        #expect(first.assigned.count == 4)
        #expect(second.assigned.count == 4)
        #expect(Set(first.assigned + second.assigned).count == 8)
        #expect(first.lost == 0)
    }
}
