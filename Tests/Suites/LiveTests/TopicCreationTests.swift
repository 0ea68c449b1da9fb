import Broker
import Kafka
import Live
import TestSupport
import Testing

extension LiveTests {
    /// A broker with `auto.create.topics.enable`, Kafka's default, which the other tests' brokers have off.
    @Suite struct TopicCreationTests {
        @Test(
            "asking for a topic, or producing to it, does not make it",
            .enabled(if: !Release.mortal.isEmpty))
        func asking() throws {
            let cluster = try KafkaCluster.start(settings: ["auto.create.topics.enable=true"])
            defer { try? cluster.stop() }
            let properties = try Properties(
                bootstrapServers: cluster.bootstrapServers,
                settings: [.init("message.timeout.ms", "3000")])
            // Twice: a broker that makes a topic still says once that there is none.
            for _ in 0..<2 {
                #expect(isMissing("asked", in: properties))
                let producer = try Producer(properties: properties, topics: ["produced"])
                #expect(throws: BrokerError.self) {
                    try Array("a".utf8).withUnsafeBytes {
                        try producer.produce(topic: 0, partition: 0, key: nil, value: $0)
                    }
                    try producer.flush(timeoutMs: 10_000)
                }
                #expect(isMissing("produced", in: properties))
                #expect(isMissing("asked", in: properties))
            }
        }

        private func isMissing(_ topic: String, in properties: Properties) -> Bool {
            do throws(BrokerError) {
                _ = try Admin(properties: properties).describe(topic)
                return false
            } catch {
                return error.code.isMissingTopic
            }
        }
    }
}
