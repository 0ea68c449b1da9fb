import Broker
import Delivery
import Primitives
import Testing

@Suite("A commit batch")
struct CommitBatchTests {
    private let out = TopicPartition(.partials, 0)
    private let owners = [TopicPartition(.input, 0), TopicPartition(.input, 1)]

    private func append(
        _ text: String?, of owner: TopicPartition, key: String? = nil, to batch: CommitBatch
    ) {
        let key = key.map { Array($0.utf8) }
        let value = text.map { Array($0.utf8) }
        (key ?? []).withUnsafeBytes { keyBytes in
            (value ?? []).withUnsafeBytes { valueBytes in
                batch.append(
                    to: out, of: owner, key: key == nil ? nil : keyBytes,
                    value: value == nil ? nil : valueBytes, timestampMs: 7,
                    headers: [RecordHeader("name", "value")])
            }
        }
    }

    private func texts(_ batch: CommitBatch) -> [String?] {
        batch.records.map { $0.value.map { String(decoding: batch.slice($0), as: UTF8.self) } }
    }

    @Test("records keep their order, bytes, keys, times and headers, whoever they are of")
    func records() {
        let batch = CommitBatch()
        #expect(batch.isEmpty)
        append("one", of: owners[0], to: batch)
        append("two", of: owners[1], key: "k", to: batch)
        append(nil, of: owners[0], key: "gone", to: batch)
        append("", of: owners[1], to: batch)
        #expect(texts(batch) == ["one", "two", nil, ""])
        #expect(
            batch.records.map { $0.key.map { Array(batch.slice($0)) } }
                == [nil, Array("k".utf8), Array("gone".utf8), nil])
        #expect(batch.records.map(\.owner) == [0, 1, 0, 1])
        #expect(batch.owners == owners)
        #expect(batch.records.allSatisfy { $0.timestampMs == 7 && $0.headers.count == 1 })
        #expect(batch.byteCount == 3 + 4 + 4)
        #expect(!batch.isEmpty)
    }

    @Test("bytes stay whole while a commit batch grows beyond its first memory")
    func growth() {
        let batch = CommitBatch()
        let lines = (0..<3_000).map { "\($0) " + String(repeating: "x", count: $0 % 97) }
        for line in lines { append(line, of: owners[0], to: batch) }
        #expect(texts(batch) == lines)
        #expect(batch.byteCount == lines.reduce(0) { $0 + $1.utf8.count })
    }

    @Test("dropping a partition leaves out its records and its position, and nobody else's")
    func drop() {
        let batch = CommitBatch()
        for owner in owners {
            append("\(owner)", of: owner, to: batch)
            batch.append(PartitionOffset(owner, offset: 3))
        }
        batch.drop(owners[0])
        #expect(batch.positions.map(\.partition) == [owners[1]])
        #expect(batch.records.map { batch.isWanted($0) } == [false, true])
        batch.drop(TopicPartition(.input, 9))
        #expect(batch.records.map { batch.isWanted($0) } == [false, true])
    }

    @Test("a position alone makes a commit batch that is not empty")
    func positions() {
        let batch = CommitBatch()
        batch.append(PartitionOffset(owners[0], offset: 1))
        #expect(!batch.isEmpty && batch.byteCount == 0)
    }

    @Test("a reset commit batch is as new")
    func reset() {
        let batch = CommitBatch()
        append("one", of: owners[0], to: batch)
        batch.append(PartitionOffset(owners[0], offset: 1))
        batch.drop(owners[0])
        batch.close(as: "c1")
        batch.reset()
        #expect(batch.isEmpty && batch.name.isEmpty && batch.owners.isEmpty && batch.byteCount == 0)
        append("two", of: owners[1], to: batch)
        #expect(texts(batch) == ["two"])
        #expect(batch.records.map { batch.isWanted($0) } == [true])
    }
}
