import Foundation
import Testing

extension SystemTests {
    /// Verdicts live: what they do is what they do in a backtest over the same records.
    @Suite("Verdicts", .serialized)
    struct VerdictTests {
        private static let traffic = ["--preset", "demo", "--scale", "0.3", "--hours", "24"]

        private static func lines(_ data: Data) -> [String] {
            String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        }

        /// The campaigns of the traffic, with the time at which each was told of first.
        private static func campaigns(_ lines: [String]) -> [(uid: String, time: Int64)] {
            var found: [(uid: String, time: Int64)] = []
            for line in lines {
                guard let uid = line.firstMatch(of: /"entity":"campaign:([0-9a-f]{32})"/),
                    !found.contains(where: { $0.uid == uid.1 }),
                    let time = line.firstMatch(of: /"time":(\d+)/)
                else { continue }
                found.append((String(uid.1), Int64(time.1) ?? 0))
            }
            return found
        }

        @Test(
            "with kills amid the work, findings and members are those of a backtest with the same verdicts"
        )
        func killed() throws {
            let site = try Site(
                "verdicts", partitions: 4,
                settings: [
                    "snapshot_interval: 1s", "format: flat",
                    "kafka: { session.timeout.ms: 6000, transaction.timeout.ms: 5000 }",
                ])
            defer { site.removeAll() }
            try site.createTopics()
            let scratch = try Scratch()
            let (events, members) = (scratch.path("events.jsonl"), scratch.path("m.ndjson"))
            try Running.finish(["simulate", "--out", events] + Self.traffic)
            let backtest = ["backtest", events, "--format", "flat", "--members", members]
            let plain = try scratch.file(
                "plain.ndjson",
                String(
                    decoding: try Running.finish(backtest, within: 300).output, as: UTF8.self))
            let found = Self.campaigns(
                try String(contentsOfFile: plain, encoding: .utf8).split(separator: "\n")
                    .map(String.init))
            try #require(found.count >= 2)

            // An analyst's decisions about the two, and what somebody mistyped.
            var verdicts = ""
            for (campaign, word) in zip(found, ["banned", "benign"]) {
                verdicts += String(
                    decoding: try Running.finish(
                        [
                            "verdict", "campaign:\(campaign.uid)", word, "--time",
                            "\(campaign.time + 3_600_000)", "--findings", plain, "--members",
                            members, "--dry-run",
                        ]
                    ).output, as: UTF8.self)
            }
            let count = verdicts.split(separator: "\n").count
            #expect(count > 50)
            verdicts += "nonsense\n{\"time\":\"2026-06-01\",\"verdict\":\"benign\"}\n"
            let file = try scratch.file("v.ndjson", verdicts)
            try Kcat.produce(file, to: site.verdicts, partition: 0, at: site.servers)

            // They are in the logs before the events are.
            let first = try site.start(["--instance-id", "a", "--log-level", "debug"])
            let areRead = SystemTests.eventually(within: 60) {
                (try? site.records(of: site.evidence).count) ?? 0 >= count
            }
            try #require(areRead, "\(first.errors.suffix(2000))")
            first.signal(SIGKILL)
            try #require(SystemTests.eventually(within: 10) { !first.isRunning })
            try site.simulate(Self.traffic)
            for _ in 0..<2 {
                let before = try site.committed().reduce(0) { $0 + max(0, $1) }
                let run = try site.start(["--instance-id", "a"])
                let hasMoved = SystemTests.eventually(within: 120) {
                    ((try? site.committed()) ?? []).reduce(0) { $0 + max(0, $1) } > before + 15_000
                }
                try #require(hasMoved, "\(run.errors.suffix(2000))")
                run.signal(SIGKILL)
                try #require(SystemTests.eventually(within: 10) { !run.isRunning })
            }
            _ = try site.runToEnd(["--instance-id", "b"], within: 300)

            let expected = try Running.finish(backtest + ["--verdicts", file], within: 300)
            #expect(expected.errors.contains("v.ndjson:\(count + 1)"))
            let live = try site.records(of: site.alerts).map(\.text).sorted()
            let told = Self.lines(expected.output).sorted()
            #expect(live == told)
            #expect(told.contains { $0.contains(#""reason":"benign""#) })
            #expect(told.contains { $0.contains(#""banned":"#) })
            var table: [String: String] = [:]
            for record in try site.records(of: site.members) {
                table[record.key] = record.value.isEmpty ? nil : record.text
            }
            let rows = Self.lines(try Data(contentsOf: URL(fileURLWithPath: members)))
            #expect(table.values.sorted() == rows.sorted())
            #expect(!rows.contains { $0.contains(found[1].uid) })

            let letters = try site.records(of: site.deadLetters)
            let reasons = letters.compactMap { $0.headers["stillwatch_reason"] }
            #expect(reasons.sorted() == ["malformed_json", "missing_subject"])
            #expect(letters.allSatisfy { $0.headers["stillwatch_topic"] == site.verdicts })
            #expect(letters.allSatisfy { $0.headers["stillwatch_hint"]?.isEmpty == false })
        }

        @Test("the command writes to the topic, and what is cleared by a reset is read again")
        func command() throws {
            let site = try Site(
                "verdict-command", partitions: 1,
                settings: [
                    "kafka: { session.timeout.ms: 6000, transaction.timeout.ms: 5000 }"
                ])
            defer { site.removeAll() }
            let subject = ["verdict", "payment:p1", "confirmed", "--by", "ana"]
            let missing = try Running(subject + site.config)
            #expect(try missing.exitCode(within: 60) == 3)
            #expect(missing.errors.contains("topics create"), "\(missing.errors)")
            try site.createTopics()
            let written = try Running.finish(subject + site.config)
            #expect(written.errors.contains("1 verdict written to \(site.verdicts)"))
            let records = try site.records(of: site.verdicts)
            #expect(records.count == 1 && records[0].text.contains(#""subject":"payment:p1""#))
            _ = try site.runToEnd()
            let blocks = {
                try site.records(of: site.evidence).count {
                    $0.value.starts(with: Array("SWV1".utf8))
                }
            }
            let before = try blocks()
            #expect(before == 1)
            let reset =
                ["reset", "--to", "beginning", "--state", "clear", "--execute"] + site.config
            // The member that has ended counts until its session is over.
            let isReset = try SystemTests.eventually(within: 60) {
                try Running(reset).exitCode(within: 60) == 0
            }
            #expect(isReset)
            _ = try site.runToEnd()
            #expect(try blocks() == before + 1)
        }

        @Test("without the topic everything else works; with two partitions nothing starts")
        func topic() throws {
            let site = try Site("verdict-topic", partitions: 1)
            defer { site.removeAll() }
            try site.createTopics()
            let none = ["--set", "verdicts.topic=\(site.group)-none"]
            let run = try site.runToEnd(none)
            #expect(run.errors.contains("there is no topic of verdicts"), "\(run.errors)")
            let validated = try Running.finish(["validate"] + site.config + none)
            #expect(validated.errors.contains("note: verdicts.topic: there is no topic"))
            let doctor = try Running.finish(["doctor"] + site.config + none)
            #expect(
                String(decoding: doctor.output, as: UTF8.self).contains("warn     verdicts.topic"))
            let two = "\(site.group)-two"
            try site.create(two, partitions: 2)
            let wrong = try site.start(["--stop-at-end", "--set", "verdicts.topic=\(two)"])
            #expect(try wrong.exitCode(within: 60) == 3)
            #expect(wrong.errors.contains("\(two) has 2 partitions"), "\(wrong.errors)")
        }
    }
}
