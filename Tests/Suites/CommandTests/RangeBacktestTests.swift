import Foundation
import TestSupport
import Testing

/// `backtest` of a part of a history, and against what a live run wrote.
@Suite("backtest of a range")
struct RangeBacktestTests {
    /// Ten hours in which an account is busy from the fourth on, and one in the first two.
    private struct World {
        let scratch: Scratch
        let events, rules: String
        static let start: Int64 = 1_780_272_000_000

        init() throws {
            scratch = try Scratch()
            events = scratch.path("events.jsonl")
            rules = scratch.path("rules.yaml")
            let rule = CommandTests.rule(expectation: "a")
                .replacing("description:", with: "suppress: { update_every: 15m }\ndescription:")
            try scratch.file("rules.yaml", rule)
            var lines: [(Int64, String)] = []
            for i in 0..<1200 {
                let ms = Self.start + Int64(i) * 30_000
                let isBusy = i >= 480 || i < 240
                let account = isBusy ? (i < 240 ? "early" : "late") : "quiet\(i)"
                lines.append((ms, #"{"time":\#(ms),"account":"\#(account)"}"#))
            }
            try scratch.file("events.jsonl", lines.map(\.1).joined(separator: "\n"))
        }

        /// A time so many hours after the start, in milliseconds.
        static func ms(hour: Int) -> Int64 { start + Int64(hour) * 3_600_000 }

        /// The same as an option says it.
        static func hour(_ hours: Int) -> String { "2026-06-01T0\(hours):00:00Z" }

        func backtest(_ options: [String]) throws -> Program.Result {
            try Program.run(["backtest", events, "--rules", rules, "--format", "flat"] + options)
        }
    }

    private static func times(_ lines: [String]) -> [Int64] {
        lines.compactMap { line in
            line.firstMatch(of: /"time":(\d+)/).flatMap { Int64($0.1) }
        }
    }

    @Test("findings of a range are those of the whole history that lie in it")
    func range() throws {
        let world = try World()
        let whole = try world.backtest([])
        let part = try world.backtest([
            "--from", World.hour(4), "--to", World.hour(8), "--warmup", "2h", "--check-warmup",
            "--out", world.scratch.path("report") + "/",
        ])
        #expect(part.code == 0, "\(part.errors)")
        let text = try String(
            contentsOfFile: world.scratch.path("report/findings.ndjson"), encoding: .utf8)
        let lines = text.split(separator: "\n").map(String.init)
        let limits = (World.ms(hour: 4), World.ms(hour: 8))
        let expected = zip(whole.lines, Self.times(whole.lines)).filter {
            $1 > limits.0 && $1 <= limits.1
        }.map(\.0)
        #expect(lines == expected && !lines.isEmpty)
        #expect(part.errors.contains("Judged from 2026-06-01 04:00 to 2026-06-01 08:00 UTC"))
        #expect(part.errors.contains("Warm-up: 2h; "))
        #expect(part.errors.contains("With a warm-up of 1h no finding changes."))
        let data = try Data(
            contentsOf: URL(fileURLWithPath: world.scratch.path("report/report.json")))
        let report = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let range = try #require(report["range"] as? [String: Any])
        #expect(range["warmup_ms"] as? Int == 7_200_000)
        #expect((range["warmup_checks"] as? [Any])?.count == 2)
        if SchemaValidator.isAvailable {
            let result = try SchemaValidator.validate(
                [String(decoding: data, as: UTF8.self)], as: "report")
            #expect(result.status == 0, "\(result.output.prefix(2000))")
        }
    }

    @Test("ranges that cannot be are refused before anything is read")
    func refusals() throws {
        let world = try World()
        let cases: [([String], Int32, String)] = [
            (["--from", "2026-06-02", "--to", "2026-06-01"], 3, "is not before --to"),
            (["--from", "yesterday"], 3, "--from 'yesterday' is not an offset, or a UTC time"),
            (["--from", "1780272000000"], 3, "--from: an offset goes with --topic"),
            (["--warmup", "24h"], 3, "--warmup goes with --from"),
            (["--check-warmup"], 3, "--check-warmup goes with --from"),
            (["--from", "2026-06-01", "--warmup", "a day"], 3, "is no duration"),
            (["--from", "2027-01-01"], 3, "none of the 1,200 events read lies in the range"),
            (["--check-parity"], 3, "--check-parity and --against go together"),
            (
                ["--check-parity", "--against", "no.such.file"], 4,
                "no such file, and no brokers are given"
            ),
            (["--check-parity", "--against", world.events], 3, "events.jsonl:1: no finding of"),
        ]
        for (options, code, text) in cases {
            let run = try world.backtest(options)
            #expect(run.code == code && run.errors.contains(text), "\(options): \(run.errors)")
            #expect(run.output == "")
        }
    }

    @Test("parity with what was written is one metric of 0; each change is told, and ends with 1")
    func parity() throws {
        let world = try World()
        for format in ["flat", "ocsf"] {
            let own = try Program.run([
                "backtest", world.events, "--rules", world.rules, "--format", format,
            ])
            #expect(own.lines.count > 10)
            // The order of a topic is another, and at least once means twice now and then.
            let written = own.lines.reversed() + [own.lines[3]]
            try world.scratch.file("live", written.joined(separator: "\n") + "\n")
            let options = ["--check-parity", "--against", world.scratch.path("live")]
            let same = try world.backtest(options)
            #expect(same.code == 0 && same.output == "stillwatch_parity_differences 0\n")
            #expect(same.errors.contains("1 were written more than once"))
            var changed = own.lines
            changed.remove(at: 0)
            changed[4] = changed[4].replacingOccurrences(of: "Busy.", with: "Busier.")
            try world.scratch.file("live", changed.joined(separator: "\n"))
            let out = world.scratch.path("differences")
            let other = try world.backtest(options + ["--out", out])
            #expect(other.code == 1 && other.output == "stillwatch_parity_differences 2\n")
            #expect(other.errors.contains("added 0, missing 1, different 1, shifted 0"))
            let lines = try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.contains { $0.hasPrefix(#"{"difference":"missing","rule":"test.busy""#) })
        }
    }
}
