import ClusterSimulation
import Delivery
import Testing

@Suite("Processes and the network")
struct ProcessTests {
    @Test("a thread runs when it asked to, and earlier when it is woken")
    func threads() {
        let world = World(seed: 1)
        let process = world.makeProcess("p")
        var times: [Int64] = []
        let thread = process.makeThread("t") { _ in
            times.append(world.nowMs)
            return 1_000
        }
        world.run(forMs: 2_500)
        #expect(times == [0, 1_000, 2_000])
        thread.wake()
        world.run(forMs: 100)
        #expect(times.count == 4)
    }

    @Test("nothing of a frozen process runs, and everything does after the thaw")
    func frozen() {
        let world = World(seed: 1)
        let process = world.makeProcess("p")
        var clock: [Int64] = []
        process.makeThread("t") { nowMs in
            clock.append(nowMs)
            return 100
        }
        world.run(forMs: 1_000)
        process.freeze()
        let before = clock.count
        world.run(forMs: 5_000)
        #expect(clock.count == before)
        process.thaw()
        world.run(forMs: 1_000)
        #expect(clock.count >= before + 9)
        #expect(clock[before] - clock[before - 1] >= 5_000)
    }

    @Test("a stalled thread runs later, the others go on; a clock can jump")
    func stalled() {
        let world = World(seed: 1)
        let process = world.makeProcess("p")
        var first = 0
        var second = 0
        let thread = process.makeThread("a") { _ in
            first += 1
            return 10
        }
        process.makeThread("b") { _ in
            second += 1
            return 10
        }
        world.run(forMs: 100)
        let before = first
        thread.stall(forMs: 500)
        world.run(forMs: 400)
        #expect(first == before)
        #expect(second > 40)
        world.run(forMs: 500)
        #expect(first > before)
        let now = process.nowMs
        process.jumpClock(byMs: 3_600_000)
        #expect(process.nowMs == now + 3_600_000)
    }

    @Test("what a frozen process has sent is carried out")
    func sentBeforeFreeze() throws {
        let scene = Scene()
        let process = scene.world.makeProcess("p")
        let producer = try scene.producer(process, "p")
        try scene.begin(producer, ["x"])
        producer.commit()
        process.freeze()
        #expect(try scene.committed() == ["x"])
        if let outcome = producer.poll() { Issue.record("\(outcome)") }
        process.thaw()
        try scene.expectDone(producer)
    }

    @Test("what a process had under way when it died is carried out or not, never by half")
    func crash() throws {
        var outcomes: Set<Int> = []
        for seed in UInt64(1)...20 {
            let scene = Scene(seed: seed)
            let process = scene.world.makeProcess("p")
            let producer = try scene.producer(process, "p")
            try scene.begin(producer, ["x", "y"])
            producer.commit()
            process.crash()
            _ = try scene.producer(scene.world.makeProcess("p"), "p")
            outcomes.insert(try scene.committed().count)
        }
        #expect(outcomes == [0, 2])
    }

    @Test("faults can be for one process, one broker and one kind of request")
    func filters() throws {
        let scene = Scene()
        let process = scene.world.makeProcess("p")
        let other = scene.world.makeProcess("q")
        var faults = NetworkFaults()
        faults.losesRequest = 1
        faults.kinds = [.endTransaction]
        process.networkFaults = faults
        let producer = try scene.producer(process, "p")
        try scene.begin(producer, ["never"])
        producer.commit()
        #expect(try scene.failure(producer).name == "_TIMED_OUT")
        let healthy = try scene.producer(other, "q")
        try scene.begin(healthy, ["fine"])
        try scene.commit(healthy)
        // Every broker but the coordinator's may be lost.
        faults.brokers = []
        process.networkFaults = faults
        producer.start()
        try scene.expectDone(producer)
        try scene.begin(producer, ["fine too"])
        try scene.commit(producer)
        #expect(try scene.committed().sorted() == ["fine", "fine too"])
    }
}
