import Foundation
import Testing

extension SystemTests {
    /// History as it lies on topics: partitions that end hours apart, gaps, and members that have gone.
    @Suite("Skewed topics", .serialized)
    struct SkewTests {
        private static let originMs: Int64 = 1_780_000_000_000

        /// Events so many seconds apart: for a while a card has 25 accounts, then it has five.
        private func events(_ range: Range<Int>, everyS: Double) -> String {
            range.map { number in
                let accounts = number / 400 % 3 == 0 ? 25 : 5
                let time = Self.originMs + Int64(Double(number) * everyS * 1_000)
                return "{\"time\":\(time),\"account\":\"a\(number % accounts)\","
                    + "\"fingerprints\":{\"payment\":\"card\(number / 1_200 % 5)\"}}\n"
            }.joined()
        }

        private func rule(_ scratch: Scratch) throws -> [String] {
            let file = try scratch.file(
                "rule.yaml",
                """
                apiVersion: stillwatch/v1
                kind: Rule
                id: test.card
                version: 1
                severity: high
                description: A rule.
                entity: fingerprint
                kinds: [payment]
                when: accounts(10m) >= 10
                keep_firing_for: 1m
                evidence: [accounts(10m), requests(10m)]
                """)
            return ["--rules", file]
        }

        /// What `backtest` finds in the records of each partition of the input, in the order of their offsets.
        private func backtest(
            _ site: Site, _ rule: [String], _ scratch: Scratch
        ) throws -> [String] {
            var partitions: [Int: String] = [:]
            for record in try site.records(of: site.input) {
                partitions[record.partition, default: ""] += record.text + "\n"
            }
            let files = try partitions.sorted { $0.key < $1.key }.map {
                try scratch.file("partition-\($0.key)", $0.value)
            }
            let run = try Running.finish(
                ["backtest", "--no-progress"] + site.config + rule + files)
            return run.output.split(separator: 0x0A)
                .map { String(decoding: $0, as: UTF8.self) }.sorted()
        }

        /// The findings of a run are those of `backtest`, and everything is committed.
        private func expectAll(_ site: Site, _ rule: [String], _ scratch: Scratch) throws {
            let found = try site.records(of: site.alerts).map(\.text).sorted()
            let expected = try backtest(site, rule, scratch)
            #expect(!expected.isEmpty && found == expected)
            let ends = try site.inputWatermarks().map(\.high)
            #expect(try zip(site.committed(), ends).allSatisfy { max(0, $0) == $1 })
        }

        @Test(
            "five minutes of events in one partition and an hour in the other: the run ends",
            arguments: [1, 2])
        func smallest(shards: Int) throws {
            let site = try Site("skew-two", partitions: 2, settings: ["format: flat"])
            defer { site.removeAll() }
            try site.createTopics()
            let scratch = try Scratch()
            for (partition, count) in [(0, 300), (1, 3_600)] {
                let file = try scratch.file("events", events(0..<count, everyS: 1))
                try Kcat.produce(file, to: site.input, partition: partition, at: site.servers)
            }
            let rule = try rule(scratch)
            let run = try site.runToEnd(rule + ["--shards", "\(shards)"], within: 60)
            #expect(run.log("stopped")?["processed"] == 3_900)
            try expectAll(site, rule, scratch)
        }

        @Test("days of events as fast as librdkafka's own partitioner takes them: the run ends")
        func sticky() throws {
            let site = try Site("skew-sticky", settings: ["format: flat"])
            defer { site.removeAll() }
            try site.createTopics()
            let scratch = try Scratch()
            let file = try scratch.file("events", events(0..<120_000, everyS: 2))
            try Kcat.produce(file, to: site.input, at: site.servers)
            let rule = try rule(scratch)
            let run = try site.runToEnd(rule, within: 120)
            let log = try #require(run.log("stopped"))
            #expect(log["processed"] + log["dead_letters"] == 120_000)
            try expectAll(site, rule, scratch)
        }

        @Test("three members have just ended: one run takes over what they held and closes all")
        func takesOver() throws {
            let site = try Site("skew-three", partitions: 6, settings: ["format: flat"])
            defer { site.removeAll() }
            try site.createTopics()
            let scratch = try Scratch()
            try feed(site, scratch, 0..<2_000)
            let rule = try rule(scratch)
            let members = try ["a", "b", "c"].map {
                try site.start(rule + ["--instance-id", $0])
            }
            let isRead = try SystemTests.eventually(within: 60) {
                try site.committed().reduce(0, +) == 12_000
            }
            try #require(isRead)
            for member in members { member.signal(SIGTERM) }
            for member in members { #expect(try member.exitCode(within: 30) == 0) }
            try feed(site, scratch, 2_000..<3_000)
            _ = try site.runToEnd(rule + ["--instance-id", "b"], within: 90)
            try expectAll(site, rule, scratch)
        }

        private func feed(_ site: Site, _ scratch: Scratch, _ range: Range<Int>) throws {
            let file = try scratch.file("events", events(range, everyS: 1))
            for partition in 0..<site.partitions {
                try Kcat.produce(file, to: site.input, partition: partition, at: site.servers)
            }
        }
    }
}
