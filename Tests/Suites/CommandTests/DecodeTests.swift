import Foundation
import Testing

@Suite("decode")
struct DecodeTests {
    @Test("each record is shown with its values, their pointers, what is left out, or the refusal")
    func records() throws {
        let scratch = try Scratch()
        try scratch.file(
            "e.json",
            """
            [{"user": {"id": "u1"}, "time": "2026-06-01T00:00:00Z", "max_tokens": -1,
              "fingerprints": {"ip": "1.2.3.4:99"}, "client": {"dev": "d1"}},
             {"time": "2026-06-01T00:00:00Z"}, 7]
            """)
        try scratch.file(
            "c.yaml", "input: { fields: { account: /user/id, fingerprints.device: /client/dev } }\n"
        )
        let run = try Program.run(
            ["decode", scratch.path("e.json"), "--config", scratch.path("c.yaml")])
        #expect(run.code == 0 && run.lines.count == 3, "\(run.errors)")
        let first = run.lines.first ?? ""
        for part in [
            #"e.json:1"#, #""account":"u1""#, #""ip":"1.2.3.4""#, #""account":"/user/id""#,
            #""fingerprints.device":"/client/dev""#, #""fingerprints.ip":"/fingerprints/ip""#,
            #""left_out":[{"field":"max_tokens","reason":"negative"}]"#,
        ] {
            #expect(first.contains(part), "\(part) in \(first)")
        }
        #expect(run.lines[1].contains(#"e.json:3","refused":"missing_account","field":"account""#))
        #expect(run.lines[2].contains(#""refused":"not_an_object""#))
        let two = try Program.run(["decode", scratch.path("e.json"), "-n", "2"])
        #expect(two.lines.count == 2)
    }

    @Test("it takes a file or a topic, and says so")
    func usage() throws {
        for arguments in [[], ["x", "--topic", "t"]] {
            let run = try Program.run(["decode"] + arguments)
            #expect(run.code == 3 && run.errors.contains("a file or --topic"))
        }
        let missing = try Program.run(["decode", "/no/such/file"])
        #expect(missing.code == 4)
    }

    @Test("backtest --sort gives the findings of the ordered file; its options go with it")
    func sort() throws {
        let scratch = try Scratch()
        let events = scratch.path("events.jsonl")
        let made = try Program.run([
            "simulate", "--seed", "3", "--hours", "12", "--population", "customers:accounts=300",
            "--population", "s1:accounts=60,rate=400,evasion=none", "--out", events,
        ])
        #expect(made.code == 0)
        let ordered = try String(contentsOfFile: events, encoding: .utf8)
        let reversed = ordered.split(separator: "\n").reversed().joined(separator: "\n")
        try scratch.file("reversed.jsonl", reversed)
        let expected = try Program.run(["backtest", events, "--format", "flat"])
        let sorted = try Program.run([
            "backtest", scratch.path("reversed.jsonl"), "--format", "flat", "--sort",
            "--sort-memory", "16", "--temp-directory", scratch.url.path,
        ])
        #expect(sorted.code == 0 && sorted.output == expected.output && !sorted.lines.isEmpty)
        let unsorted = try Program.run(["backtest", scratch.path("reversed.jsonl")])
        #expect(unsorted.errors.contains("not in order of time"))
        let alone = try Program.run(["backtest", events, "--sort-memory", "16"])
        #expect(alone.code == 3 && alone.errors.contains("goes with --sort"))
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.url.path)
        #expect(names.sorted() == ["events.jsonl", "reversed.jsonl"])
    }
}
