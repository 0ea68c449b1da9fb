import Detection
import Events
import Kafka
import Primitives
import Topology

/// A shard's producer: blocks, findings and dead letters, to explicit partitions.
struct Outputs: ~Copyable {
    /// What was handed to the producer.
    struct Counters: Sendable, Equatable {
        var blocks = 0
        var blockBytes = 0
        var findings = 0
        var shadowFindings = 0
        var deadLetters = 0
    }

    private(set) var counters = Counters()
    private let producer: Producer
    private let topics: LiveSettings.Topics
    private let partitions: OutputPartitions
    private let encoder: FindingEncoder
    private let deadLetterBytes: Int
    private var writer = JSONWriter(capacity: 4096)

    private enum Index {
        static let partials = 0
        static let alerts = 1
        static let deadLetters = 2
        static let shadow = 3
    }

    init(_ settings: LiveSettings, partitions: OutputPartitions, hooks: Hooks) throws(KafkaError) {
        topics = settings.topics
        self.partitions = partitions
        encoder = settings.encoder
        deadLetterBytes = settings.deadLetterBytes
        let names =
            [topics.partials, topics.alerts, topics.deadLetters]
            + (topics.shadow.map { [$0] } ?? [])
        producer = try Producer(properties: settings.properties, topics: names, hooks: hooks)
    }

    /// Whether everything handed over so far has been delivered.
    ///
    /// - Throws: the failure where a record was given up: nothing may be committed then.
    mutating func isDelivered() throws(KafkaError) -> Bool {
        producer.poll(timeoutMs: 0)
        guard producer.pending == 0 else { return false }
        try producer.flush(timeoutMs: 0)
        return true
    }

    /// Waits until everything is delivered.
    mutating func flush(timeoutMs: Int32) throws(KafkaError) {
        try producer.flush(timeoutMs: timeoutMs)
    }

    /// Produces a block to its shuffle partition.
    mutating func produce(block: ByteSlice, partition: Int) throws(KafkaError) {
        try producer.produce(
            topic: Index.partials, partition: Int32(partition), key: nil, value: block)
        counters.blocks += 1
        counters.blockBytes += block.count
    }

    /// Produces a finding: keyed by its uid, so that an episode's records stay in order.
    mutating func produce(_ finding: Finding) throws(KafkaError) {
        if finding.rule.shadow {
            counters.shadowFindings += 1
            guard topics.shadow != nil else { return }
        } else {
            counters.findings += 1
        }
        writer.removeAll()
        encoder.encode(finding, into: &writer)
        let topic = finding.rule.shadow ? Index.shadow : Index.alerts
        let count = finding.rule.shadow ? partitions.shadow : partitions.alerts
        let partition = Int32(finding.uid.low % UInt64(max(1, count)))
        var key = encoder.key(of: finding)
        let headers = encoder.headers(of: finding).map { Producer.Header($0.name, $0.value) }
        let value = writer.buffer.bytes
        // An error cannot leave the closure typed: it is carried out.
        let failure: KafkaError? = key.withUTF8 { key in
            do throws(KafkaError) {
                try producer.produce(
                    topic: topic, partition: partition, key: ByteSlice(key), value: value,
                    timestampMs: finding.time.ms, headers: headers)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// Produces a dead letter: the record's bytes, and where it came from and why in headers.
    mutating func produce(_ letter: DeadLetter, source: Int) throws(KafkaError) {
        let kept = letter.bytes.prefix(deadLetterBytes)
        let headers = [
            Producer.Header("stillwatch_topic", topics.input),
            Producer.Header("stillwatch_partition", String(source)),
            Producer.Header("stillwatch_offset", String(letter.offset)),
            Producer.Header("stillwatch_reason", letter.reason.rawValue),
            Producer.Header("stillwatch_size", String(letter.originalSize)),
        ]
        let partition = Int32(source % max(1, partitions.deadLetters))
        let failure: KafkaError? = kept.withUnsafeBytes { bytes in
            do throws(KafkaError) {
                try producer.produce(
                    topic: Index.deadLetters, partition: partition, key: nil, value: bytes,
                    headers: headers)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        counters.deadLetters += 1
    }
}

/// Partition counts of the topics written.
struct OutputPartitions: Sendable {
    var alerts: Int
    var shadow: Int
    var deadLetters: Int
}
