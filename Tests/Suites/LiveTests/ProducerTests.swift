import Broker
import Delivery
import Kafka
import Live
import Primitives
import Testing

extension LiveTests {
    @Suite struct ProducerTests {
        private let partition = TopicPartition(.input, 0)

        @Test(
            "a commit batch's records and positions appear together, the positions with the commit batch's name",
            arguments: Release.available)
        func commit(release: Release) throws {
            let site = try Site(release, "commit")
            let member = try site.member("a")
            try member.join(expecting: 4)
            let membership = try #require(member.membership)
            #expect(membership.isValid)
            let producer = try site.producer("p", member)
            try producer.start()
            try producer.commit(.make("1", ["a", "b"], committing: [0: 7]), membership)
            try producer.commit(.make("2", ["c"], committing: [0: 9, 1: 3]), membership)
            #expect(try site.committed(site.names.alerts) == ["a", "b", "c"])
            let known = try producer.readCommitted([
                partition, .init(.input, 1), .init(.partials, 0),
            ])
            #expect(
                known == [
                    PartitionOffset(partition, offset: 9, metadata: "batch=2"),
                    PartitionOffset(.init(.input, 1), offset: 3, metadata: "batch=2"),
                    PartitionOffset(.init(.partials, 0), offset: nil),
                ])
            // Nothing in it: nothing to do.
            try producer.commit(.make("3"), membership)
            try member.leave()
        }

        @Test(
            "an aborted commit batch leaves nothing behind, and the same commit batch is committed afterwards, less what was given up",
            arguments: Release.available)
        func abort(release: Release) throws {
            let site = try Site(release, "abort")
            let (member, membership) = try site.joined()
            let producer = try site.producer("p", member)
            try producer.start()
            let batch = CommitBatch.make("1", ["mine"], committing: [0: 5])
            let other = TopicPartition(.input, 1)
            batch.append("gone", to: .init(.alerts, 0), of: other)
            try producer.prepare(batch, membership)
            try producer.done { $0.abort() }
            #expect(try site.committed(site.names.alerts) == [])
            #expect(
                try producer.readCommitted([partition]) == [PartitionOffset(partition, offset: nil)]
            )
            batch.drop(other)
            try producer.commit(batch, membership)
            #expect(try site.committed(site.names.alerts) == ["mine"])
            #expect(try producer.readCommitted([partition])[0].metadata == "batch=1")
            try member.leave()
        }

        @Test(
            "a producer of the same identity fences the first, whose commit batch is lost and known to be",
            arguments: Release.available)
        func fence(release: Release) throws {
            let site = try Site(release, "fence")
            let (member, membership) = try site.joined()
            let first = try site.producer("p", member)
            try first.start()
            try first.prepare(.make("zombie", ["z"], committing: [0: 5]), membership)
            let second = try site.producer("p", member)
            try second.start()
            try second.commit(.make("heir", ["h"], committing: [0: 6]), membership)
            let error = try first.failure { $0.commit() }
            #expect(error.move == .fenced, "\(error)")
            try first.start()
            #expect(try first.readCommitted([partition])[0].metadata == "batch=heir")
            #expect(try site.committed(site.names.alerts) == ["h"])
            try member.leave()
        }

        @Test(
            "a producer dropped with everything but the commit done has committed nothing",
            arguments: Release.available)
        func dropped(release: Release) throws {
            let site = try Site(release, "dropped")
            let (member, membership) = try site.joined()
            let first = try site.producer("p", member)
            try first.start()
            try first.commit(.make("1", ["a"], committing: [0: 1]), membership)
            try first.prepare(.make("2", ["b"], committing: [0: 2]), membership)
            first.drop()
            let second = try site.producer("p", member)
            try second.start()
            #expect(
                try second.readCommitted([partition])
                    == [PartitionOffset(partition, offset: 1, metadata: "batch=1")])
            #expect(try site.committed(site.names.alerts) == ["a"])
            try member.leave()
        }

        @Test(
            "a transaction that outlives its time-out is over: its commit fails, and nothing of it shows",
            arguments: Release.mortal)
        func timedOut(release: Release) throws {
            let site = try Site(release, "timeout")
            let (member, membership) = try site.joined()
            let short = [Properties.Setting("transaction.timeout.ms", "1000")]
            let producer = try site.producer("p", member, settings: short)
            try producer.start()
            try producer.prepare(.make("late", ["z"], committing: [0: 5]), membership)
            // The broker's end of it shows as the end of the wait for stable offsets.
            let isOver = try eventually {
                try member.committed([partition]) == [nil]
            }
            #expect(isOver)
            let error = try producer.failure { $0.commit() }
            #expect(error.move == .fenced || error.move == .fatal, "\(error)")
            try producer.start()
            #expect(try producer.readCommitted([partition])[0].offset == nil)
            try producer.commit(.make("again", ["a"], committing: [0: 5]), membership)
            #expect(try site.committed(site.names.alerts) == ["a"])
            try member.leave()
        }

        @Test(
            "a commit batch's memory may change once its outcome is known: large values are delivered as they were",
            arguments: Release.available)
        func lentMemory(release: Release) throws {
            let site = try Site(release, "lent")
            let (member, membership) = try site.joined()
            let plain = [Properties.Setting("compression.type", "none")]
            let producer = try site.producer("p", member, settings: plain)
            try producer.start()
            let batch = CommitBatch()
            for round in 0..<4 {
                // Above `message.copy.max.bytes`: librdkafka refers to them instead of copying.
                let letter = String(UnicodeScalar(UInt8(97 + round)))
                batch.reset()
                batch.close(as: letter)
                let owner = partition
                for _ in 0..<5 {
                    let text = String(repeating: letter, count: 150_000)
                    batch.append(text, to: .init(.alerts, 0), of: owner)
                }
                try producer.prepare(batch, membership)
                try producer.done { round == 1 ? $0.abort() : $0.commit() }
            }
            let values = try site.committed(site.names.alerts)
            #expect(
                values.map { Set($0).map(String.init).joined() }
                    == ["a", "c", "d"].flatMap {
                        Array(repeating: $0, count: 5)
                    })
            try member.leave()
        }

        @Test(
            "a record the topic does not take is a configuration error that names topic and partition",
            arguments: Release.available)
        func tooLarge(release: Release) throws {
            let site = try Site(release, "large", configs: [("max.message.bytes", "2000")])
            let (member, _) = try site.joined()
            let plain = [Properties.Setting("compression.type", "none")]
            for identity in ["p", nil] {
                let producer = try site.producer(identity, member, settings: plain)
                try producer.start()
                let batch = CommitBatch.make(
                    "1", [String(repeating: "x", count: 5_000)], to: .init(.partials, 1))
                try producer.done { $0.send(batch) }
                let error = try producer.failure { $0.flush() }
                #expect(error.move == .configuration, "\(error)")
                #expect(error.description.contains("\(site.names.partials)[1]"), "\(error)")
                #expect(error.description.contains("max.message.bytes"), "\(error)")
                // Larger than the client takes at all.
                try producer.start()
                let huge = CommitBatch.make("2", [String(repeating: "x", count: 2_000_000)])
                let second = try producer.failure { $0.send(huge) }
                #expect(second.move == .configuration, "\(second)")
                #expect(second.description.contains("\(site.names.alerts)[0]"), "\(second)")
            }
            try member.leave()
        }

        @Test(
            "at least once, positions are committed once the records are delivered, under a membership that lasts",
            arguments: Release.available)
        func atLeastOnce(release: Release) throws {
            let site = try Site(release, "least")
            let member = try site.member("a")
            try member.join(expecting: 4)
            let membership = try #require(member.membership)
            let producer = try site.producer(nil, member)
            try producer.start()
            try producer.commit(.make("1", ["a", "b"], committing: [0: 7, 1: 2]), membership)
            try producer.done { $0.abort() }
            #expect(try site.committed(site.names.alerts) == ["a", "b"])
            #expect(
                try producer.readCommitted([partition])
                    == [PartitionOffset(partition, offset: 7, metadata: "batch=1")])
            let other = try site.member("b")
            try other.group.subscribe()
            let isShared = try member.pump { member in
                try? other.step(waitMs: 0)
                return member.assigned.count == 2 && other.assigned.count == 2
            }
            #expect(isShared)
            try producer.done { $0.send(.make("2", ["c"])) }
            try producer.done { $0.flush() }
            let late = [PartitionOffset(partition, offset: 8)]
            let error = try producer.failure { $0.addOffsets(late, under: membership) }
            #expect(error.move == .abortTransaction, "\(error)")
            #expect(try producer.readCommitted([partition])[0].offset == 7)
            try other.leave()
            try member.leave()
        }

        @Test(
            "a step without a producer, or under no membership, is refused",
            arguments: [Release.current])
        func outOfOrder(release: Release) throws {
            let site = try Site(release, "order")
            let member = try site.member()
            let producer = try site.producer("p", member)
            #expect(try producer.failure { $0.send(.make("1")) }.move == .fatal)
            #expect(try producer.failure { $0.flush() }.move == .fatal)
            #expect(try producer.failure { $0.commit() }.move == .fatal)
            #expect(try producer.failure { $0.abort() }.move == .fatal)
            try member.join(expecting: 4)
            try producer.start()
            try producer.done { $0.send(.make("1", ["a"])) }
            let error = try producer.failure {
                $0.addOffsets([PartitionOffset(partition, offset: 1)], under: Ended())
            }
            #expect(error.move == .abortTransaction)
            try producer.done { $0.abort() }
            try member.leave()
        }
    }
}

/// A membership of nobody.
private final class Ended: GroupMembership {
    var isValid: Bool { false }
}
