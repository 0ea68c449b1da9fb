import Broker
import Detection
import Events
import Primitives
import Topology

/// Writes what tasks put out into the open commit batch: records with their keys, headers and partitions.
final class Outputs {
    /// What was put out so far, committed or not.
    private(set) var counters = Counters()
    /// The commit batch being filled.
    var batch = CommitBatch()
    private let settings: EngineSettings
    private var writer = JSONWriter(capacity: 4096)

    init(_ settings: EngineSettings) { self.settings = settings }

    /// A block for a later stage's log, or an entry of a table.
    func put(
        key: ByteSlice? = nil, value: ByteSlice?, to partition: TopicPartition,
        of owner: TopicPartition
    ) {
        batch.append(to: partition, of: owner, key: key, value: value)
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
            batch.append(
                to: TopicPartition(isShadow ? .shadow : .alerts, number), of: owner,
                key: ByteSlice(key), value: writer.buffer.bytes, timestampMs: finding.time.ms,
                headers: settings.encoder.headers(of: finding).map {
                    RecordHeader($0.name, $0.value)
                })
        }
    }

    /// A dead letter: the bytes of the record or its element, and where it came from and why in headers.
    func put(_ letter: DeadLetter, of owner: TopicPartition) {
        var headers = place(
            of: letter.offset, owner, letter.reason.rawValue, size: letter.originalSize)
        if let field = letter.field {
            headers.append(RecordHeader(DeadLetterHeader.field, field.name))
        }
        if let element = letter.element {
            headers.append(RecordHeader(DeadLetterHeader.element, String(element)))
        }
        if let hint = letter.hint {
            headers.append(RecordHeader(DeadLetterHeader.hint, hint.rawValue))
        }
        let origin = letter.origin ?? RecordOrigin()
        letter.bytes.withUnsafeBytes { bytes in
            (origin.key ?? []).withUnsafeBytes { key in
                batch.append(
                    to: deadLetters(of: owner), of: owner,
                    key: origin.key == nil ? nil : key, value: bytes,
                    headers: DeadLetterHeader.kept(origin.headers) + headers
                        + DeadLetterHeader.more(of: origin))
            }
        }
        counters.deadLetters += 1
    }

    /// A record of a task's log that is none for it, as a dead letter.
    func refuse(
        _ record: ByteSlice, offset: Int64, reason: String, advice: String,
        of owner: TopicPartition
    ) {
        let kept = ByteSlice(rebasing: record.prefix(settings.deadLetterBytes))
        batch.append(
            to: deadLetters(of: owner), of: owner, key: nil, value: kept,
            headers: place(of: offset, owner, reason, size: record.count)
                + [RecordHeader(DeadLetterHeader.hint, advice)])
        counters.deadLetters += 1
    }

    /// The headers that say where a record came from and why it is refused.
    private func place(
        of offset: Int64, _ owner: TopicPartition, _ reason: String, size: Int
    ) -> [RecordHeader] {
        [
            RecordHeader(DeadLetterHeader.topic, settings.name(owner.topic)),
            RecordHeader(DeadLetterHeader.partition, String(owner.number)),
            RecordHeader(DeadLetterHeader.offset, String(offset)),
            RecordHeader(DeadLetterHeader.reason, reason),
            RecordHeader(DeadLetterHeader.size, String(size)),
        ]
    }

    private func deadLetters(of owner: TopicPartition) -> TopicPartition {
        TopicPartition(.deadLetters, owner.number % Int32(max(1, settings.outputs.deadLetters)))
    }
}

/// The outputs of the task that reads one partition.
final class OwnOutputs: TaskOutputs {
    private let outputs: Outputs
    private let owner: TopicPartition
    private let notify: (EngineEvent) -> Void

    init(
        _ outputs: Outputs, of owner: TopicPartition, notify: @escaping (EngineEvent) -> Void
    ) {
        self.outputs = outputs
        self.owner = owner
        self.notify = notify
    }

    func put(_ finding: Finding) { outputs.put(finding, of: owner) }

    func put(key: ByteSlice?, value: ByteSlice?, to partition: TopicPartition) {
        outputs.put(key: key, value: value, to: partition, of: owner)
    }

    func refuse(_ record: ByteSlice, offset: Int64, reason: String, advice: String) {
        outputs.refuse(record, offset: offset, reason: reason, advice: advice, of: owner)
        notify(.refused(owner, offset: offset, reason: reason, advice: advice))
    }
}
