import Foundation
import Testing

@Suite("backtest")
struct BacktestTests {
    private static let farm = [
        "simulate", "--seed", "3", "--hours", "12", "--population", "customers:accounts=500",
        "--population", "s1:accounts=60,rate=400,evasion=none",
    ]

    @Test("simulated files give findings on the farm, the same for every number of shards")
    func findings() throws {
        let scratch = try Scratch()
        let events = scratch.path("events.jsonl")
        let made = try Program.run(
            Self.farm + ["--out", events, "--labels", scratch.path("labels")])
        #expect(made.code == 0 && made.output == "")
        #expect(made.errors.contains("records/s"))
        let single = ["--format", "flat", "--set", "campaigns.alerts=single"]
        let one = try Program.run(["backtest", events, "--shards", "1"] + single)
        #expect(one.code == 0)
        #expect(one.lines.count > 3)
        let uids = one.lines.filter { $0.contains(#""status":"create""#) }
        #expect(uids.contains { $0.contains("farm.shared_frame") })
        for expected in [
            "records read", "farm.shared_frame", "still open", "event time", "records/s",
        ] {
            #expect(one.errors.contains(expected), "\(expected)")
        }
        let three = try Program.run(["backtest", events, "--shards", "3"] + single)
        #expect(three.output == one.output)
        try campaigns(events, scratch)
        let out = scratch.path("findings")
        let written = try Program.run(
            ["backtest", events, "--out", out] + single)
        #expect(written.output == "")
        #expect(try String(contentsOfFile: out, encoding: .utf8) == one.output)
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.url.path)
        #expect(names.sorted() == ["events.jsonl", "findings", "labels", "members"])
    }

    /// By default there is one campaign for the farm, every account of which is named.
    private func campaigns(_ events: String, _ scratch: Scratch) throws {
        let members = scratch.path("members")
        let arguments = ["backtest", events, "--format", "flat", "--members", members]
        let one = try Program.run(arguments + ["--shards", "1"])
        let named = try String(contentsOfFile: members, encoding: .utf8)
        let created = one.lines.filter {
            $0.contains(#""entity":"campaign:"#) && $0.contains(#""status":"create""#)
        }
        #expect(one.code == 0 && created.count == 1)
        #expect(one.errors.contains(/campaigns open +1\n +their members +60\n/))
        #expect(one.lines.allSatisfy { !$0.contains(#""rule":"farm."#) })
        let accounts = named.split(separator: "\n")
        #expect(accounts.count == 60)
        let row = try #require(
            JSONSerialization.jsonObject(with: Data((accounts.first ?? "").utf8)) as? [String: Any])
        #expect(
            Set(row.keys) == ["account", "campaign", "class", "since", "confidence", "ties"])
        #expect(created[0].contains(row["campaign"] as? String ?? "-"))
        let three = try Program.run(arguments + ["--shards", "3"])
        #expect(three.output == one.output)
        #expect(try String(contentsOfFile: members, encoding: .utf8) == named)
    }

    @Test("a field that never comes is told, with the rules that cannot fire for want of it")
    func coverage() throws {
        let scratch = try Scratch()
        let rule = CommandTests.rule(expectation: "a")
            .replacing("requests(1h) >= 10", with: "distinct(ip, 1h) >= 10")
        try scratch.file("r.yaml", rule)
        let events = (0..<20).map { number in
            let time = 1_780_272_000_000 + number * 1_000
            let plan = number < 5 ? #","plan":"free""# : ""
            return
                #"{"time":\#(time),"account":"a","fingerprint":{"ip":"10.0.0.\#(number)"}\#(plan)}"#
        }
        try scratch.file("e.jsonl", events.joined(separator: "\n"))
        let run = try Program.run([
            "backtest", scratch.path("e.jsonl"), "--rules", scratch.path("r.yaml"),
        ])
        #expect(run.code == 0 && run.output == "")
        #expect(
            run.errors.contains(
                "warning: rule test.busy cannot fire: no event has fingerprints.ip\n"))
        #expect(run.errors.contains("events with"))
        #expect(run.errors.contains(/\n  plan +25\.0 %\n/))
        #expect(run.errors.contains(/\n  fingerprints\.ip +none\n/))
        try scratch.file(
            "e.jsonl",
            events.map { $0.replacing("fingerprint", with: "fingerprints") }.joined(separator: "\n")
        )
        let mended = try Program.run([
            "backtest", scratch.path("e.jsonl"), "--rules", scratch.path("r.yaml"),
        ])
        #expect(!mended.errors.contains("cannot fire") && !mended.lines.isEmpty)
    }

    @Test("standard input is read, and a reader that goes away ends it quietly")
    func pipes() throws {
        let run = try Program.shell(
            "$STILLWATCH simulate --hours 2 2>/dev/null | $STILLWATCH backtest - 2>&1 >/dev/null"
        )
        #expect(run.code == 0 && run.output.contains("records read"))
        let cut = try Program.shell(
            "{ $STILLWATCH simulate; echo \"code $?\" >&2; } | head -n 1 >/dev/null")
        #expect(cut.output == "code 0\n", "\(cut.output)")
    }

    @Test(
        "records that cannot be used are counted by reason and shown by line")
    func refusals() throws {
        let scratch = try Scratch()
        let lines = [
            #"{"time":1780272000000,"account":"a"}"#, "", "{", #"{"time":1780272000000}"#, "",
            #"{"time":1780272001000,"account":"b"}"#,
            #"{"time":1780272001000,"account":"b","max_tokens":-1}"#,
        ]
        try scratch.file("e.jsonl", lines.joined(separator: "\n"))
        let run = try Program.run(["backtest", scratch.path("e.jsonl")])
        #expect(run.code == 0)
        #expect(run.errors.contains("e.jsonl:3: malformed_json"))
        #expect(run.errors.contains("e.jsonl:4: missing_account (account)"))
        #expect(run.errors.contains("max_tokens negative"))
        #expect(run.errors.contains("e.jsonl:7\n"))
        #expect(run.errors.contains("dead letters          2"))
    }

    @Test("what cannot be read is said with the path and ends with 4, what cannot be used with 3")
    func inputErrors() throws {
        let scratch = try Scratch()
        let missing = try Program.run(["backtest", scratch.path("no.jsonl")])
        #expect(missing.code == 4 && missing.errors.contains("no.jsonl: no such file"))
        let directory = try Program.run(["backtest", scratch.url.path])
        #expect(directory.code == 3 && directory.errors.contains("is a directory"))
        try scratch.file("table.csv", "time,account\n1,2\n3,4\n")
        let other = try Program.run(["backtest", scratch.path("table.csv")])
        #expect(other.code == 3)
        #expect(other.errors.contains("none of the 3 records read is an event"))
        #expect(other.errors.contains("table.csv:1: malformed_json"))
        let place = try Program.run(
            ["backtest", scratch.path("table.csv"), "--out", scratch.path("no/such/file")])
        #expect(place.code == 4 && place.errors.contains("cannot write"))
    }

    @Test("rules that cannot be used end with 2, a directory without any too")
    func ruleErrors() throws {
        let scratch = try Scratch()
        try scratch.file("e.jsonl", #"{"time":1780272000000,"account":"a"}"#)
        try FileManager.default.createDirectory(
            atPath: scratch.path("rules"), withIntermediateDirectories: true)
        let arguments = ["backtest", scratch.path("e.jsonl"), "--rules", scratch.path("rules")]
        let empty = try Program.run(arguments)
        #expect(empty.code == 2 && empty.errors.contains("no .yaml or .yml file"))
        try scratch.file("rules/bad.yaml", "apiVersion: stillwatch/v1\nkind: Rule\nidd: x\n")
        let bad = try Program.run(arguments)
        #expect(bad.code == 2 && bad.errors.contains("bad.yaml:3:1: error:"))
        let missing = try Program.run(
            ["backtest", scratch.path("e.jsonl"), "--rules", scratch.path("none")])
        #expect(missing.code == 4 && missing.errors.contains("no such file or directory"))
    }
}
