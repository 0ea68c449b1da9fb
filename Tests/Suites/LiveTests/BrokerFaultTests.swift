import Broker
import Delivery
import Kafka
import Live
import Testing

extension LiveTests {
    @Suite struct BrokerFaultTests {
        private let partition = TopicPartition(.input, 0)

        /// Starts anew and finds out whether `batch` was committed; sends it again where it was not.
        private func resolve(
            _ batch: CommitBatch, after known: String?, _ producer: TestProducer, _ site: Site,
            _ member: TestMember
        ) throws {
            try site.awaitLeaders()
            try producer.start()
            var found: [PartitionOffset] = []
            var failures: [String] = []
            let isRead = try eventually(seconds: 120) {
                try member.step(waitMs: 0)
                do {
                    found = try producer.readCommitted([partition])
                    return true
                } catch {
                    failures.append("\(error)")
                    return false
                }
            }
            try #require(isRead, "\(failures) \(member.events) \(member.errors)")
            let name = found.first.map(\.metadata) ?? ""
            try #require(
                name == "batch=\(batch.name)" || name == (known.map { "batch=\($0)" } ?? ""))
            guard name != "batch=\(batch.name)" else { return }
            // The membership may have ended with the broker's silence.
            let isSent = try eventually(seconds: 120) {
                try member.step(waitMs: 0)
                guard let membership = member.membership, member.assigned.count == 4 else {
                    return false
                }
                do {
                    try producer.commit(batch, membership)
                    return true
                } catch {
                    try producer.start()
                    let again = try producer.readCommitted([partition])
                    return again.first?.metadata == "batch=\(batch.name)"
                }
            }
            #expect(isSent)
        }

        @Test(
            "a commit to a frozen broker ends in time without an outcome, which a new start finds out",
            arguments: Release.mortal)
        func frozen(release: Release) throws {
            let site = try Site(release, "frozen")
            let cluster = try release.cluster()
            let member = try site.member("a")
            try member.join(expecting: 4)
            let producer = try site.producer("p", member) { settings in
                settings.stepMs = 2_000
                settings.startMs = 2_000
            }
            try producer.start()
            let batch = CommitBatch.make("1", ["a"], committing: [0: 1])
            try producer.prepare(batch, #require(member.membership))
            try cluster.act("freeze", broker: 1)
            defer { try? cluster.act("thaw", broker: 1) }
            let error = try producer.failure { $0.commit() }
            #expect(error.code == .timedOut, "\(error)")
            #expect(error.move != .abortTransaction)
            let second = try producer.failure { $0.start() }
            #expect(second.move == .unreachable, "\(second)")
            try cluster.act("thaw", broker: 1)
            try resolve(batch, after: nil, producer, site, member)
            #expect(try site.committed(site.names.alerts) == ["a"])
            try member.leave()
        }

        @Test(
            "a producer dropped while its broker is frozen goes without waiting for it",
            arguments: [Release.current])
        func droppedFrozen(release: Release) throws {
            guard Release.mortal.contains(release) else { return }
            let site = try Site(release, "dropfrozen")
            let cluster = try release.cluster()
            let member = try site.member("a")
            try member.join(expecting: 4)
            let producer = try site.producer("p", member)
            try producer.start()
            try producer.prepare(
                .make("1", ["a"], committing: [0: 1]), #require(member.membership))
            try cluster.act("freeze", broker: 1)
            defer { try? cluster.act("thaw", broker: 1) }
            producer.port?.commit()
            // Were it to wait for the commit, the broker would never be thawed.
            producer.drop()
            try cluster.act("thaw", broker: 1)
            try member.leave()
        }

        @Test(
            "without a broker, look-ups, readers and producers say it is unreachable, within their time",
            arguments: [Release.current])
        func unreachable(release: Release) throws {
            let site = try Site(release, "nobody")
            let member = try site.member()
            let nowhere = try Properties(bootstrapServers: "127.0.0.1:1")
            let lookup = BrokerLookup(
                properties: nowhere, topics: site.names, offsets: member.offsets,
                timeoutMs: 500)
            lookup.ask(.bounds([partition]))
            var answer: Result<Answer, BrokerError>?
            _ = eventually {
                answer = lookup.answer()
                return answer != nil
            }
            guard case .failure(let error) = answer else {
                Issue.record("an answer from nobody")
                return
            }
            #expect([.unreachable, .retry].contains(error.move), "\(error)")
            var settings = ShardProducer.Settings(
                properties: nowhere, guarantee: .exactlyOnce(identity: "x"), topics: site.names)
            settings.startMs = 500
            let producer = TestProducer(settings, offsets: member.offsets)
            #expect(try producer.failure { $0.start() }.move == .unreachable)
        }
    }
}
