import Foundation
import Testing

/// A backtest with a report, on a bad day: what and where is said, and nothing half-written looks whole.
@Suite("backtest on a bad day")
struct BadDayTests {
    /// An hour of events, and a rule that finds many of their accounts.
    private struct World {
        let scratch: Scratch
        let events, rules: String

        init() throws {
            scratch = try Scratch()
            (events, rules) = (scratch.path("events.jsonl"), scratch.path("rules.yaml"))
            try scratch.file(
                "rules.yaml",
                CommandTests.rule(expectation: "a").replacing(">= 10", with: ">= 2"))
            let lines = (0..<6_000).map { number in
                #"{"time":\#(1_780_272_000_000 + number * 600),"account":"a\#(number % 2_000)"}"#
            }
            try scratch.file("events.jsonl", lines.joined(separator: "\n"))
        }

        var arguments: [String] { ["backtest", events, "--rules", rules] }

        func names(in directory: String) -> [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: scratch.path(directory))) ?? []
        }
    }

    @Test("a disk that is full: it is said which file, and no report looks whole")
    func fullDisk() throws {
        let world = try World()
        let out = world.scratch.path("report")
        // Files of 64 blocks of 512 bytes at most: the findings are larger.
        let limited =
            "trap '' XFSZ; ulimit -f 64; exec $STILLWATCH backtest '\(world.events)' "
            + "--rules '\(world.rules)' --out '\(out)/' 2>&1"
        let run = try Program.shell(limited)
        #expect(run.code == 4, "\(run.output)")
        #expect(run.output.contains("findings.ndjson: cannot write"), "\(run.output)")
        #expect(world.names(in: "report").isEmpty, "\(world.names(in: "report"))")
        // An earlier report does not stay beside what could not be written.
        let whole = try Program.run(world.arguments + ["--out", out + "/"])
        #expect(whole.code == 0 && world.names(in: "report").contains("report.json"))
        let again = try Program.shell(limited)
        #expect(again.code == 4)
        #expect(!world.names(in: "report").contains("report.json"))
    }

    @Test("where the report is to be and cannot, it is said before anything is read")
    func noPlace() throws {
        let world = try World()
        try world.scratch.file("file", "")
        let run = try Program.run(world.arguments + ["--out", world.scratch.path("file/report/")])
        #expect(run.code == 4 && run.errors.contains("file/report"), "\(run.errors)")
        #expect(!run.errors.contains("records read"))
    }

    @Test(
        "rules to compare with that do not lint, and labels of unknown kinds, end it at their line")
    func badFiles() throws {
        let world = try World()
        try world.scratch.file(
            "old.yaml",
            CommandTests.rule(expectation: "a").replacing("requests(1h)", with: "reqs(1h)"))
        try world.scratch.file(
            "labels.csv",
            "type,kind,value,verdict,from,to,campaign\nfingerprint,paymnt,p,confirmed,,,\n"
        )
        let cases: [([String], Int32, [String])] = [
            (
                ["--compare", world.scratch.path("old.yaml")], 2,
                ["--compare:", "old.yaml:", "reqs"]
            ),
            (["--compare", world.scratch.path("none")], 4, ["none: no such file or directory"]),
            (
                ["--labels", world.scratch.path("labels.csv")], 3,
                ["labels.csv:2: error: unknown fingerprint kind 'paymnt'", "'payment'"]
            ),
        ]
        for (options, code, said) in cases {
            let run = try Program.run(
                world.arguments + options + ["--out", world.scratch.path("report/")])
            #expect(run.code == code, "\(options): \(run.errors)")
            for text in said { #expect(run.errors.contains(text), "\(run.errors)") }
            #expect(world.names(in: "report").isEmpty && !run.errors.contains("records read"))
        }
    }
}
