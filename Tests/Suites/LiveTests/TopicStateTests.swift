import Broker
import Delivery
import Kafka
import Live
import Primitives
import Snapshots
import Testing

/// What a reader gave, in order.
struct StateRecord: Equatable {
    var key: StateKey?
    var value: [UInt8]?
}

/// Waits for so many ends of writes.
func ends(
    _ port: any StatePort, _ count: Int
) -> [StateOutcome] {
    var ends: [StateOutcome] = []
    let isDone = eventually {
        while let end = port.poll() { ends.append(end) }
        return ends.count >= count
    }
    #expect(isDone)
    return ends
}

/// Reads everything of a task.
func everything(_ port: any StatePort, _ task: TaskID) throws -> [StateRecord] {
    let reader = port.open(task)
    defer { reader.close() }
    var records: [StateRecord] = []
    var status = ReadStatus.open
    let isRead = eventually {
        status = reader.read(max: 7) { key, value in
            records.append(StateRecord(key: StateKey(key), value: value.map(Array.init)))
        }
        return status != .open
    }
    #expect(isRead)
    #expect(status == .ended)
    let progress = reader.progress
    #expect((progress?.done ?? 1) <= (progress?.total ?? 0))
    return records
}

func snapshot(_ task: TaskID, _ sequence: UInt32, pages: [[UInt8]]) -> SnapshotPages {
    SnapshotPages(
        task: task, id: SnapshotID(incarnation: 0xabcd, sequence: sequence), pages: pages)
}

extension LiveTests {
    @Suite struct TopicStateTests {
        private func task(_ partition: Int32) -> TaskID {
            TaskID(application: 7, stage: .entity, partition: partition)
        }

        private func port(
            _ site: Site, _ settings: [Properties.Setting] = []
        ) throws -> TopicStatePort {
            try TopicStatePort(
                properties: site.properties(settings), topic: site.names.state ?? "",
                partitions: site.partitions)
        }

        @Test(
            "pages, manifests in commit batches and removals of a task come back in order, without another task's",
            arguments: Release.available)
        func roundTrip(release: Release) throws {
            let site = try Site(release, "state")
            let port = try port(site)
            #expect(port.publishesInBatch)
            // Three tasks on two partitions: 1 and 3 share one.
            let first = snapshot(
                task(3), 1, pages: [[1], [2, 2], Array(repeating: 9, count: 70_000)])
            let other = snapshot(task(1), 1, pages: [[8]])
            port.write(first)
            port.write(other)
            port.write(snapshot(task(2), 5, pages: []))
            let done = ends(port, 3)
            #expect(done.allSatisfy { $0.error == nil })
            #expect(Set(done.map(\.id.sequence)) == [1, 5])

            let member = try site.member()
            let producer = try site.producer("p", member)
            try producer.start()
            let manifest = StateKey(first.task, .manifest, of: first.id)
            let batch = CommitBatch()
            batch.reset()
            batch.close(as: "1")
            let owner = TopicPartition(.partials, 3)
            manifest.bytes.withUnsafeBytes { key in
                Array("manifest".utf8).withUnsafeBytes {
                    // Task 3 keeps its state in partition 1 of two. In an engine both topics have as many.
                    batch.append(to: .init(.state, 1), of: owner, key: key, value: $0)
                }
            }
            try producer.done { $0.send(batch) }
            try producer.done { $0.flush() }
            let early = port.open(first.task)
            defer { early.close() }
            #expect(
                !eventually(seconds: 2) { early.read(max: 7) { _, _ in } != .open },
                "a transaction that may still add a manifest was not waited for")
            try producer.done { $0.commit() }
            #expect(eventually { early.read(max: 7) { _, _ in } == .ended })
            port.remove([StateKey(first.task, .page(index: 1), of: first.id)])
            let expected =
                first.pages.enumerated().map { index, page in
                    StateRecord(
                        key: StateKey(first.task, .page(index: UInt32(index)), of: first.id),
                        value: page)
                } + [
                    StateRecord(key: manifest, value: Array("manifest".utf8)),
                    StateRecord(
                        key: StateKey(first.task, .page(index: 1), of: first.id), value: nil),
                ]
            var found: [StateRecord] = []
            let isThere = try eventually {
                _ = port.poll()
                found = try everything(port, task(3))
                return found.count == expected.count
            }
            #expect(isThere)
            #expect(found == expected)
            #expect(try everything(port, task(1)).map(\.value) == [[8]])
            #expect(try everything(port, task(2)) == [])
            #expect(port.failedRemovals == 0)
        }

        @Test(
            "what compaction removed is no hole in the reading, which ends where the partition ended",
            arguments: Release.mortal)
        func compaction(release: Release) throws {
            let site = try Site(
                release, "compact",
                stateConfigs: [
                    ("segment.ms", "200"), ("min.cleanable.dirty.ratio", "0.001"),
                    ("min.compaction.lag.ms", "0"), ("delete.retention.ms", "0"),
                ])
            let port = try port(site)
            let keys = (0..<4).map {
                StateKey(task(0), .page(index: $0), of: .init(incarnation: 1, sequence: 1))
            }
            func write(_ byte: UInt8) {
                port.write(
                    SnapshotPages(
                        task: task(0), id: .init(incarnation: 1, sequence: 1),
                        pages: keys.map { _ in [byte] }))
                #expect(ends(port, 1).allSatisfy { $0.error == nil })
            }
            // The same keys again, as the engine never does, so that there is something to compact.
            for round in 0..<5 { write(UInt8(round)) }
            port.remove([keys[3]])
            var found: [StateRecord] = []
            var round: UInt8 = 5
            let isCompacted = try eventually {
                // The segment under way is rolled by what comes after it.
                write(round)
                round += 1
                found = try everything(port, task(0))
                return found.count < 4 * Int(round)
            }
            #expect(isCompacted)
            #expect(found.suffix(4).map(\.value) == Array(repeating: [round - 1], count: 4))
        }

        @Test(
            "what the producer's queue does not take waits, and all of it arrives",
            arguments: Release.available)
        func fullQueue(release: Release) throws {
            let site = try Site(release, "statefull")
            let port = try port(site, [.init("queue.buffering.max.messages", "10")])
            let pages = (0..<200).map { index in Array(repeating: UInt8(index), count: 2_000) }
            port.write(snapshot(task(0), 1, pages: pages))
            #expect(ends(port, 1)[0].error == nil)
            #expect(try everything(port, task(0)).map(\.value) == pages)
        }

        @Test(
            "a page the topic does not take fails its snapshot, with a word for the operator, and later ones do not",
            arguments: Release.available)
        func tooLarge(release: Release) throws {
            let site = try Site(
                release, "statelarge", stateConfigs: [("max.message.bytes", "3000")])
            let port = try port(site, [.init("compression.type", "none")])
            port.write(snapshot(task(0), 1, pages: [[1], Array(repeating: 1, count: 5_000)]))
            port.write(snapshot(task(0), 2, pages: [Array(repeating: 1, count: 3_000_000)]))
            let errors = Dictionary(
                uniqueKeysWithValues: ends(port, 2).map { ($0.id.sequence, $0.error) })
            for sequence in [UInt32(1), 2] {
                let error = try #require(errors[sequence] ?? nil)
                #expect(error.move == .configuration, "\(error)")
                #expect(error.description.contains("\(site.names.state ?? "")[0]"), "\(error)")
            }
            // Brokers refuse whole batches: those beside it may fail with it, those after it do not.
            port.write(snapshot(task(0), 3, pages: [[3]]))
            #expect(ends(port, 1)[0].error == nil)
        }
    }
}
