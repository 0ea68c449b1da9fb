import Broker
import Delivery
import Primitives
import Testing

@Suite("A cut")
struct CutTests {
    private let out = TopicPartition(.partials, 0)
    private let owners = [TopicPartition(.input, 0), TopicPartition(.input, 1)]

    private func append(_ text: String?, of owner: TopicPartition, key: String? = nil, to cut: Cut)
    {
        let key = key.map { Array($0.utf8) }
        let value = text.map { Array($0.utf8) }
        (key ?? []).withUnsafeBytes { keyBytes in
            (value ?? []).withUnsafeBytes { valueBytes in
                cut.append(
                    to: out, of: owner, key: key == nil ? nil : keyBytes,
                    value: value == nil ? nil : valueBytes, timestampMs: 7,
                    headers: [RecordHeader("name", "value")])
            }
        }
    }

    private func texts(_ cut: Cut) -> [String?] {
        cut.records.map { $0.value.map { String(decoding: cut.slice($0), as: UTF8.self) } }
    }

    @Test("records keep their order, bytes, keys, times and headers, whoever they are of")
    func records() {
        let cut = Cut()
        #expect(cut.isEmpty)
        append("one", of: owners[0], to: cut)
        append("two", of: owners[1], key: "k", to: cut)
        append(nil, of: owners[0], key: "gone", to: cut)
        append("", of: owners[1], to: cut)
        #expect(texts(cut) == ["one", "two", nil, ""])
        #expect(
            cut.records.map { $0.key.map { Array(cut.slice($0)) } }
                == [nil, Array("k".utf8), Array("gone".utf8), nil])
        #expect(cut.records.map(\.owner) == [0, 1, 0, 1])
        #expect(cut.owners == owners)
        #expect(cut.records.allSatisfy { $0.timestampMs == 7 && $0.headers.count == 1 })
        #expect(cut.byteCount == 3 + 4 + 4)
        #expect(!cut.isEmpty)
    }

    @Test("bytes stay whole while a cut grows beyond its first memory")
    func growth() {
        let cut = Cut()
        let lines = (0..<3_000).map { "\($0) " + String(repeating: "x", count: $0 % 97) }
        for line in lines { append(line, of: owners[0], to: cut) }
        #expect(texts(cut) == lines)
        #expect(cut.byteCount == lines.reduce(0) { $0 + $1.utf8.count })
    }

    @Test("dropping a partition leaves out its records and its position, and nobody else's")
    func drop() {
        let cut = Cut()
        for owner in owners {
            append("\(owner)", of: owner, to: cut)
            cut.append(PartitionOffset(owner, offset: 3))
        }
        cut.drop(owners[0])
        #expect(cut.positions.map(\.partition) == [owners[1]])
        #expect(cut.records.map { cut.isWanted($0) } == [false, true])
        cut.drop(TopicPartition(.input, 9))
        #expect(cut.records.map { cut.isWanted($0) } == [false, true])
    }

    @Test("a position alone makes a cut that is not empty")
    func positions() {
        let cut = Cut()
        cut.append(PartitionOffset(owners[0], offset: 1))
        #expect(!cut.isEmpty && cut.byteCount == 0)
    }

    @Test("a reset cut is as new")
    func reset() {
        let cut = Cut()
        append("one", of: owners[0], to: cut)
        cut.append(PartitionOffset(owners[0], offset: 1))
        cut.drop(owners[0])
        cut.close(as: "c1")
        cut.reset()
        #expect(cut.isEmpty && cut.name.isEmpty && cut.owners.isEmpty && cut.byteCount == 0)
        append("two", of: owners[1], to: cut)
        #expect(texts(cut) == ["two"])
        #expect(cut.records.map { cut.isWanted($0) } == [true])
    }
}
