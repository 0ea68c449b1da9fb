import TestSupport
import Testing

@Suite("Commands with Kafka", .enabled(if: KafkaCluster.isAvailable), .serialized)
struct TopicCommandTests {
    @Test("topics create is idempotent, validate then agrees, and simulate fills the input topic")
    func lifecycle() throws {
        guard let kafka = KafkaCluster.shared else { return }
        let stem = KafkaCluster.topicName("cmd")
        let connection = [
            "--bootstrap-servers", kafka.bootstrapServers, "--set", "input.topic=\(stem)-alerts",
            "--set", "alerts.topic=\(stem)-alerts-out",
            "--set", "partials.topic=\(stem)-partials", "--set", "dead_letters.topic=\(stem)-dead",
            "--set", "evidence.topic=\(stem)-evidence", "--set", "members.topic=\(stem)-members",
            "--set", "verdicts.topic=\(stem)-verdicts",
            "--set", "shadow.topic=\(stem)-shadow",
        ]
        let dry = try Program.run(["topics", "create", "--dry-run"] + connection)
        #expect(dry.code == 0 && dry.errors.contains("would be created"), "\(dry.errors)")
        let missing = try Program.run(["validate"] + connection)
        #expect(missing.code == 1)
        #expect(missing.errors.contains("partials.topic: there is no topic"))
        #expect(missing.errors.contains("input.topic: there is no topic"))
        #expect(missing.errors.contains("note: verdicts.topic: there is no topic"))
        for word in ["created with 16 partitions", "exists with 16 partitions"] {
            let made = try Program.run(["topics", "create"] + connection)
            #expect(made.code == 0 && made.errors.contains(word), "\(made.errors)")
        }
        let other = connection + ["--set", "partials.partitions=8"]
        let wrong = try Program.run(["topics", "create"] + other)
        #expect(wrong.code == 1 && wrong.errors.contains("but the configuration says 8"))
        #expect(try Program.run(["validate"] + other).code == 1)
        // The topic of shadow findings stands in for an input topic.
        let input = Array(connection.dropLast(2)) + ["--set", "input.topic=\(stem)-shadow"]
        #expect(try Program.run(["validate"] + input).code == 0)
        let written = try Program.run(
            [
                "simulate", "--topic", "\(stem)-shadow", "--hours", "2", "--bad-records", "10",
                "--population", "s1:accounts=50,rate=100",
            ] + input)
        #expect(written.code == 0, "\(written.errors)")
        #expect(written.errors.contains("records/s"))
        let nowhere = try Program.run(["simulate", "--topic", "\(stem)-none"] + input)
        #expect(nowhere.code == 3, "\(nowhere.errors)")
    }
}
