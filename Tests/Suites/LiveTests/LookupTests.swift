import Broker
import Delivery
import Kafka
import KafkaTestSupport
import Live
import Testing

extension LiveTests {
    @Suite struct LookupTests {
        private let partition = TopicPartition(.input, 0)

        private func lookup(
            _ site: Site, _ member: TestMember, timeoutMs: Int32 = 10_000
        ) throws -> BrokerLookup {
            BrokerLookup(
                properties: try site.properties(), topics: site.names,
                offsets: member.offsets, timeoutMs: timeoutMs)
        }

        private func ask(
            _ lookup: BrokerLookup, _ question: Question
        ) throws -> Result<Answer, BrokerError> {
            lookup.ask(question)
            var answer: Result<Answer, BrokerError>?
            let isAnswered = eventually {
                answer = lookup.answer()
                return answer != nil
            }
            #expect(isAnswered)
            return try #require(answer)
        }

        @Test(
            "an answer has what is committed, what is kept, and how many partitions there are, also after growth",
            arguments: Release.available)
        func answer(release: Release) throws {
            let site = try Site(release, "lookup")
            let (member, _) = try site.joined()
            try site.fill(site.names.input, ["a", "b", "c"])
            let producer = try site.producer("p", member)
            try producer.start()
            try producer.commit(
                .make("1", committing: [0: 2]), #require(member.membership))
            let lookup = try lookup(site, member)
            let other = TopicPartition(.partials, 1)
            let first = try ask(lookup, .start([partition, other])).get()
            #expect(
                first.committed == [
                    PartitionOffset(partition, offset: 2, metadata: "batch=1"),
                    PartitionOffset(other, offset: nil),
                ])
            #expect(first.bounds[partition] == OffsetRange(low: 0, high: 3))
            #expect(first.bounds[other] == OffsetRange(low: 0, high: 0))
            #expect(first.counts == [.input: 2, .partials: 2])
            let idle = try self.lookup(site, member)
            _ = try ask(idle, .bounds([partition])).get()
            try site.admin().grow(site.names.input, to: 3)
            let hasGrown = try eventually {
                try ask(lookup, .start([partition])).get().counts[.input] == 3
            }
            #expect(hasGrown)
            // One that has only seen the topic as it was takes the new partition for a mistake, once.
            let new = TopicPartition(.input, 2)
            let isKnown = eventually {
                (try? ask(idle, .bounds([new])).get().bounds[new]) == OffsetRange(low: 0, high: 0)
            }
            #expect(isKnown)
            try TestBroker.deleteRecords(of: site.names.input, 0, before: 2, at: site.servers)
            let bounds = try ask(lookup, .bounds([partition])).get()
            #expect(bounds.bounds == [partition: OffsetRange(low: 2, high: 3)])
            #expect(bounds.committed.isEmpty && bounds.counts.isEmpty)
            try member.leave()
        }

        @Test(
            "the end is the last stable offset, and offsets of a pending transaction are waited for, by name",
            arguments: Release.available)
        func stable(release: Release) throws {
            let site = try Site(release, "stable")
            let (member, membership) = try site.joined()
            let producer = try site.producer("p", member)
            try producer.start()
            let end = TopicPartition(.partials, 0)
            let batch = CommitBatch.make("1", ["a", "b"], to: end, committing: [0: 7])
            try producer.prepare(batch, membership)
            try site.fill(site.names.partials, ["behind"])
            let impatient = try lookup(site, member, timeoutMs: 1_000)
            #expect(
                try ask(impatient, .bounds([end])).get().bounds[end] == OffsetRange(low: 0, high: 0)
            )
            guard case .failure(let error) = try ask(impatient, .start([partition])) else {
                Issue.record("an offset that is not stable was told")
                return
            }
            #expect(error.name == "UNSTABLE_OFFSET_COMMIT", "\(error)")
            #expect(error.move == .retry)
            #expect(error.description.contains("find-hanging"))
            try producer.done { $0.commit() }
            let answer = try ask(impatient, .start([partition, end])).get()
            #expect(answer.committed[0].offset == 7)
            // Two records, the one behind them, and the mark of the transaction's end.
            #expect(answer.bounds[end] == OffsetRange(low: 0, high: 4))
            try member.leave()
        }

        @Test(
            "a topic that is missing is a configuration error that names it",
            arguments: [Release.current])
        func missing(release: Release) throws {
            let site = try Site(release, "missing")
            let (member, _) = try site.joined()
            _ = try site.admin().delete([site.names.partials])
            let lookup = try lookup(site, member, timeoutMs: 3_000)
            var error: BrokerError?
            let isTold = try eventually {
                if case .failure(let failure) = try ask(lookup, .start([partition])) {
                    error = failure
                }
                return error?.move == .configuration
            }
            #expect(isTold, "\(String(describing: error))")
            #expect(error?.description.contains(site.names.partials) == true)
        }
    }
}
