import Broker
import Delivery
import Foundation
import History
import Kafka
import Live
import Replay
import TestSupport
import Testing

extension LiveTests {
    /// Passwords and rights, on a broker of its own with a SASL listener and an authorizer.
    @Suite struct CredentialTests {
        /// The broker's plain port, for a super-user, and its SASL port.
        private static let broker: (cluster: KafkaCluster, open: String, guarded: String)? = {
            guard !Release.mortal.isEmpty else { return nil }
            let ports = freePorts(3)
            let listeners = [
                "BROKER://127.0.0.1:\(ports[0])", "CONTROLLER://127.0.0.1:\(ports[1])",
                "SASL://127.0.0.1:\(ports[2])",
            ]
            let settings = [
                "listeners=\(listeners.joined(separator: ","))",
                "advertised.listeners=\(listeners[0]),\(listeners[2])",
                "controller.quorum.voters=1@127.0.0.1:\(ports[1])",
                "listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT",
                "sasl.enabled.mechanisms=PLAIN", "super.users=User:ANONYMOUS",
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "listener.name.sasl.plain.sasl.jaas.config="
                    + "org.apache.kafka.common.security.plain.PlainLoginModule required user_still=\"secret\";",
            ]
            guard let cluster = try? KafkaCluster.start(settings: settings) else { return nil }
            return (cluster, "127.0.0.1:\(ports[0])", "127.0.0.1:\(ports[2])")
        }()

        /// Ports nobody listens on.
        private static func freePorts(_ count: Int) -> [Int] {
            var random = SystemRandomNumberGenerator()
            var ports: [Int] = []
            while ports.count < count {
                let port = Int.random(in: 33_000..<60_000, using: &random)
                let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(socket) }
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = in_port_t(port).bigEndian
                address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
                let isFree = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                    }
                }
                if isFree, !ports.contains(port) { ports.append(port) }
            }
            return ports
        }

        private func properties(_ servers: String, password: String) throws -> Properties {
            try Properties(
                bootstrapServers: servers,
                settings: [
                    .init("security.protocol", "SASL_PLAINTEXT"), .init("sasl.mechanisms", "PLAIN"),
                    .init("sasl.username", "still"), .init("sasl.password", password),
                ])
        }

        /// Lets the user do what the arguments of Kafka's own tool say.
        private func allow(
            _ broker: (cluster: KafkaCluster, open: String, guarded: String), _ rights: [String]
        ) throws {
            let home = try #require(KafkaCluster.home)
            let tool = Process()
            tool.executableURL = home.appendingPathComponent("bin/kafka")
            tool.arguments =
                [
                    "acls", "--bootstrap-server", broker.open, "--add", "--allow-principal",
                    "User:still",
                ]
                + rights
            tool.standardOutput = FileHandle.nullDevice
            try tool.run()
            tool.waitUntilExit()
            try #require(tool.terminationStatus == 0)
        }

        /// A range of history that may not be looked up, and one that may, and whose records may not be read.
        private func history(
            _ broker: (cluster: KafkaCluster, open: String, guarded: String)
        ) throws {
            let producer = try Producer(
                properties: Properties(bootstrapServers: broker.open), role: .producer,
                topics: ["in"])
            try Array("{}".utf8).withUnsafeBytes { bytes in
                try producer.produce(
                    topic: 0, partition: 0, key: nil, value: bytes, timestampMs: 1)
            }
            try producer.flush(timeoutMs: 30_000)
            let guarded = try properties(broker.guarded, password: "secret")
            let request = TopicRequest(topic: "in")
            var refusal: BrokerError?
            do throws(BrokerError) { _ = try TopicRange(looking: request, guarded) } catch {
                refusal = error
            }
            #expect(refusal?.move == .configuration, "\(String(describing: refusal))")
            #expect(refusal?.name == "TOPIC_AUTHORIZATION_FAILED")
            try allow(broker, ["--operation", "Describe", "--topic", "in"])
            let reading = TopicReading(try TopicRange(looking: request, guarded), guarded)
            let source = try reading.open()[0]
            var failure: InputError?
            do throws(InputError) {
                while try source.read(10, { _, _ in }) {}
            } catch {
                failure = error
            }
            #expect(
                failure?.description.contains("in[0]") == true, "\(String(describing: failure))")
            #expect(failure?.description.contains("TOPIC_AUTHORIZATION_FAILED") == true)
        }

        @Test("a wrong password and missing rights come out as configuration, with what to grant")
        func rights() throws {
            guard let broker = Self.broker else {
                let text = "\n*** SKIPPED: credentials. No broker of our own can be started.\n\n"
                FileHandle.standardError.write(Data(text.utf8))
                return
            }
            let names = TopicNames(
                input: "in", partials: "partials", alerts: "alerts", deadLetters: "dead")
            let admin = try Admin(properties: Properties(bootstrapServers: broker.open))
            let topics = ["in", "partials", "alerts", "dead"].map { NewTopic($0, partitions: 2) }
            #expect(try admin.create(topics).allSatisfy { $0 == .done })
            // The member is the super-user: only the producer's rights are in question.
            let member = try TestMember(
                Consumer(
                    properties: Properties(bootstrapServers: broker.open),
                    role: .consumer(group: "g", instanceID: nil),
                    topics: names.only([.input, .partials])))
            try member.join(expecting: 4)
            let membership = try #require(member.membership)
            func producer(_ password: String) throws -> TestProducer {
                var settings = ShardProducer.Settings(
                    properties: try properties(broker.guarded, password: password),
                    guarantee: .exactlyOnce(identity: "x"),
                    topics: names.only([.partials, .alerts, .deadLetters]))
                settings.startMs = 4_000
                return TestProducer(settings, offsets: member.offsets)
            }
            var refusal: BrokerError?
            let wrong = try properties(broker.guarded, password: "wrong")
            do throws(BrokerError) { _ = try Admin(properties: wrong).describe("in") } catch {
                refusal = error
            }
            #expect(refusal?.move == .configuration, "\(String(describing: refusal))")
            #expect(refusal?.description.contains("Invalid username or password") == true)
            var error = try producer("wrong").failure { $0.start() }
            #expect(error.move == .configuration && error.name == "_AUTHENTICATION", "\(error)")
            #expect(error.description.contains("password"), "\(error)")
            try history(broker)
            let right = try producer("secret")
            error = try right.failure { $0.start() }
            #expect(error.move == .configuration, "\(error)")
            #expect(error.name == "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "\(error)")
            #expect(error.description.contains("transactional id"), "\(error)")
            try allow(
                broker,
                ["--operation", "Write", "--operation", "Describe", "--transactional-id", "x"])
            try allow(
                broker, ["--operation", "Write", "--operation", "Describe", "--topic", "partials"])
            try allow(broker, ["--operation", "Describe", "--topic", "alerts"])
            try right.start()
            try right.done { $0.send(.make("1", ["a"], to: .init(.alerts, 1))) }
            error = try right.failure { $0.flush() }
            #expect(error.move == .configuration, "\(error)")
            #expect(
                error.name == "TOPIC_AUTHORIZATION_FAILED"
                    && error.description.contains("alerts[1]"), "\(error)")
            try right.start()
            let batch = CommitBatch.make("2", ["a"], to: .init(.partials, 1), committing: [0: 1])
            try right.done { $0.send(batch) }
            try right.done { $0.flush() }
            error = try right.failure { $0.addOffsets(batch.positions, under: membership) }
            #expect(
                error.move == .configuration && error.name == "GROUP_AUTHORIZATION_FAILED",
                "\(error)")
            try allow(broker, ["--operation", "Read", "--group", "g"])
            try allow(broker, ["--operation", "Read", "--topic", "in"])
            try right.start()
            try right.commit(batch, membership)
            try member.leave()
            try broker.cluster.stop()
        }
    }
}
