import Broker
import Delivery
import Kafka
import KafkaTestSupport
import Live
import Testing

extension LiveTests {
    @Suite struct HistoryTests {
        private let partition = TopicPartition(.partials, 0)

        /// Reads until the end or a failure: values by offset, where it ended, and what failed.
        private func read(
            _ reader: any HistoryReader
        ) throws -> (values: [Int64: String], end: Int64?, error: BrokerError?) {
            var values: [Int64: String] = [:]
            var end: Int64?
            var failure: BrokerError?
            let isRead = eventually {
                reader.withBatch(max: 10) { batch in
                    for (index, entry) in batch.enumerated() {
                        switch entry.kind {
                        case .record:
                            values[entry.offset] = entry.valueBytes.map {
                                String(decoding: $0, as: UTF8.self)
                            }
                        case .end: end = entry.offset
                        case .failure:
                            let error = reader.failure(at: index)
                            if error.move != .retry, error.move != .unreachable { failure = error }
                        }
                    }
                }
                return end != nil || failure != nil
            }
            #expect(isRead)
            return (values, end, failure)
        }

        @Test(
            "reading from an offset passes control records, aborted records and what was deleted, to the end",
            arguments: Release.available)
        func holes(release: Release) throws {
            let site = try Site(release, "history")
            let member = try site.member()
            let producer = try site.producer("p", member)
            try producer.start()
            func send(_ text: String, commits: Bool) throws {
                try producer.done { $0.send(.make(text, [text], to: partition)) }
                try producer.done { $0.flush() }
                try producer.done { commits ? $0.commit() : $0.abort() }
            }
            // Each has a control record behind it: 0 and 1, 2 and 3, and so on.
            try send("a", commits: true)
            try send("b", commits: false)
            try send("c", commits: true)
            try send("d", commits: true)
            let history = try LogHistory(properties: site.properties(), topics: site.names)
            let all = history.open(partition, from: nil)
            var (values, end, error) = try read(all)
            #expect(values == [0: "a", 4: "c", 6: "d"])
            #expect(end == 8 && error == nil)
            #expect(all.bounds == OffsetRange(low: 0, high: 8))
            all.close()
            // On an aborted record.
            let middle = history.open(partition, from: 2)
            (values, end, error) = try read(middle)
            #expect(values == [4: "c", 6: "d"] && end == 8 && error == nil)
            middle.close()
            let atEnd = history.open(partition, from: 8)
            (values, end, error) = try read(atEnd)
            #expect(values == [:] && end == 8 && error == nil)
            atEnd.close()

            try TestBroker.deleteRecords(of: site.names.partials, 0, before: 5, at: site.servers)
            let kept = history.open(partition, from: nil)
            (values, end, error) = try read(kept)
            #expect(values == [6: "d"] && end == 8 && error == nil)
            #expect(kept.bounds == OffsetRange(low: 5, high: 8))
            kept.close()
            // Deleted: the reader begins at what is kept, and its bounds tell.
            let deleted = history.open(partition, from: 4)
            (values, end, error) = try read(deleted)
            #expect(values == [6: "d"] && end == 8 && error == nil)
            #expect(deleted.bounds == OffsetRange(low: 5, high: 8))
            deleted.close()
            let beyond = history.open(partition, from: 9)
            (values, end, error) = try read(beyond)
            #expect(error?.move == .outOfRange, "\(String(describing: error))")
            #expect(error?.description.contains("5 to 8") == true)
            #expect(values == [:] && beyond.bounds == nil)
            beyond.close()
        }

        @Test(
            "a reader closed before it was opened, or dropped in the middle, leaves nothing behind",
            arguments: [Release.current])
        func closed(release: Release) throws {
            let site = try Site(release, "closed")
            try site.fill(site.names.partials, (0..<200).map(String.init))
            let history = try LogHistory(properties: site.properties(), topics: site.names)
            let early = history.open(partition, from: nil)
            early.close()
            early.withBatch(max: 10) { batch in #expect(batch.isEmpty) }
            var dropped: (any HistoryReader)? = history.open(partition, from: nil)
            var count = 0
            #expect(
                eventually {
                    dropped?.withBatch(max: 10) { count += $0.count }
                    return count > 0
                })
            dropped = nil
            let whole = history.open(partition, from: 100)
            #expect(try read(whole).values.count == 100)
        }
    }
}
