import Foundation
import Testing

extension SystemTests {
    /// CAMPAIGN live: what it says of farms is what a backtest over the same records says.
    @Suite("Campaigns", .serialized)
    struct CampaignTests {
        /// Two farms and ordinary traffic of a day, in file and on a topic.
        private static let traffic = ["--preset", "demo", "--scale", "0.3", "--hours", "24"]

        @Test("with kills amid the work, findings and members are those of a backtest, each once")
        func killed() throws {
            let site = try Site(
                "campaigns", partitions: 4,
                settings: [
                    "snapshot_interval: 1s",
                    "kafka: { session.timeout.ms: 6000, transaction.timeout.ms: 5000 }",
                ])
            defer { site.removeAll() }
            try site.createTopics()
            try site.simulate(Self.traffic)
            let records = Int(try site.inputWatermarks().reduce(0) { $0 + $1.high })
            var killsAmid = 0
            for name in ["a", "a", "b"] {
                let before = try done(site)
                let run = try site.start(["--instance-id", name, "--log-level", "debug"])
                let hasMoved = SystemTests.eventually(within: 120) {
                    let done = (try? done(site)) ?? 0
                    return done > before + 15_000 || done == records
                }
                try #require(hasMoved, "\(run.errors.suffix(2000))")
                if try done(site) < records { killsAmid += 1 }
                run.signal(SIGKILL)
                try #require(SystemTests.eventually(within: 10) { !run.isRunning })
            }
            #expect(killsAmid > 0)
            let last = try site.runToEnd(
                ["--instance-id", "b", "--log-level", "debug"], within: 300)
            #expect(last.errors.contains("campaign[0]"))

            let scratch = try Scratch()
            let expected = try Self.backtest(scratch)
            let found = try site.records(of: site.alerts).map(\.text).sorted()
            #expect(found == expected.findings.sorted())
            #expect(found.contains { $0.contains("campaign.") })
            #expect(expected.members.count > 100)
            #expect(try members(site) == expected.members)
            try checkCommands(site, scratch, expected)
        }

        /// The commands on campaigns say of the topics what they say of a backtest's files.
        private func checkCommands(
            _ site: Site, _ scratch: Scratch, _ expected: (findings: [String], members: [String])
        ) throws {
            let text = expected.findings.joined(separator: "\n") + "\n"
            let findings = try scratch.file("findings.ndjson", text)
            let files = ["--findings", findings, "--members", scratch.path("members")]
            let lines = { (data: Data) in
                String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
            }
            let list = ["campaign", "list", "--all"]
            let listed = lines(try Running.finish(list + site.config).output)
            #expect(listed == lines(try Running.finish(list + files.prefix(2)).output))
            let first = try #require(listed.first?.firstMatch(of: /"uid":"([0-9a-f]{32})"/))
            let uid = String(first.1)
            for words in [
                ["members", uid], ["explain", uid], ["export", uid, "--format", "csv"],
            ] {
                let command = ["campaign"] + words
                let live = lines(try Running.finish(command + site.config, within: 60).output)
                #expect(live.count > 5, "\(words)")
                #expect(live == lines(try Running.finish(command + files).output), "\(words)")
            }
            let missing = try Running(
                ["campaign", "list", "--findings", "\(site.group)-none"] + site.config)
            #expect(try missing.exitCode(within: 60) == 3)
            #expect(missing.errors.contains("\(site.group)-none"), "\(missing.errors)")
        }

        @Test(
            "without its topic, or with two partitions of it, nothing starts, and it is said what to do"
        )
        func wrongTopic() throws {
            let site = try Site("campaigns-topic", partitions: 1)
            defer { site.removeAll() }
            try site.create(site.evidence, partitions: 2)
            let created = try Running(["topics", "create"] + site.config)
            #expect(try created.exitCode(within: 60) == 1)
            #expect(created.errors.contains("2 partitions"))
            let run = try site.start(["--stop-at-end"])
            #expect(try run.exitCode(within: 60) == 3)
            #expect(run.errors.contains("\(site.evidence) has 2 partitions"), "\(run.errors)")
            #expect(run.errors.contains("evidence.topic"))
            let other = "\(site.group)-none"
            let missing = try site.start(["--stop-at-end", "--set", "evidence.topic=\(other)"])
            #expect(try missing.exitCode(within: 60) == 4)
            #expect(missing.errors.contains("no such topic: \(other)"), "\(missing.errors)")
            // Without campaigns it is not asked for.
            let off = ["--set", "evidence.topic=\(other)", "--set", "campaigns.alerts=off"]
            _ = try site.runToEnd(off)
        }

        /// What a backtest over the same records finds, and the members it writes.
        private static func backtest(
            _ scratch: Scratch
        ) throws -> (findings: [String], members: [String]) {
            let (events, members) = (scratch.path("events.jsonl"), scratch.path("members"))
            try Running.finish(["simulate", "--out", events] + traffic)
            let run = try Running.finish(
                ["backtest", events, "--members", members],
                within: 300)
            let lines = { (data: Data) in
                data.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
            }
            return (lines(run.output), lines(try Data(contentsOf: URL(fileURLWithPath: members))))
        }

        /// The members topic as a table: the last row of each account, by account; none where that has no value.
        private func members(_ site: Site) throws -> [String] {
            var table: [String: String] = [:]
            for record in try site.records(of: site.members) {
                table[record.key] = record.value.isEmpty ? nil : record.text
            }
            return table.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
        }

        private func done(_ site: Site) throws -> Int {
            try site.committed().reduce(0) { $0 + Int(max(0, $1)) }
        }
    }
}
