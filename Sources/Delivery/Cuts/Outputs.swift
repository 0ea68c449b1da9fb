import Broker
import Detection
import Events
import Primitives
import Topology

/// Writes what tasks put out into the open cut: records with their keys, headers and partitions.
final class Outputs {
    /// What was put out so far, committed or not.
    private(set) var counters = Counters()
    /// The cut being filled.
    var cut = Cut()
    private let settings: EngineSettings
    private var writer = JSONWriter(capacity: 4096)

    init(_ settings: EngineSettings) { self.settings = settings }

    /// A block for a later stage's log, or an entry of a table.
    func put(
        key: ByteSlice? = nil, value: ByteSlice?, to partition: TopicPartition,
        of owner: TopicPartition
    ) {
        cut.append(to: partition, of: owner, key: key, value: value)
        guard key == nil, let value else { return }
        counters.blocks += 1
        counters.blockBytes += value.count
    }

    /// A finding: keyed by its uid, so that an episode's records stay in order.
    func put(_ finding: Finding, of owner: TopicPartition) {
        let isShadow = finding.rule.shadow
        let partitions = isShadow ? settings.outputs.shadow : settings.outputs.alerts
        if isShadow { counters.shadowFindings += 1 } else { counters.findings += 1 }
        guard partitions > 0 else { return }
        writer.removeAll()
        settings.encoder.encode(finding, into: &writer)
        let number = Int32(finding.uid.low % UInt64(partitions))
        var key = settings.encoder.key(of: finding)
        key.withUTF8 { key in
            cut.append(
                to: TopicPartition(isShadow ? .shadow : .alerts, number), of: owner,
                key: ByteSlice(key), value: writer.buffer.bytes, timestampMs: finding.time.ms,
                headers: settings.encoder.headers(of: finding).map {
                    RecordHeader($0.name, $0.value)
                })
        }
    }

    /// A dead letter: the bytes of the record or its element, and where it came from and why in headers.
    func put(_ letter: DeadLetter, of owner: TopicPartition) {
        var headers = [
            RecordHeader(DeadLetterHeader.topic, settings.name(.input)),
            RecordHeader(DeadLetterHeader.partition, String(owner.number)),
            RecordHeader(DeadLetterHeader.offset, String(letter.offset)),
            RecordHeader(DeadLetterHeader.reason, letter.reason.rawValue),
            RecordHeader(DeadLetterHeader.size, String(letter.originalSize)),
        ]
        if let field = letter.field {
            headers.append(RecordHeader(DeadLetterHeader.field, field.name))
        }
        if let element = letter.element {
            headers.append(RecordHeader(DeadLetterHeader.element, String(element)))
        }
        if let hint = letter.hint {
            headers.append(RecordHeader(DeadLetterHeader.hint, hint.rawValue))
        }
        let number = owner.number % Int32(max(1, settings.outputs.deadLetters))
        let origin = letter.origin ?? RecordOrigin()
        letter.bytes.withUnsafeBytes { bytes in
            (origin.key ?? []).withUnsafeBytes { key in
                cut.append(
                    to: TopicPartition(.deadLetters, number), of: owner,
                    key: origin.key == nil ? nil : key, value: bytes,
                    headers: DeadLetterHeader.kept(origin.headers) + headers
                        + DeadLetterHeader.more(of: origin))
            }
        }
        counters.deadLetters += 1
    }
}

/// The outputs of the task that reads one partition.
final class OwnOutputs: TaskOutputs {
    private let outputs: Outputs
    private let owner: TopicPartition

    init(_ outputs: Outputs, of owner: TopicPartition) {
        self.outputs = outputs
        self.owner = owner
    }

    func put(_ finding: Finding) { outputs.put(finding, of: owner) }

    func put(key: ByteSlice?, value: ByteSlice?, to partition: TopicPartition) {
        outputs.put(key: key, value: value, to: partition, of: owner)
    }
}
