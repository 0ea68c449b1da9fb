import Foundation
import KafkaTestSupport
import Testing

extension SystemTests {
    @Suite("A bad environment", .serialized)
    struct EnvironmentTests {
        /// Runs `run` to the end it must come to.
        private func expectEnd(
            _ site: Site, _ arguments: [String] = [], code expected: Int32, _ said: [String],
            within seconds: Double = 30
        ) throws {
            let run = try site.start(arguments)
            #expect(try run.exitCode(within: seconds) == expected, "\(run.errors)")
            for text in said { #expect(run.errors.contains(text), "\(run.errors)") }
        }

        @Test("missing topics are all named, with the command that makes them")
        func missingTopics() throws {
            let site = try Site("missing", partitions: 1)
            defer { site.removeAll() }
            try expectEnd(
                site, code: 4, [site.partials, site.alerts, site.deadLetters, "topics create"])
            try site.createTopics()
            defer { site.removeOutputs() }
            try expectEnd(site, ["--input", "no-such-topic"], code: 4, ["no-such-topic"])
            try expectEnd(site, ["--stop-at-end"], code: 0, ["stopped"])
        }

        @Test("a broker that cannot be reached ends the run with 4 in bounded time")
        func unreachable() throws {
            let site = try Site("unreachable", partitions: 1)
            defer { site.removeAll() }
            try expectEnd(
                site, ["--bootstrap-servers", "127.0.0.1:1"], code: 4, ["127.0.0.1:1"], within: 60)
        }

        @Test("rules that cannot be used end with 2 and say where, properties of the engine with 3")
        func configuration() throws {
            let site = try Site("config", partitions: 1)
            defer { site.removeAll() }
            let scratch = try Scratch()
            let rules = try scratch.file(
                "bad.yaml", "apiVersion: stillwatch/v1\nkind: Rule\nidd: x\n")
            try expectEnd(site, ["--rules", rules], code: 2, ["bad.yaml:3:1: error:"])
            try expectEnd(
                site, ["-X", "enable.auto.commit=true"], code: 3, ["enable.auto.commit"])
            try expectEnd(site, ["-X", "no.such.property=1"], code: 3, ["no.such.property"])
        }

        @Test(
            "a shuffle topic with another number of partitions than configured is refused everywhere"
        )
        func shufflePartitions() throws {
            let site = try Site("shuffle", partitions: 1)
            defer { site.removeAll() }
            try site.createTopics()
            let other = ["--set", "partials.partitions=5"]
            try expectEnd(site, other, code: 3, [site.partials, "16", "5", "partials.partitions"])
            for command in [["topics", "create"], ["validate"]] {
                let run = try Running(command + site.config + other)
                #expect(try run.exitCode(within: 30) == 1)
                #expect(run.errors.contains("16 partitions") && run.errors.contains("5"))
            }
        }

        @Test(
            "records deleted before they were read are an error with their offsets, not a silent gap"
        )
        func retention() throws {
            let site = try Site("retention", partitions: 2)
            defer { site.removeAll() }
            try site.createTopics()
            try site.simulate(["--events", "2000", "--seed", "4"])
            _ = try site.runToEnd()
            let committed = try site.committed()
            try site.simulate(["--events", "2000", "--seed", "4"])
            let low = committed[1] + 10
            try TestBroker.deleteRecords(
                of: site.input, 1, before: low, at: site.servers)
            #expect(try site.inputWatermarks()[1].low == low)
            try expectEnd(
                site, ["--stop-at-end"], code: 6,
                ["\(site.input)[1]", String(committed[1]), String(low), "stillwatch reset"])
            #expect(try site.committed() == committed, "nothing is committed over the gap")
            // A group of its own starts at what is kept.
            let fresh = try #require(
                site.runToEnd(["--group", "\(site.group)-2"]).log("stopped"))
            let kept = try site.inputWatermarks().map { Int($0.high - $0.low) }.reduce(0, +)
            #expect(fresh["consumed"] == kept)
        }
    }
}
