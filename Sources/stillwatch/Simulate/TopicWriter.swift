import Broker
import Configuration
import Kafka
import Primitives
import Simulation

/// Produces simulated records to a topic, the records of an account to one partition.
struct TopicWriter: ~Copyable {
    private let producer: Producer
    private let partitions: Int
    private let keepsTime: Bool
    private let rate: Int?

    /// Room for the largest planted record, about 5 MB.
    private static let largestRecord = Properties.Setting("message.max.bytes", "8000000")
    private static let flushTimeoutMs: Int32 = 120_000

    /// A writer to `topic`, which must exist; `keepsTime` gives records the time of their events, `rate` limits
    /// the records a second.
    init(_ settings: Settings, topic: String, keepsTime: Bool, rate: Int?) throws {
        let properties = try Setup.properties(settings, adding: [Self.largestRecord])
        let count = try Failure.kafka { () throws(BrokerError) in
            try Admin(properties: properties).describe(topic).partitions.count
        }
        producer = try Failure.kafka { () throws(BrokerError) in
            try Producer(properties: properties, topics: [topic])
        }
        partitions = count
        self.keepsTime = keepsTime
        self.rate = rate
    }

    /// Writes all that `generator` has left and waits until every record is acknowledged.
    func write(_ generator: Generator, _ progress: inout TrafficProgress) throws {
        var buffer = ByteBuffer(capacity: 4096)
        var bytes = 0
        // Bursts leave in one request a partition: while records wait behind others under way, the broker
        // threads of librdkafka 2.0 poll without a pause.
        var pace = Pace(rate: rate, burstsPerSecond: 10)
        do throws(BrokerError) {
            while try produceNext(generator, &buffer, &bytes) {
                let isBurst = pace.turn()
                if isBurst { try producer.flush(timeoutMs: Self.flushTimeoutMs) }
                if isBurst || generator.generated % 1000 == 0 {
                    producer.poll()
                    progress.update(generator.generated, bytes: bytes)
                }
            }
            try producer.flush(timeoutMs: Self.flushTimeoutMs)
            progress.update(generator.generated, bytes: bytes)
        } catch {
            throw Failure(error)
        }
    }

    private func produceNext(
        _ generator: Generator, _ buffer: inout ByteBuffer, _ bytes: inout Int
    ) throws(BrokerError) -> Bool {
        try generator.nextRecord(using: &buffer) { (key, value, time) throws(BrokerError) in
            bytes += value.count
            let partition = Generator.partition(ofAccount: key, count: partitions)
            try producer.produce(
                topic: 0, partition: Int32(partition), key: key, value: value,
                timestampMs: keepsTime ? time.ms : nil)
        }
    }
}
