import Broker
import ClusterSimulation
import Delivery
import Primitives
import Snapshots
import Testing

@Suite("Stores of snapshots")
struct StateTests {
    private let task = TaskID(application: 7, stage: .entity, partition: 1)

    private func pages(_ sequence: UInt32, _ texts: [String]) -> SnapshotPages {
        SnapshotPages(
            task: task, id: SnapshotID(incarnation: 42, sequence: sequence),
            pages: texts.map { Array($0.utf8) })
    }

    private func end(
        _ world: World, _ port: any StatePort
    ) throws -> StateOutcome {
        var result: StateOutcome?
        _ = world.run(untilMs: 30_000) {
            result = result ?? port.poll()
            return result != nil
        }
        return try #require(result)
    }

    private func readAll(
        _ world: World, _ port: any StatePort, of task: TaskID? = nil
    ) throws -> [String] {
        let reader = port.open(task ?? self.task)
        var texts: [String] = []
        let ended = world.run(untilMs: 30_000) {
            reader.read(max: 3) { _, value in
                texts.append(value.map { String(decoding: $0, as: UTF8.self) } ?? "-")
            } == .ended
        }
        try #require(ended)
        reader.close()
        return texts
    }

    @Test("pages on the topic are safe when they are acknowledged, and come back in order")
    func topic() throws {
        let scene = Scene()
        let state = SimState(scene.world.makeProcess("p"))
        state.write(pages(1, ["a", "b", "c", "d"]))
        let ended = try end(scene.world, state)
        #expect(ended.id.sequence == 1)
        #expect(ended.error == nil)
        #expect(try readAll(scene.world, state) == ["a", "b", "c", "d"])
        let other = TaskID(application: 8, stage: .entity, partition: 1)
        #expect(try readAll(scene.world, state, of: other) == [])
        let key = StateKey(task, .page(index: 1), of: ended.id)
        state.remove([key])
        scene.world.run(forMs: 1_000)
        #expect(try readAll(scene.world, state) == ["a", "b", "c", "d", "-"])
    }

    @Test("an empty partition, and one whose end is a marker, end at once")
    func emptyEnds() throws {
        let scene = Scene()
        let process = scene.world.makeProcess("p")
        let state = SimState(process)
        #expect(try readAll(scene.world, state) == [])
        let producer = try scene.producer(process, "p")
        try scene.begin(producer, ["manifest?"], to: TopicPartition(.state, 1))
        producer.abort()
        try scene.expectDone(producer)
        _ = try scene.committed()
        #expect(try readAll(scene.world, state) == [])
    }

    @Test("compaction between writing and reading leaves holes that do no harm")
    func compacted() throws {
        let scene = Scene()
        let state = SimState(scene.world.makeProcess("p"))
        for sequence in 1...10 {
            state.write(pages(UInt32(sequence), ["a\(sequence)", "b\(sequence)"]))
            _ = try end(scene.world, state)
            let id = SnapshotID(incarnation: 42, sequence: UInt32(sequence))
            if sequence < 8 { state.remove([StateKey(task, .page(index: 0), of: id)]) }
        }
        scene.world.run(forMs: 1_000)
        scene.cluster.compact(TopicPartition(.state, 1))
        scene.world.run(forMs: 20_000)
        scene.cluster.compact(TopicPartition(.state, 1))
        let texts = try readAll(scene.world, state)
        #expect(texts.contains("b1"))
        #expect(!texts.contains("a1"))
        #expect(texts.suffix(2) == ["a10", "b10"])
    }

    @Test("a write that the store refuses says so, and a later one succeeds")
    func refusal() throws {
        let scene = Scene()
        let state = SimState(scene.world.makeProcess("p"))
        state.writeFault = BrokerError(.rejected, action: "write", text: "no")
        state.write(pages(1, ["a"]))
        #expect(try end(scene.world, state).error?.move == .rejected)
        state.writeFault = nil
        state.write(pages(2, ["b"]))
        #expect(try end(scene.world, state).error == nil)
        #expect(try readAll(scene.world, state) == ["b"])
    }

    @Test("stored records can be damaged")
    func damage() throws {
        let scene = Scene()
        let state = SimState(scene.world.makeProcess("p"))
        state.write(pages(1, ["aaaa", "bbbb", "cccc", "dddd"]))
        _ = try end(scene.world, state)
        let partition = TopicPartition(.state, 1)
        let keys = scene.cluster.stateKeys(of: partition)
        #expect(keys.count == 4)
        scene.cluster.damage(partition, at: keys[0].offset, .torn)
        scene.cluster.damage(partition, at: keys[1].offset, .missing)
        scene.cluster.damage(partition, at: keys[2].offset, .flipped)
        scene.cluster.damage(partition, at: keys[3].offset, .replaced([0x7A]))
        #expect(try readAll(scene.world, state) == ["aa", "ccsc", "z"])
    }

    @Test("files of a directory survive a crash once they are synced")
    func directory() throws {
        let scene = Scene()
        let disk = SimDisk()
        let process = scene.world.makeProcess("p")
        let first = SimDirectory(process, disk: disk)
        first.write(pages(1, ["a", "b"]))
        #expect(try end(scene.world, first).error == nil)
        let key = StateKey(task, .manifest, of: SnapshotID(incarnation: 42, sequence: 1))
        first.publish(ManifestRecord(key: key, value: Array("m".utf8)))
        #expect(try end(scene.world, first).error == nil)
        // Never synced: each may be whole, torn or gone.
        first.write(pages(2, ["cccc", "dddd", "eeee"]))
        process.crash()
        let second = SimDirectory(scene.world.makeProcess("p"), disk: disk)
        let texts = try readAll(scene.world, second)
        #expect(texts.prefix(3) == ["a", "b", "m"])
        for text in texts.dropFirst(3) {
            #expect(["cccc", "dddd", "eeee"].contains { $0.hasPrefix(text) })
        }
    }

    @Test("a full disk fails writes and leaves what was there")
    func fullDisk() throws {
        let scene = Scene()
        let disk = SimDisk()
        let directory = SimDirectory(scene.world.makeProcess("p"), disk: disk)
        directory.write(pages(1, ["a"]))
        _ = try end(scene.world, directory)
        disk.writeFault = SimDisk.full
        directory.write(pages(2, ["b", "c"]))
        #expect(try end(scene.world, directory).error == SimDisk.full)
        #expect(try readAll(scene.world, directory) == ["a", "b"])
    }

    @Test("history is read from an offset to the end, apart from the group")
    func history() throws {
        let scene = Scene()
        for index in 0..<6 { scene.cluster.append(to: .input0, text: "\(index)") }
        let reader = SimHistory(scene.world.makeProcess("p")).open(.input0, from: 2)
        var texts: [String] = []
        let ended = scene.world.run(untilMs: 10_000) {
            var isOver = false
            reader.withBatch(max: 2) { batch in
                for entry in batch {
                    if entry.kind == .end { isOver = true } else { texts.append(entry.text) }
                }
            }
            return isOver
        }
        #expect(ended)
        #expect(texts == ["2", "3", "4", "5"])
        #expect(reader.bounds == OffsetRange(low: 0, high: 6))
    }
}
