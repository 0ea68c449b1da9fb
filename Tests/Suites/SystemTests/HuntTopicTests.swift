import Foundation
import KafkaTestSupport
import Testing

extension SystemTests {
    /// `hunt --topic`, and over a capture.
    @Suite("Hunts on topics", .serialized)
    struct HuntTopicTests {
        private static let card = ["--fingerprint", "payment:card1"]

        private func hunt(_ history: HistorySite, _ arguments: [String]) throws -> Running {
            try Running.finish(["hunt"] + history.options + Self.card + arguments)
        }

        @Test("topic, capture and files list the same accounts and requests, outside of any group")
        func same() throws {
            let history = try HistorySite("hunt", partitions: 3)
            defer { history.site.removeAll() }
            try history.produce(0..<3_000, to: 0, transactional: history.site.group)
            try history.produce(0..<9_000, to: 1)
            let captured = history.scratch.path("captured")
            try Running.finish(["capture"] + history.options + ["--out", captured])
            for mode in [[], ["--requests", "--output", "csv"]] {
                let files = try Running.finish(
                    ["hunt"] + history.rules + Self.card + mode + history.partitionFiles())
                let topic = try hunt(history, mode)
                #expect(topic.text == files.text && !topic.text.isEmpty)
                let capture = try Running.finish(
                    ["hunt", captured] + history.rules + Self.card + mode)
                #expect(capture.text == files.text)
                #expect(topic.errors.contains("of 12,000 events"), "\(topic.errors)")
            }
            #expect(try history.site.committed(group: "stillwatch-reader") == [-1, -1, -1])
        }

        @Test("a range is read with its padding, and counts the events in it alone")
        func range() throws {
            let history = try HistorySite("hunt-range", partitions: 2)
            defer { history.site.removeAll() }
            for partition in [Int32(0), 1] { try history.produce(0..<7_200, to: partition) }
            // 30 minutes in the middle, with 10 more on both sides; card1 comes with the events 1,200 to 2,399.
            let run = try hunt(
                history,
                [
                    "--from", "2026-05-28T20:46:40Z", "--to", "2026-05-28T21:16:40Z", "--padding",
                    "10m",
                ])
            #expect(run.errors.contains("of 3,600 events"), "\(run.errors)")
            #expect(run.errors.contains(/offsets read +6,000\n/), "\(run.errors)")
            let requests = run.text.matches(of: /"requests":(\d+)/).compactMap { Int($0.1) }
            #expect(requests.reduce(0, +) == 2_400)
            let offsets = try hunt(history, ["--from", "1200", "--to", "1300"])
            #expect(offsets.errors.contains("of 200 events"), "\(offsets.errors)")
        }

        @Test("what retention took is said; what cannot be read ends the command with its code")
        func refusals() throws {
            let history = try HistorySite("hunt-refusals", partitions: 1)
            defer { history.site.removeAll() }
            try history.produce(0..<2_000, to: 0)
            try TestBroker.deleteRecords(
                of: history.site.input, 0, before: 700, at: history.site.servers)
            let gap = try hunt(history, ["--from", "100"])
            #expect(gap.errors.contains("\(history.site.input)[0]: offsets 100 to 699"))
            let cases: [([String], [String])] = [
                (["--topic", history.site.alerts], ["alerts.topic", "application"]),
                (["--topic", "no-such-topic"], ["no-such-topic"]),
                (history.topic + ["--from", "2027-01-01"], ["no records", "2027-01-01"]),
                (history.topic + ["--from", "7", "--to", "7"], ["--from 7", "--to 7"]),
                (history.topic + [captureless], ["--topic goes with neither files"]),
                (["--rate", "5", captureless], ["--rate goes with --topic"]),
            ]
            for (arguments, said) in cases {
                let run = try Running(["hunt"] + history.rules + Self.card + arguments)
                #expect(try run.exitCode(within: 60) == 3, "\(run.errors)")
                for text in said { #expect(run.errors.contains(text), "\(run.errors)") }
            }
        }

        private let captureless = "/dev/null"
    }
}
