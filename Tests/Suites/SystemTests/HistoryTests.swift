import Foundation
import KafkaTestSupport
import TestSupport
import Testing

extension SystemTests {
    /// `backtest --topic`: what is found in a topic is what is found in a file of the same records.
    @Suite("History on topics", .serialized)
    struct HistoryTests {
        @Test("partitions that end hours apart give the findings of files, for any shards")
        func skew() throws {
            let history = try HistorySite("history-skew", partitions: 3)
            defer { history.site.removeAll() }
            try history.produce(0..<300, to: 0)
            try history.produce(0..<14_400, to: 1)
            let expected = try history.expected()
            #expect(!expected.isEmpty)
            for shards in ["1", "2", "5"] {
                let run = try history.backtest(["--shards", shards])
                #expect(run.text == expected)
            }
            #expect(try history.site.committed(group: "stillwatch-reader") == [-1, -1, -1])
        }

        @Test("markers and aborted records are no events, and the end lies behind them")
        func transactions() throws {
            let history = try HistorySite("history-transactions", partitions: 2)
            defer { history.site.removeAll() }
            try history.produce(0..<2_000, to: 0, transactional: history.site.group)
            try history.produce(0..<2_000, to: 1)
            let run = try history.backtest()
            #expect(try run.text == history.expected())
            #expect(!run.text.isEmpty && !run.errors.contains("never"))
            // 40 transactions with a marker each, 13 aborted ones of one record and a marker.
            #expect(run.errors.contains("without a record") && run.errors.contains("66"))
        }

        @Test("a range of times is read with its padding; offsets are taken as they are")
        func ranges() throws {
            let history = try HistorySite("history-ranges", partitions: 2)
            defer { history.site.removeAll() }
            for partition in [Int32(0), 1] { try history.produce(0..<7_200, to: partition) }
            let offsets = try history.backtest(["--from", "1000", "--to", "5000"])
            #expect(try offsets.text == history.expected { (1_000..<5_000).contains($0.offset) })
            // 10 minutes of window and 5 of skew in front, none behind.
            let range = ["--from", "2026-05-28T21:26:40Z", "--to", "2026-05-28T21:56:40Z"]
            let times = try history.backtest(range + ["--padding", "0s"])
            #expect(times.errors.contains("records read          5,400"), "\(times.errors)")
            // What the part of a file gives that is judged as well.
            let expected = try history.expected(range) { (2_700..<5_400).contains($0.offset) }
            #expect(times.text == expected && !expected.isEmpty)
        }

        @Test("markers and records with timestamps far ahead do not end a range of times early")
        func outliers() throws {
            let history = try HistorySite("history-outliers", partitions: 2)
            defer { history.site.removeAll() }
            // Transactions end now, so that their markers are later than all of the range.
            try history.produce(0..<3_000, to: 0, transactional: history.site.group)
            try history.produce(0..<3_000, to: 1)
            let range = ["--from", "2026-05-28T20:26:40Z", "--to", "2026-05-28T20:56:40Z"]
            let run = try history.backtest(range + ["--padding", "0s"])
            #expect(run.errors.contains("records read          3,600"), "\(run.errors)")
            let whole = try history.site.records(of: history.site.input)
            let kept = Dictionary(grouping: whole, by: \.partition).mapValues { $0.prefix(1_800) }
            let offsets = kept.mapValues { Set($0.map(\.offset)) }
            let number = Dictionary(uniqueKeysWithValues: offsets.map { ($0.key, $0.value) })
            let expected = try history.expected(range) {
                number[$0.partition]?.contains($0.offset) ?? false
            }
            #expect(run.text == expected)
        }

        @Test("what retention has taken is said, with its offsets and times")
        func retention() throws {
            let history = try HistorySite("history-retention", partitions: 2)
            defer { history.site.removeAll() }
            for partition in [Int32(0), 1] { try history.produce(0..<2_000, to: partition) }
            try TestBroker.deleteRecords(
                of: history.site.input, 1, before: 700, at: history.site.servers)
            let asked = try history.backtest(["--from", "100"])
            #expect(asked.errors.contains("\(history.site.input)[1]: offsets 100 to 699"))
            let timed = try history.backtest([
                "--from", "2026-05-28T20:26:40Z", "--padding", "0s",
            ])
            #expect(timed.errors.contains("\(history.site.input)[1]: "), "\(timed.errors)")
            // A range of which nothing is kept any more.
            let gone = try Running(
                ["backtest"] + history.options + ["--from", "10", "--to", "600"])
            #expect(try gone.exitCode(within: 60) == 0)
            #expect(gone.errors.contains("\(history.site.input)[1]: offsets 10 to 599"))
            try TestBroker.deleteRecords(
                of: history.site.input, 0, before: 650, at: history.site.servers)
            let none = try Running(
                ["backtest"] + history.options + ["--from", "10", "--to", "600"])
            #expect(try none.exitCode(within: 60) == 3)
            #expect(none.errors.contains("may be gone by retention"), "\(none.errors)")
            let all = try history.backtest()
            #expect(!all.errors.contains("gaps"))
            #expect(try all.text == history.expected())
        }

        @Test("what cannot be read ends the command with its code and says what and where")
        func refusals() throws {
            let history = try HistorySite("history-refusals", partitions: 1)
            defer { history.site.removeAll() }
            try history.produce(0..<10, to: 0)
            func expectEnd(_ arguments: [String], _ code: Int32, _ said: [String]) throws {
                let run = try Running(["backtest"] + arguments)
                #expect(try run.exitCode(within: 60) == code, "\(run.errors)")
                for text in said { #expect(run.errors.contains(text), "\(run.errors)") }
            }
            let config = history.site.config
            for topic in [history.site.alerts, history.site.partials, history.site.state] {
                try expectEnd(["--topic", topic] + config, 3, [topic, ".topic", "application"])
            }
            try expectEnd(["--topic", "no-such-topic"] + config, 3, ["no-such-topic"])
            let options = history.options
            try expectEnd(options + ["--from", "2027-01-01"], 3, ["no records", "2027-01-01"])
            try expectEnd(options + ["--from", "7", "--to", "7"], 3, ["--from 7", "--to 7"])
            try expectEnd(options + ["--from", "yesterday"], 3, ["--from", "yesterday"])
            try expectEnd(
                options + ["--bootstrap-servers", "127.0.0.1:1"], 4, ["127.0.0.1:1"])
            try expectEnd(options + ["file.jsonl"], 3, ["--topic", "files"])
            try expectEnd(["--rate", "5", "file.jsonl"], 3, ["--rate"])
        }
    }

    /// History whose broker does not stay.
    @Suite("History and its broker", .serialized)
    struct HistoryBrokerTests {
        @Test("a broker that goes in the middle and comes back costs time and nothing else")
        func comesBack() throws {
            let history = try HistorySite("history-broker", partitions: 2)
            defer { history.site.removeAll() }
            for partition in [Int32(0), 1] { try history.produce(0..<6_000, to: partition) }
            let expected = try history.expected()
            let cluster = try #require(KafkaCluster.shared)
            guard cluster.directory != nil else {
                return SystemTests.shout("SKIPPED: brokers that are not ours are not stopped")
            }
            // Little is fetched ahead, so that most is read after the broker is back.
            let run = try Running(
                ["backtest"] + history.options + [
                    "--rate", "2000", "-X", "queued.max.messages.kbytes=64", "-X",
                    "fetch.message.max.bytes=16384", "-X", "max.partition.fetch.bytes=16384",
                ])
            Thread.sleep(forTimeInterval: 1.5)
            try cluster.act("kill", broker: 1)
            Thread.sleep(forTimeInterval: 7)
            try cluster.act("up", broker: 1)
            #expect(try run.exitCode(within: 120) == 0)
            #expect(run.text == expected)
            #expect(run.errors.contains("waiting for brokers"), "\(run.errors)")
        }

        @Test("retention that overtakes reading is a gap, and the rest is read")
        func overtakes() throws {
            let history = try HistorySite("history-overtaken", partitions: 1)
            defer { history.site.removeAll() }
            try history.produce(0..<20_000, to: 0)
            let run = try Running(
                ["backtest"] + history.options + [
                    "--rate", "1000", "-X", "queued.max.messages.kbytes=64", "-X",
                    "fetch.message.max.bytes=16384", "-X", "max.partition.fetch.bytes=16384",
                ])
            Thread.sleep(forTimeInterval: 2)
            try TestBroker.deleteRecords(
                of: history.site.input, 0, before: 19_000, at: history.site.servers)
            #expect(try run.exitCode(within: 60) == 0, "\(run.errors)")
            #expect(run.errors.contains("retention has taken the offsets"), "\(run.errors)")
            #expect(run.errors.contains("to 18,999") || run.errors.contains("to 18999"))
        }
    }
}
