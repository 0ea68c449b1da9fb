import Broker
import ClusterSimulation
import Delivery
import Testing

@Suite("A shard's log")
struct LogPortTests {
    private let world: World
    private let group: SimGroup
    private let log: SimLog

    init() throws {
        let scene = Scene()
        world = scene.world
        for index in 0..<10 {
            for partition in [TopicPartition.input0, .input1] {
                world.cluster.append(to: partition, text: "\(partition.number):\(index)")
            }
        }
        group = SimGroup(world.makeProcess("p"), instanceID: "a")
        log = group.makeLog()
        let group = group
        var isAssigned = false
        let joined = world.run(untilMs: 10_000) {
            if case .assigned? = group.poll() { isAssigned = true }
            return isAssigned
        }
        try #require(joined)
        try group.assign(
            [PartitionOffset(.input0, offset: 0), PartitionOffset(.input1, offset: 4)],
            isIncremental: false)
        world.run(forMs: 2_000)
    }

    private func read(_ max: Int = 100) throws -> [String] {
        var texts: [String] = []
        log.withBatch(max: max, waitMs: 0) { batch in
            for entry in batch {
                texts.append(entry.kind == .record ? "\(entry.slot)>\(entry.text)" : "end")
            }
        }
        return texts
    }

    @Test("entries wait until their partition is attached, and come in runs of a slot")
    func runs() throws {
        #expect(try read() == [])
        log.attach(.input0, slot: 7, from: 0)
        log.attach(.input1, slot: 9, from: 4)
        let texts = try read()
        #expect(texts.filter { $0 != "end" }.count == 16)
        let slots = texts.filter { $0 != "end" }.map { $0.prefix(1) }
        #expect(Set(slots) == ["7", "9"])
        let borders = zip(slots, slots.dropFirst()).filter { $0 != $1 }
        #expect(borders.count == 1)
    }

    @Test("a batch has at most as many entries as asked for, and the rest follows")
    func bounded() throws {
        log.attach(.input0, slot: 0, from: 0)
        #expect(try read(4) == ["0>0:0", "0>0:1", "0>0:2", "0>0:3"])
        #expect(try read(3) == ["0>0:4", "0>0:5", "0>0:6"])
        #expect(try read(100) == ["0>0:7", "0>0:8", "0>0:9", "end"])
    }

    @Test("records below the start are dropped")
    func start() throws {
        log.attach(.input0, slot: 0, from: 8)
        #expect(try read() == ["0>0:8", "0>0:9", "end"])
    }

    @Test("a held partition delivers nothing and loses nothing")
    func hold() throws {
        log.attach(.input0, slot: 0, from: 0)
        _ = try read(5)
        log.hold(.input0)
        world.run(forMs: 1_000)
        #expect(try read() == [])
        log.release(.input0)
        #expect(try read(2) == ["0>0:5", "0>0:6"])
    }

    @Test("a detached partition delivers nothing")
    func detach() throws {
        log.attach(.input0, slot: 0, from: 0)
        log.detach(.input0)
        #expect(try read() == [])
    }

    @Test("the end is told again after more records came")
    func ends() throws {
        log.attach(.input0, slot: 0, from: 9)
        #expect(try read() == ["0>0:9", "end"])
        world.run(forMs: 3_000)
        #expect(try read() == [])
        world.cluster.append(to: .input0, text: "0:10")
        world.run(forMs: 100)
        #expect(try read() == ["0>0:10"])
        world.run(forMs: 1_000)
        #expect(try read() == ["end"])
    }

    @Test("an end that was fetched before a freeze is told after it, though more has come")
    func staleEnd() throws {
        log.attach(.input0, slot: 0, from: 9)
        _ = try read()
        world.cluster.append(to: .input0, text: "0:10")
        world.run(forMs: 450)
        world.processes[0].freeze()
        world.run(forMs: 5_000)
        world.cluster.append(to: .input0, text: "0:11")
        world.processes[0].thaw()
        // What arrived before the freeze, and during it, comes first.
        world.run(forMs: 1)
        #expect(try read().first == "0>0:10")
    }

    @Test("what is fetched ahead survives retention; what is not is out of range")
    func retention() throws {
        log.attach(.input0, slot: 0, from: 0)
        world.cluster.removeRecords(of: .input0, below: 10)
        #expect(try read().count == 11)
        log.attach(.input1, slot: 1, from: 4)
        world.cluster.append(to: .input1, text: "1:10")
        world.cluster.removeRecords(of: .input1, below: 11)
        world.run(forMs: 1_000)
        var moves: [BrokerError.Move] = []
        log.withBatch(max: 100, waitMs: 0) { batch in
            for (index, entry) in batch.enumerated() where entry.kind == .failure {
                moves.append(log.failure(at: index).move)
            }
        }
        #expect(moves == [.outOfRange] || moves == [])
    }

    @Test("lent bytes are gone when the loan is over")
    func loan() throws {
        log.attach(.input0, slot: 0, from: 0)
        var kept: UnsafeRawBufferPointer?
        log.withBatch(max: 1, waitMs: 0) { batch in
            kept = batch[0].valueBytes
            #expect(batch[0].text == "0:0")
        }
        #expect(kept.map { Array($0) } == [0xA5, 0xA5, 0xA5])
    }

    @Test("reading goes on after the leader moved or died")
    func leaders() throws {
        log.attach(.input0, slot: 0, from: 9)
        _ = try read()
        for broker in 0..<3 {
            world.cluster.moveLeader(of: .input0, to: broker)
            world.cluster.append(to: .input0, text: "moved \(broker)")
        }
        world.run(forMs: 3_000)
        #expect(try read().filter { $0 != "end" }.count == 3)
        let leader = try #require(world.cluster.log(.input0)?.leader)
        world.cluster.takeDown(broker: leader)
        world.run(forMs: 10_000)
        world.cluster.append(to: .input0, text: "new leader")
        world.run(forMs: 1_000)
        #expect(try read().first == "0>new leader")
    }
}
