import Broker
import Kafka
import Testing

@Suite struct PropertiesTests {
    private func make(_ settings: [Properties.Setting]) throws(BrokerError) -> Properties {
        try Properties(bootstrapServers: "127.0.0.1:1", settings: settings)
    }

    private func refusal(_ name: String, _ value: String) -> String? {
        do throws(BrokerError) {
            _ = try make([.init(name, value)])
            return nil
        } catch {
            return error.move == .configuration ? error.description : nil
        }
    }

    @Test(
        "a property the engine owns is refused by name",
        arguments: [
            "group.id", "group.instance.id", "enable.auto.commit", "auto.offset.reset",
            "isolation.level", "transactional.id", "enable.idempotence", "acks",
            "bootstrap.servers", "metadata.broker.list", "enable.partition.eof",
        ])
    func owned(name: String) throws {
        let text = try #require(refusal(name, "x"))
        #expect(text.contains(name))
        #expect(text.contains("owned by the engine"))
    }

    @Test(
        "a transaction that may outlive a session is refused, with both times, whichever of them is set",
        arguments: [
            [("transaction.timeout.ms", "20000")], [("session.timeout.ms", "10000")],
            [("transaction.timeout.ms", "30000"), ("session.timeout.ms", "30000")],
        ])
    func timeouts(settings: [(String, String)]) {
        var thrown: BrokerError?
        do throws(BrokerError) { _ = try make(settings.map { .init($0.0, $0.1) }) } catch {
            thrown = error
        }
        #expect(thrown?.move == .configuration)
        #expect(thrown?.description.contains("transaction.timeout.ms") == true)
        #expect(thrown?.description.contains("session.timeout.ms") == true)
    }

    @Test("a shorter transaction gives its records up sooner, and the last of two settings counts")
    func shortTransaction() throws {
        let properties = try make([
            .init("session.timeout.ms", "5000"), .init("transaction.timeout.ms", "20000"),
            .init("transaction.timeout.ms", "4000"),
        ])
        let role = Properties.Role.transactionalProducer(transactionalID: "x")
        let effective = properties.effective(for: role)
        #expect(effective.contains(.init("message.timeout.ms", "3200")))
        #expect(effective.contains(.init("socket.max.fails", "1")))
        _ = try Producer(properties: properties, role: role, topics: [])
        #expect(refusal("socket.max.fails", "0") != nil)
    }

    @Test("an unknown property and a bad value are refused with the library's words")
    func unknown() throws {
        #expect(try #require(refusal("no.such.property", "1")).contains("no.such.property"))
        #expect(try #require(refusal("session.timeout.ms", "soon")).contains("session.timeout.ms"))
    }

    @Test("cooperative rebalancing takes a library where it is safe")
    func cooperative() {
        let text = refusal("partition.assignment.strategy", "cooperative-sticky")
        #expect((text == nil) == Library.rebalancesCooperatively)
    }

    @Test("secrets are printed neither in descriptions nor in errors nor among effective settings")
    func secrets() throws {
        let properties = try make([
            .init("sasl.password", "hunter2"), .init("sasl.username", "me"),
            .init("ssl.key.password", "hunter3"),
        ])
        let role = Properties.Role.consumer(group: "g", instanceID: nil)
        let texts = [properties.description, "\(properties.effective(for: role))"]
        for text in texts {
            #expect(!text.contains("hunter"))
            #expect(text.contains("sasl.password"))
            #expect(text.contains("me"))
        }
    }

    @Test("a user's value outranks a default, and the engine's outranks all")
    func precedence() throws {
        let properties = try make([.init("session.timeout.ms", "12345"), .init("linger.ms", "7")])
        let consumer = properties.effective(for: .consumer(group: "g", instanceID: "i"))
        #expect(consumer.filter { $0.name == "session.timeout.ms" }.map(\.value) == ["12345"])
        #expect(!consumer.contains { $0.name == "linger.ms" })
        #expect(consumer.last == .init("group.instance.id", "i"))
        let producer = properties.effective(for: .producer)
        #expect(producer.filter { $0.name == "linger.ms" }.map(\.value) == ["7"])
        #expect(!producer.contains { $0.name == "session.timeout.ms" })
    }

    @Test("defaults follow what the running library accepts")
    func feature() throws {
        let effective = try make([]).effective(for: .reader).map(\.name)
        #expect(effective.contains("fetch.queue.backoff.ms") == !Library.stallsWhenFull)
        #expect(Library.knows(property: "queued.min.messages"))
        #expect(!Library.knows(property: "no.such.property"))
    }

    @Test("name=value is split at its first sign")
    func parsing() {
        #expect(Properties.Setting(parsing: "a.b=c=d") == .init("a.b", "c=d"))
        #expect(Properties.Setting(parsing: "a=") == .init("a", ""))
        #expect(Properties.Setting(parsing: "=b") == nil)
        #expect(Properties.Setting(parsing: "ab") == nil)
    }
}
