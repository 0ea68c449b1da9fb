import Broker
import Delivery
import Kafka
import Live
import Testing

extension LiveTests {
    @Suite struct MembershipTests {
        @Test(
            "the membership captured at an assignment commits until the next rebalance, and never after it",
            arguments: Release.available)
        func rebalance(release: Release) throws {
            let site = try Site(release, "member")
            let first = try site.member("a")
            try first.join(expecting: 4)
            let old = try #require(first.membership as? GroupMetadata)
            let producer = try site.producer("p", first)
            try producer.start()
            try producer.commit(.make("1", ["a"], committing: [0: 1, 1: 1]), old)

            let second = try site.member("b")
            try second.group.subscribe()
            let isShared = try first.pump { first in
                try? second.step(waitMs: 0)
                return first.assigned.count == 2 && second.assigned.count == 2
            }
            #expect(isShared, "\(first.events) \(second.events)")
            let new = try #require(first.membership as? GroupMetadata)
            #expect(new.generation > old.generation)
            #expect(old.isValid && new.isValid)

            let batch = CommitBatch.make("2", ["b"], committing: [0: 2, 1: 2])
            try producer.done { $0.send(batch) }
            try producer.done { $0.flush() }
            let error = try producer.failure { $0.addOffsets(batch.positions, under: old) }
            #expect(error.move == .abortTransaction, "\(error)")
            #expect(error.code == .illegalGeneration, "\(error)")
            try producer.done { $0.abort() }
            // What the new membership commits is not checked against its partitions: the engine does that.
            try producer.commit(.make("3", ["c"], committing: [0: 3]), new)
            #expect(try site.committed(site.names.alerts) == ["a", "c"])
            #expect(
                try producer.readCommitted([.init(.input, 0), .init(.input, 1)]).map(\.metadata)
                    == ["batch=3", "batch=1"])
            try second.leave()
            try first.leave()
        }

        @Test(
            "a member that was frozen past its session joins again if it must, and commits under the membership it has then",
            arguments: Release.mortal)
        func lost(release: Release) throws {
            let site = try Site(release, "lost")
            let short: [Properties.Setting] = [
                .init("session.timeout.ms", "3000"), .init("heartbeat.interval.ms", "500"),
                .init("transaction.timeout.ms", "2000"),
            ]
            var member = try site.member("a", settings: short)
            try member.join(expecting: 4)
            let old = try #require(member.membership)
            let producer = try site.producer("p", member, settings: short)
            try producer.start()
            // The broker stands for the member: neither hears of the other for longer than a session.
            try release.cluster().act("freeze", broker: 1)
            let end = ContinuousClock.now + .seconds(4)
            while ContinuousClock.now < end { try member.step(waitMs: 200) }
            try release.cluster().act("thaw", broker: 1)
            // What the coordinator makes of the silence is its own: nothing, a rebalance, or, where it hears a join
            // that was given up before the one that is waited for, a fenced member. The program ends there with 5
            // and is started again; in each case a membership that is ours commits.
            let batch = CommitBatch.make("1", ["a"], committing: [0: 1])
            var failures: [BrokerError] = []
            let isCommitted = try eventually(seconds: 120) {
                try member.step()
                if member.errors.contains(where: { $0.move == .fenced }) {
                    try member.leave()
                    member = try site.member("a", settings: short)
                    try member.join(expecting: 4)
                }
                guard let membership = member.membership, member.assigned.count == 4 else {
                    return false
                }
                try producer.start()
                do {
                    try producer.commit(batch, membership)
                    return true
                } catch let error as BrokerError {
                    failures.append(error)
                    return false
                }
            }
            #expect(isCommitted, "\(failures) \(member.events) \(member.errors)")
            if member.membership !== old {
                let late = CommitBatch.make("2", ["b"], committing: [0: 2])
                try producer.done { $0.send(late) }
                try producer.done { $0.flush() }
                let error = try producer.failure { $0.addOffsets(late.positions, under: old) }
                #expect(error.move == .abortTransaction || error.move == .fenced, "\(error)")
            }
            #expect(try site.committed(site.names.alerts) == ["a"])
            try member.leave()
        }

        @Test(
            "a second process under the same static id ends the first for good",
            arguments: Release.available)
        func takenOver(release: Release) throws {
            let site = try Site(release, "taken")
            let first = try site.member("a")
            try first.join(expecting: 4)
            let second = try site.member("a")
            try second.group.subscribe()
            let isFenced = try first.pump { first in
                try? second.step(waitMs: 0)
                return first.errors.contains { $0.move == .fenced }
            }
            #expect(isFenced, "\(first.errors)")
            first.group.leave()
            #expect(try first.pump { $0.group.hasLeft })
            try second.leave()
        }

        @Test(
            "a shard's log lends records and ends by slot, holds and releases, and a wake ends a wait",
            arguments: Release.available)
        func log(release: Release) throws {
            let site = try Site(release, "log")
            try site.fill(site.names.input, ["a", "b", "c"], partition: 0)
            try site.fill(site.names.input, ["d"], partition: 1)
            let member = try site.member()
            let log = try member.group.makeShardQueue(capacity: 100)
            member.logs[.input] = log
            try member.join(expecting: 4)
            var seen: [String] = []
            func pull() throws {
                try log.withBatch(max: 10, waitMs: 20) { batch throws(EngineFailure) in
                    for entry in batch {
                        let partition = member.slots[Int(entry.slot)]
                        let text = entry.valueBytes.map { String(decoding: $0, as: UTF8.self) }
                        seen.append(
                            "input[\(partition.number)] \(entry.kind) \(entry.offset) \(text ?? "-")"
                        )
                        #expect((entry.kind == .record) == (entry.timestampMs > 0))
                    }
                }
            }
            log.hold(.init(.input, 1))
            let isRead = try eventually {
                try pull()
                return seen.count >= 4
            }
            #expect(isRead)
            #expect(
                seen == ["0 a", "1 b", "2 c"].map { "input[0] record \($0)" }
                    + ["input[0] end 3 -"])
            seen = []
            log.release(.init(.input, 1))
            #expect(
                try eventually {
                    try pull()
                    return seen.count >= 2
                })
            #expect(seen == ["input[1] record 0 d", "input[1] end 1 -"])
            #expect(log.position(.init(.input, 0)) == 3)
            log.wake()
            // Without the wake this would wait for longer than any test may take.
            log.withBatch(max: 10, waitMs: 600_000) { _ in }
            try member.leave()
        }
    }
}
