import Broker
import Delivery
import Kafka
import Primitives

/// A record of the dead-letter topic, taken apart.
struct DeadLetterRecord {
    /// Where it lies in the dead-letter topic.
    let partition: Int32
    let offset: Int64
    /// Why it was refused, and the field that is about.
    let reason: String
    let field: String?
    /// Where the record was read.
    let sourceTopic: String
    let sourcePartition: Int32
    let sourceOffset: Int64
    /// Bytes the record had; more than `value` has where it was cut.
    let size: Int
    /// The record's own timestamp.
    let timestampMs: Int64?
    /// Whether key and headers were too large to be kept.
    let isWithoutKey: Bool
    let key: [UInt8]?
    let value: [UInt8]
    /// The record's own headers.
    let headers: [RecordHeader]

    /// Nil for a record that is no dead letter.
    init?(_ record: TopicReader.Record) {
        let all = record.headers
        func text(_ name: String) -> String? { all.last { $0.name == name }?.text }
        guard let reason = text(DeadLetterHeader.reason), let topic = text(DeadLetterHeader.topic),
            let partition = text(DeadLetterHeader.partition).flatMap({ Int32($0) }),
            let offset = text(DeadLetterHeader.offset).flatMap({ Int64($0) }),
            let size = text(DeadLetterHeader.size).flatMap({ Int($0) })
        else { return nil }
        self.partition = record.partition
        self.offset = record.offset
        self.reason = reason
        field = text(DeadLetterHeader.field)
        sourceTopic = topic
        sourcePartition = partition
        sourceOffset = offset
        self.size = size
        timestampMs = text(DeadLetterHeader.timestamp).flatMap { Int64($0) }
        isWithoutKey = text(DeadLetterHeader.leftOut) != nil
        key = record.key.map { Array($0) }
        value = record.value.map { Array($0) } ?? []
        headers = DeadLetterHeader.restored(all)
    }

    /// Whether the record can be produced again as it was.
    var isWhole: Bool { value.count == size && !isWithoutKey }

    /// The first bytes as text: what cannot be printed is a dot.
    func beginning(_ count: Int) -> String {
        let text = String(decoding: value.prefix(count), as: UTF8.self)
        return String(text.map { $0.isASCII && ($0 < " " || $0 == "\u{7F}") ? "." : $0 })
    }
}
