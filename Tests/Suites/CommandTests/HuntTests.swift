import Foundation
import Testing

/// `hunt` as a process.
@Suite("hunt")
struct HuntTests {
    private static func world() throws -> Scratch {
        let scratch = try Scratch()
        let lines = (0..<40).map { i in
            let payment = i % 2 == 0 ? "p1" : "p,2"
            return
                #"{"time":\#(1_780_272_000_000 + i * 60_000),"account":"a\#(i % 4)","id":"r\#(i)","#
                + #""input_tokens":5,"fingerprints":{"payment":"\#(payment)","device":"d"}}"#
        }
        try scratch.file("e.jsonl", lines.joined(separator: "\n"))
        return scratch
    }

    @Test("accounts are listed as JSON Lines, CSV and a table")
    func shapes() throws {
        let scratch = try Self.world()
        let hunt = ["hunt", scratch.path("e.jsonl"), "--fingerprint", "payment:p1"]
        let json = try Program.run(hunt)
        #expect(json.code == 0 && json.lines.count == 2)
        #expect(
            json.lines[0]
                == #"{"account":"a0","first":1780272000000,"last":1780274160000,"requests":10,"tokens":50,"#
                + #""touched":["payment:p1"],"shares":[{"fingerprint":"device:d","accounts":2}]}"#)
        #expect(json.errors.contains("2 accounts, 20 requests and 100 tokens of 40 events"))
        #expect(json.errors.contains("they also share: device:d (2)"))
        let csv = try Program.run(hunt + ["--output", "csv", "--fingerprint", "payment:p,2"])
        #expect(csv.lines[0] == "account,first,last,requests,tokens,touched,shares")
        #expect(csv.lines.count == 5)
        #expect(csv.lines[2].contains(#""payment:p,2""#), "\(csv.lines)")
        let table = try Program.run(hunt + ["--output", "table"])
        #expect(table.lines[0].hasPrefix("account  first") && table.lines.count == 3)
    }

    @Test("requests are listed with their ids, within a range")
    func requests() throws {
        let scratch = try Self.world()
        let run = try Program.run([
            "hunt", scratch.path("e.jsonl"), "--fingerprint", "payment:p1,account:a1",
            "--requests", "--from", "2026-06-01T00:10:00Z", "--to", "2026-06-01T00:14:00Z",
        ])
        #expect(run.code == 0)
        let ids = run.lines.compactMap { $0.firstMatch(of: /"id":"(r\d+)"/).map { String($0.1) } }
        #expect(ids == ["r10", "r12", "r13"])
    }

    @Test("a finding names what to look for, in either place its uid stands")
    func finding() throws {
        let scratch = try Self.world()
        let rule = CommandTests.rule(expectation: "a").replacing(">= 10", with: ">= 3")
        try scratch.file("r.yaml", rule)
        let found = scratch.path("found.jsonl")
        let backtest = try Program.run([
            "backtest", scratch.path("e.jsonl"), "--rules", scratch.path("r.yaml"), "--out", found,
        ])
        #expect(backtest.code == 0)
        let text = try String(contentsOfFile: found, encoding: .utf8)
        let match = try #require(text.firstMatch(of: /"uid":"([0-9a-f]{32}-0)"/))
        let entity = try #require(text.firstMatch(of: /"entity":"account:(a\d)"/))
        let run = try Program.run([
            "hunt", scratch.path("e.jsonl"), "--finding", String(match.1), "--findings", found,
        ])
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.lines.count == 1 && run.output.contains(#""account":"\#(entity.1)""#))
    }

    @Test("what cannot be looked for is told")
    func refusals() throws {
        let scratch = try Self.world()
        let events = scratch.path("e.jsonl")
        let cases: [([String], Int32, String)] = [
            ([], 3, "nothing to look for"),
            (["--fingerprint", "p1"], 3, "--fingerprint 'p1' is no kind:value"),
            (["--finding", "00", "--findings", scratch.path("none")], 4, "no brokers are given"),
            (["--finding", "00", "--findings", events], 3, "e.jsonl:1: no finding of stillwatch"),
            (["--findings", events], 3, "--findings goes with --finding"),
            (
                ["--fingerprint", "a:b", "--from", "2026-07-01", "--to", "2026-06-01"], 3,
                "not before"
            ),
        ]
        for (options, code, text) in cases {
            let run = try Program.run(["hunt", events] + options)
            #expect(run.code == code && run.errors.contains(text), "\(options): \(run.errors)")
        }
        try scratch.file("empty.jsonl", "")
        let none = try Program.run([
            "hunt", scratch.path("e.jsonl"), "--finding", "00", "--findings",
            scratch.path("empty.jsonl"),
        ])
        #expect(none.code == 3 && none.errors.contains("has no such finding"))
    }
}
