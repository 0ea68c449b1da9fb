import Foundation
import TestSupport
import Testing

@Suite("backtest judges findings")
struct JudgedBacktestTests {
    /// Half a day with a farm, its labels, and two sets of rules that differ in one threshold.
    private struct World {
        let scratch: Scratch
        let events, labels, old, new: String

        init() throws {
            scratch = try Scratch()
            events = scratch.path("events.jsonl")
            labels = scratch.path("labels")
            old = scratch.path("old")
            new = scratch.path("new")
            let made = try Program.run([
                "simulate", "--seed", "3", "--hours", "12", "--population",
                "customers:accounts=500",
                "--population", "s1:accounts=60,rate=400,evasion=none", "--out", events, "--labels",
                labels,
            ])
            #expect(made.code == 0)
            for directory in [old, new] {
                #expect(try Program.run(["rules", "starter", "--out", directory]).code == 0)
            }
            try replace(
                "accounts(24h) >= 15", by: "accounts(24h) >= 40", in: "new/shared_identity.yaml")
        }

        /// Changes a file of rules.
        func replace(_ text: String, by other: String, in name: String) throws {
            let path = scratch.path(name)
            let before = try String(contentsOfFile: path, encoding: .utf8)
            #expect(before.contains(text))
            try before.replacingOccurrences(of: text, with: other)
                .write(toFile: path, atomically: true, encoding: .utf8)
        }

        func read(_ name: String) throws -> String {
            try String(contentsOfFile: scratch.path(name), encoding: .utf8)
        }

        func report(_ directory: String) throws -> [String: Any] {
            let data = try Data(
                contentsOf: URL(fileURLWithPath: scratch.path(directory + "/report.json")))
            return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        }
    }

    @Test("beside other rules, sweeps and labels a rule finds what it finds alone")
    func exact() throws {
        let world = try World()
        let alone = try Program.run([
            "backtest", world.events, "--rules", world.new, "--format", "flat",
            "--set", "campaigns.alerts=single",
        ])
        let judged = try Program.run([
            "backtest", world.events, "--rules", world.new, "--compare", world.old, "--labels",
            world.labels, "--budget", "20/day", "--sweep",
            "farm.shared_identity:accounts(24h)>=15..40:25", "--format", "flat", "--out",
            world.scratch.path("report"),
        ])
        #expect(judged.code == 0 && judged.output == "")
        #expect(try world.read("report/findings.ndjson") == alone.output)
        let created = alone.lines.filter {
            $0.contains(#""status":"create""#) && $0.contains("farm.shared_identity")
        }
        let before = try Program.run([
            "backtest", world.events, "--rules", world.old, "--format", "flat",
            "--set", "campaigns.alerts=single",
        ])
        let createdBefore = before.lines.filter {
            $0.contains(#""status":"create""#) && $0.contains("farm.shared_identity")
        }
        #expect(createdBefore.count > created.count)
        let report = try world.report("report")
        let sweeps = try #require(report["sweeps"] as? [[String: Any]])
        let rows = try #require(sweeps.first?["rows"] as? [[String: Any]])
        #expect(rows.map { $0["findings"] as? Int } == [createdBefore.count, created.count])
        let findings = try #require(report["findings"] as? [String: Any])
        let comparison = try #require(findings["comparison"] as? [String: Int])
        // Campaigns are paired by their members, whatever they are called under the other rules.
        let campaigns = [before, alone].map { run in
            run.lines.count {
                $0.contains(#""status":"create""#) && $0.contains(#""entity":"campaign:"#)
            }
        }
        #expect(campaigns[0] > 0 && campaigns[1] > 0)
        let lost = campaigns[0] - campaigns[1]
        #expect(comparison["removed"] == createdBefore.count - created.count + max(0, lost))
        #expect(comparison["added"] == max(0, -lost))
        #expect(judged.errors.contains("campaigns of --compare take a reading of their own"))
        let score = try #require((report["labels"] as? [String: Any])?["score"] as? [String: Any])
        let farms = try #require(score["farms"] as? [String: Any])
        #expect(farms["found"] as? Int == 1 && farms["missed"] as? Int == 0)
        if SchemaValidator.isAvailable {
            let text = try world.read("report/report.json").split(separator: "\n").map(String.init)
            let result = try SchemaValidator.validate(text, as: "report")
            #expect(result.status == 0, "\(result.output.prefix(2000))")
        }
        let page = try world.read("report/report.html")
        #expect(
            !page.contains("http://") && !page.contains("https://") && !page.contains("<script"))
    }

    @Test("the report's digest is the same for every number of shards")
    func digest() throws {
        let world = try World()
        let digests = try ["1", "3"].map { shards in
            let run = try Program.run([
                "backtest", world.events, "--labels", world.labels, "--shards", shards, "--out",
                world.scratch.path("report\(shards)/"),
            ])
            #expect(run.code == 0)
            return try world.report("report\(shards)")["digest"] as? String
        }
        #expect(digests[0] != nil && digests[0] == digests[1])
    }

    @Test("an expectation that is not met ends with 1 and is a failure in junit.xml")
    func expectations() throws {
        let world = try World()
        try world.scratch.file(
            "expect.yaml", "- { label: confirmed, at_most: 0 }\n- { label: benign, exactly: 0 }\n")
        let run = try Program.run([
            "backtest", world.events, "--labels", world.labels, "--expect",
            world.scratch.path("expect.yaml"), "--out", world.scratch.path("report"),
        ])
        #expect(run.code == 1)
        #expect(run.errors.contains("1 of 2 expectations failed"))
        let junit = try world.read("report/junit.xml")
        #expect(junit.contains("tests=\"2\"") && junit.contains("failures=\"1\""))
    }

    @Test("what cannot be used is told with its place, and nothing is read for it")
    func refusals() throws {
        let world = try World()
        try world.scratch.file(
            "bad.csv", "type,kind,value,verdict,from,to,campaign\nacount,,b,,,,\n")
        let cases: [([String], Int32, String)] = [
            (
                ["--labels", world.scratch.path("bad.csv")], 3,
                "bad.csv:2: error: unknown type 'acount'"
            ),
            (["--labels", world.scratch.path("none")], 4, "none"),
            (["--budget", "many"], 3, "--budget 'many'"),
            (["--budget", "5/day"], 3, "--budget goes with --labels"),
            (["--sweep", "no.rule:accounts(24h)>=1..2:1"], 3, "there is no rule 'no.rule'"),
            (
                ["--choose-on", "2026-06-01..2026-06-02"], 3,
                "--choose-on and --report-on go together"
            ),
        ]
        for (options, code, text) in cases {
            let run = try Program.run(["backtest", world.events] + options)
            #expect(run.code == code && run.errors.contains(text), "\(options): \(run.errors)")
            #expect(run.output == "")
        }
    }

    @Test("rules diff shows each part that changed, before and after")
    func rulesDiff() throws {
        let world = try World()
        let run = try Program.run(["rules", "diff", world.old, world.new])
        #expect(run.code == 0)
        #expect(run.output.hasPrefix("changed farm.shared_identity\n  when: "))
        #expect(run.output.contains("accounts(24h) >= 40"))
        let same = try Program.run(["rules", "diff", world.old, world.old])
        #expect(same.output == "no rule differs\n")
    }
}
