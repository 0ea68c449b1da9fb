import TestSupport
import Testing

@Suite("doctor", .enabled(if: KafkaCluster.isAvailable), .serialized)
struct DoctorCommandTests {
    @Test("a healthy site has no problem, and a line for everything")
    func healthy() throws {
        let site = try OperatorSite("doctor-good")
        let result = try site.run("doctor")
        #expect(result.code == 0, "\(result.output)")
        for word in [
            "ok       configuration", "ok       rules", "librdkafka: ", "__consumer_offsets",
            "input.topic", "partials.topic", "state.topic", "nobody is in it", "clock",
        ] {
            #expect(result.output.contains(word), "\(word): \(result.output)")
        }
        #expect(!result.output.contains("problem"))
    }

    @Test("topics that break delivery are problems, each with what to do")
    func topics() throws {
        let site = try OperatorSite(
            "doctor-bad",
            made: [
                "partials": [("cleanup.policy", "compact")],
                "state": [("cleanup.policy", "delete"), ("max.message.bytes", "20000")],
                "dead_letters": [("max.message.bytes", "1000")],
            ])
        let result = try site.run("doctor")
        #expect(result.code == 1)
        for (topic, word) in [
            ("partials", "set cleanup.policy=delete"), ("state", "set cleanup.policy=compact"),
            ("state", "max.message.bytes=20000"), ("dead_letters", "max.message.bytes=1000"),
        ] {
            let isTold = result.lines.contains {
                $0.hasPrefix("problem  \(topic).topic: ") && $0.contains(word)
            }
            #expect(isTold, "\(topic) \(word): \(result.output)")
        }
        let other = try Program.run(
            ["doctor"] + site.options + ["--set", "alerts.topic=\(site.group)-none"])
        #expect(other.output.contains("there is no topic '\(site.group)-none'"))
    }

    @Test("without brokers it ends with 4, with a configuration that cannot be used with 3")
    func unreachable() throws {
        let scratch = try Scratch()
        try scratch.file("file")
        let dead = ["doctor", "--bootstrap-servers", "127.0.0.1:1"]
        let down = try Program.run(
            dead + ["--set", "state.directory=\(scratch.path("file"))"])
        #expect(down.code == 4 && down.output.contains("problem  brokers: "), "\(down.output)")
        #expect(down.output.contains("problem  state.directory: "), "\(down.output)")
        #expect(try Program.run(["doctor"]).code == 3)
        #expect(try Program.run(dead + ["--set", "window.pane=1ms"]).code == 3)
        let small = try Program.run(dead + ["-X", "message.max.bytes=100000"])
        #expect(small.output.contains("problem  producer: "), "\(small.output)")
    }
}
