import Foundation
import Testing

extension SystemTests {
    /// `capture`, and backtests that are killed.
    @Suite("Captures and checkpoints", .serialized)
    struct CaptureTests {
        private func capture(
            _ history: HistorySite, _ arguments: [String]
        ) throws -> Running {
            try Running.finish(["capture"] + history.options + arguments)
        }

        /// The digest of a report.
        private func digest(of directory: String) throws -> String {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/report.json"))
            let report = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            return try #require(report?["digest"] as? String)
        }

        @Test("topic, capture and files give the same findings; zstd reads a capture's files")
        func same() throws {
            let history = try HistorySite("capture", partitions: 3)
            defer { history.site.removeAll() }
            try history.produce(0..<3_000, to: 0, transactional: history.site.group)
            try history.produce(0..<9_000, to: 1)
            let out = history.scratch.path("captured")
            let captured = try capture(history, ["--out", out])
            #expect(captured.errors.contains("12,000 records in 2 files"), "\(captured.errors)")
            let expected = try history.expected()
            #expect(!expected.isEmpty)
            #expect(try history.backtest().text == expected)
            for shards in ["1", "3"] {
                let run = try history.backtestFiles([out, "--shards", shards])
                #expect(run.text == expected)
            }
            let file = "\(out)/\(history.site.input)-00001-00000.jsonl.zst"
            let plain = try Running.finish(["backtest", "--no-progress", file] + history.rules)
            #expect(plain.errors.contains(/records read +9,000\n/))
            let again = try Running(["capture"] + history.options + ["--out", out])
            #expect(try again.exitCode(within: 30) == 3)
            #expect(again.errors.contains("--resume"))
        }

        @Test("a capture that is killed looks unfinished, and --resume makes it whole")
        func resumes() throws {
            let history = try HistorySite("capture-resume", partitions: 2)
            defer { history.site.removeAll() }
            for partition in [Int32(0), 1] { try history.produce(0..<30_000, to: partition) }
            let out = history.scratch.path("captured")
            let slow = try Running(
                ["capture"] + history.options + ["--out", out, "--rate", "20000"])
            let hasBegun = SystemTests.eventually(within: 30) {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: out)) ?? []
                return names.contains { name in
                    let path = "\(out)/\(name)"
                    let size =
                        try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
                    return name.hasSuffix(".zst.partial") && (size ?? 0) > 0
                }
            }
            #expect(hasBegun)
            slow.signal(SIGKILL)
            #expect(SystemTests.eventually(within: 10) { !slow.isRunning })
            // What is produced now is not part of it: the ends are those of the beginning.
            try history.produce(30_000..<30_100, to: 0)
            let early = try Running(["backtest", "--no-progress", out] + history.rules)
            #expect(try early.exitCode(within: 30) == 3)
            #expect(early.errors.contains("not complete") && early.errors.contains("--resume"))
            let other = try Running(
                ["capture"] + history.options + ["--out", out, "--resume", "--from", "7"])
            #expect(try other.exitCode(within: 30) == 3 && other.errors.contains("--from"))
            let resumed = try capture(history, ["--out", out, "--resume"])
            #expect(resumed.errors.contains("60,000 records in 2 files"), "\(resumed.errors)")
            let expected = try history.expected { $0.offset < 30_000 }
            #expect(try history.backtestFiles([out]).text == expected)
        }

        @Test("a backtest that is killed goes on by --resume and gives the same bytes")
        func backtest() throws {
            let history = try HistorySite("backtest-resume", partitions: 2)
            defer { history.site.removeAll() }
            for partition in [Int32(0), 1] { try history.produce(0..<12_000, to: partition) }
            let whole = history.scratch.path("whole")
            let report = ["--format", "flat"]
            _ = try history.backtest(report + ["--out", whole + "/"])
            let out = history.scratch.path("killed")
            let arguments = ["--out", out + "/", "--checkpoint-every", "0s"]
            var kills = 0
            while kills < 3 {
                let resume = kills == 0 ? [] : ["--resume"]
                let run = try Running(
                    ["backtest"] + history.options + report + arguments + resume
                        + ["--rate", "6000", "--shards", "1"])
                let path = "\(out)/backtest.checkpoint"
                let before = try? Data(contentsOf: URL(fileURLWithPath: path))
                let hasWritten = SystemTests.eventually(within: 30) {
                    let now = try? Data(contentsOf: URL(fileURLWithPath: path))
                    return now != nil && now != before
                }
                #expect(hasWritten, "\(run.errors)")
                run.signal(SIGKILL)
                #expect(SystemTests.eventually(within: 10) { !run.isRunning })
                kills += 1
            }
            // The topic goes on; the run that goes on ends where it was to end.
            try history.produce(12_000..<12_500, to: 1)
            let names = try FileManager.default.contentsOfDirectory(atPath: out)
            #expect(names.contains("backtest.checkpoint"))
            #expect(names.allSatisfy { $0.hasSuffix(".checkpoint") || $0.hasSuffix(".partial") })
            let refused = try Running(["backtest"] + history.options + arguments)
            #expect(try refused.exitCode(within: 30) == 3 && refused.errors.contains("--resume"))
            let other = try Running(
                ["backtest"] + history.options + arguments + [
                    "--resume", "--from", "5", "--set", "window.lateness=20s",
                ])
            #expect(try other.exitCode(within: 30) == 3)
            #expect(
                other.errors.contains("--from: the first record kept then, 5 now")
                    && other.errors.contains("window:"), "\(other.errors)")
            let rules = try history.scratch.file(
                "other.yaml",
                String(contentsOfFile: history.rule, encoding: .utf8)
                    .replacing("accounts(10m) >= 10", with: "accounts(10m) >= 11"))
            let ruled = try Running(
                ["backtest"] + history.topic + history.site.config + arguments
                    + ["--resume", "--rules", rules])
            #expect(try ruled.exitCode(within: 30) == 3)
            #expect(ruled.errors.contains("rule test.card: version 1, "), "\(ruled.errors)")
            let last = try history.backtest(report + arguments + ["--resume", "--shards", "2"])
            #expect(last.errors.contains("24,000"), "\(last.errors)")
            let found = try String(contentsOfFile: "\(out)/findings.ndjson", encoding: .utf8)
            let expected = try String(contentsOfFile: "\(whole)/findings.ndjson", encoding: .utf8)
            #expect(found == expected && !found.isEmpty)
            // The report is the same but for what it says of the run.
            #expect(try digest(of: out) == digest(of: whole))
            let left = try FileManager.default.contentsOfDirectory(atPath: out)
            #expect(!left.contains("backtest.checkpoint"))
        }
    }
}
