import Foundation
import TestSupport
import Testing

/// `verdict`, and `backtest --verdicts` with what it writes, as processes over files.
@Suite("verdict")
struct VerdictCommandTests {
    private static func dry(_ words: [String]) throws -> Program.Result {
        try Program.run(["verdict"] + words + ["--dry-run"])
    }

    @Test("a verdict is written as the topic has it, with the times it says")
    func record() throws {
        let run = try Self.dry([
            "payment:card_9", "benign", "--time", "2026-06-01T12:30:00Z", "--until", "30d",
            "--by", "ana", "--reason", "a course",
        ])
        #expect(run.code == 0, "\(run.errors)")
        #expect(
            run.output
                == #"{"time":"2026-06-01T12:30:00.000Z","subject":"payment:card_9","verdict":"benign","#
                + #""until":"2026-07-01T12:30:00.000Z","by":"ana","reason":"a course"}"# + "\n")
        let plain = try Self.dry(["account:a1", "banned", "--time", "2026-06-01"])
        #expect(plain.output.contains(#""until":"2026-11-28T00:00:00.000Z"}"#))
    }

    @Test(
        "what cannot be a verdict is refused with what to do",
        arguments: [
            (["card_9", "benign"], "names nothing"), (["campaignx", "benign"], "names nothing"),
            (["payment:p", "good"], "is no verdict"),
            (["payment:p", "banned"], "cannot be banned"),
            (["payment:p", "benign", "--until", "soon"], "--until 'soon'"),
            (["payment:p", "benign", "--time", "now"], "--time 'now'"),
            (
                ["payment:p", "benign", "--time", "2026-06-01", "--until", "2026-05-01"],
                "would never hold"
            ),
        ])
    func refused(_ words: [String], _ message: String) throws {
        let run = try Self.dry(words)
        #expect(run.code == 3 && run.errors.contains(message), "\(run.errors)")
    }

    /// A farm, what is found of it, and its members.
    private struct World {
        let scratch: Scratch
        let events: String
        let files: [String]
        let uid: String
        let findings: [String]

        init() throws {
            scratch = try Scratch()
            events = scratch.path("events.jsonl")
            files = [
                "--findings", scratch.path("f.ndjson"), "--members", scratch.path("m.ndjson"),
            ]
            let made = try Program.run([
                "simulate", "--seed", "3", "--hours", "12", "--population",
                "customers:accounts=500", "--population", "s1:accounts=60,rate=400,evasion=none",
                "--out", events,
            ])
            #expect(made.code == 0)
            let run = try Program.run([
                "backtest", events, "--format", "flat", "--members", scratch.path("m.ndjson"),
                "--out", scratch.path("f.ndjson"),
            ])
            #expect(run.code == 0, "\(run.errors)")
            let text = try String(contentsOfFile: scratch.path("f.ndjson"), encoding: .utf8)
            findings = text.split(separator: "\n").map(String.init)
            let first = try #require(
                findings.compactMap { $0.firstMatch(of: /"entity":"campaign:([0-9a-f]{32})"/) }
                    .first)
            uid = String(first.1)
        }

        func backtest(_ verdicts: String) throws -> Program.Result {
            try Program.run([
                "backtest", events, "--format", "flat", "--verdicts", verdicts, "--members",
                scratch.path("after.ndjson"),
            ])
        }
    }

    @Test("a benign campaign comes to its members and fingerprints, and is silent from then on")
    func campaign() throws {
        let world = try World()
        let opened = try #require(world.findings.first { $0.contains("campaign:\(world.uid)") })
        let at = try #require(opened.firstMatch(of: /"time":(\d+)/))
        let ms = try #require(Int64(at.1)) + 1_800_000
        let dry = try Self.dry(
            ["campaign:\(world.uid.prefix(8))", "benign", "--time", "\(ms)", "--by", "ana"]
                + world.files)
        #expect(dry.code == 0, "\(dry.errors)")
        let accounts = dry.lines.filter { $0.contains(#""subject":"account:"#) }
        #expect(accounts.count >= 55 && accounts.count < dry.lines.count)
        #expect(dry.lines.allSatisfy { $0.contains(#""campaign":"\#(world.uid)""#) })
        #expect(!dry.lines.contains { $0.contains(#""subject":"ip:"#) })
        let banned = try Self.dry(
            ["campaign:\(world.uid)", "banned", "--time", "\(ms)"] + world.files)
        #expect(banned.lines.count == accounts.count)

        let file = try world.scratch.file("v.ndjson", dry.output + "nonsense\n").path
        let after = try world.backtest(file)
        #expect(after.code == 0)
        #expect(
            after.errors.contains("v.ndjson:\(dry.lines.count + 1): no verdict: malformed_json"))
        #expect(after.errors.contains("lines that are none"))
        let ofFarm = after.lines.filter { $0.contains(#""entity":"campaign:\#(world.uid)""#) }
        #expect(ofFarm.last?.contains(#""status":"close""#) == true)
        #expect(ofFarm.last?.contains(#""reason":"benign""#) == true, "\(ofFarm.last ?? "")")
        let members = try String(
            contentsOfFile: world.scratch.path("after.ndjson"), encoding: .utf8)
        #expect(!members.contains(world.uid))
        // Up to the verdict nothing is different.
        let early = { (lines: [String]) in
            lines.filter { line in
                line.firstMatch(of: /"time":(\d+)/).flatMap { Int64($0.1) } ?? 0 <= ms
            }
        }
        #expect(early(after.lines) == early(world.findings) && early(after.lines).count > 0)
    }

    @Test("verdicts of a run that goes on have to be those it began with")
    func missing() throws {
        let scratch = try Scratch()
        let events = try scratch.file(
            "e.jsonl", #"{"time":"2026-06-01T00:00:00Z","account":"a"}"# + "\n"
        ).path
        let gone = try Program.run([
            "backtest", events, "--verdicts", scratch.path("none.ndjson"),
        ])
        #expect(gone.code == 4 && gone.errors.contains("none.ndjson"), "\(gone.errors)")
        let twice = try Program.run(["backtest", "-", "--verdicts", "-"])
        #expect(twice.code == 3 && twice.errors.contains("both standard input"))
    }
}
