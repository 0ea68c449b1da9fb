import Foundation
import TestSupport
import Testing

/// `backtest` judges campaigns as it judges what rules find.
@Suite("backtest judges campaigns")
struct CampaignBacktestTests {
    /// Half a day with a farm, its labels, and the starter rules in two directories.
    private struct World {
        let scratch: Scratch
        let events, labels, old, new: String

        init() throws {
            scratch = try Scratch()
            (events, labels) = (scratch.path("events.jsonl"), scratch.path("labels"))
            (old, new) = (scratch.path("old"), scratch.path("new"))
            let made = try Program.run([
                "simulate", "--seed", "3", "--hours", "12", "--population",
                "customers:accounts=500", "--population", "s1:accounts=60,rate=400,evasion=none",
                "--out", events, "--labels", labels,
            ])
            #expect(made.code == 0)
            for directory in [old, new] {
                #expect(try Program.run(["rules", "starter", "--out", directory]).code == 0)
            }
        }

        /// Changes a file of rules, the new ones where nothing else is said.
        func replace(
            _ text: String, by other: String, in name: String, of directory: String? = nil
        ) throws {
            let path = "\(directory ?? new)/\(name)"
            let before = try String(contentsOfFile: path, encoding: .utf8)
            #expect(before.contains(text))
            try before.replacingOccurrences(of: text, with: other)
                .write(toFile: path, atomically: true, encoding: .utf8)
        }

        /// What is said of campaigns by one set of rules alone.
        func campaigns(_ rules: String) throws -> [String] {
            let run = try Program.run([
                "backtest", events, "--rules", rules, "--format", "flat", "--set",
                "campaigns.alerts=single",
            ])
            #expect(run.code == 0)
            return run.lines.filter { $0.contains(#""entity":"campaign:"#) }
        }

        func judge(_ arguments: [String], _ out: String = "report") throws -> Program.Result {
            try Program.run(
                ["backtest", events, "--rules", new, "--labels", labels, "--format", "flat"]
                    + ["--out", scratch.path(out) + "/"] + arguments)
        }

        func report(_ out: String = "report") throws -> [String: Any] {
            let path = scratch.path("\(out)/report.json")
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        }

        /// What the report's findings say of campaigns.
        func found(_ out: String = "report") throws -> [String] {
            let path = scratch.path("\(out)/findings.ndjson")
            return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
                .map(String.init).filter { $0.contains(#""entity":"campaign:"#) }
        }
    }

    private static func creations(_ lines: [String]) -> Int {
        lines.count { $0.contains(#""status":"create""#) }
    }

    /// Findings of campaign rules before and after, as the report has them.
    private static func counts(_ report: [String: Any]) throws -> [Int] {
        let rules = try #require(report["rules"] as? [[String: Any]])
        let own = rules.filter { ($0["id"] as? String)?.hasPrefix("campaign.") == true }
        #expect(!own.isEmpty)
        let before = own.map { ($0["comparison"] as? [String: Int])?["before"] ?? 0 }
        let after = own.map { $0["findings"] as? Int ?? 0 }
        return [before.reduce(0, +), after.reduce(0, +)]
    }

    @Test("each set of rules has the campaigns it has alone, in as few readings as that takes")
    func compared() throws {
        let world = try World()
        let same = try world.judge(["--compare", world.old])
        #expect(same.code == 0 && !same.errors.contains("a reading of their own"))
        let alone = try world.campaigns(world.old)
        #expect(try world.found() == alone && !alone.isEmpty)
        var counts = try Self.counts(try world.report())
        #expect(counts == [Self.creations(alone), Self.creations(alone)])

        // Another threshold: what is kept is the same, what campaigns are made of is not.
        try world.replace(
            "accounts(24h) >= 15", by: "accounts(24h) >= 40", in: "shared_identity.yaml")
        let one = try world.judge(["--compare", world.old])
        #expect(one.errors.contains("campaigns of --compare take a reading of their own"))
        let changed = try world.campaigns(world.new)
        #expect(try world.found() == changed)
        counts = try Self.counts(try world.report())
        #expect(counts == [Self.creations(alone), Self.creations(changed)])

        // Another window in the old rules: more is kept for both than for the new ones alone.
        try world.replace(
            "accounts(24h) >= 15", by: "accounts(400h) >= 15", in: "shared_identity.yaml",
            of: world.old)
        let two = try world.judge(["--compare", world.old])
        #expect(two.errors.contains("campaigns of --rules and of --compare take"))
        let wide = try world.campaigns(world.old)
        #expect(try world.found() == changed)
        counts = try Self.counts(try world.report())
        #expect(counts == [Self.creations(wide), Self.creations(changed)])

        // A campaign rule that nothing fulfils: the farm is a campaign of another class, later and less severe.
        try world.replace(
            "accounts() >= 15 && score() >= 8", by: "accounts() >= 900",
            in: "campaign_distillation.yaml")
        let three = try world.judge(["--compare", world.old])
        let other = try world.campaigns(world.new)
        #expect(try world.found() == other && other != alone)
        #expect(three.errors.contains("campaign.distillation | high | 0 | 1 "), "\(three.errors)")
    }

    @Test("campaigns count in scores and expectations, and their members are accounts found")
    func judged() throws {
        let world = try World()
        try world.scratch.file(
            "expect.yaml",
            "- { rule: campaign.distillation, label: s1, at_least: 1 }\n"
                + "- { rule: campaign.distillation, label: benign, exactly: 0 }\n")
        let run = try world.judge([
            "--expect", world.scratch.path("expect.yaml"), "--sweep",
            "farm.shared_identity:accounts(24h)>=15..40:25",
        ])
        #expect(run.code == 0, "\(run.errors)")
        #expect(try world.found() == world.campaigns(world.new))
        #expect(run.errors.contains("a live run hands out the campaign in their place"))
        #expect(run.errors.contains("A sweep counts what its rule finds by itself"))
        let report = try world.report()
        let score = try #require((report["labels"] as? [String: Any])?["score"] as? [String: Any])
        let farms = try #require(score["farms"] as? [String: Any])
        #expect(farms["found"] as? Int == 1)
        if SchemaValidator.isAvailable {
            let text = try String(
                contentsOfFile: world.scratch.path("report/report.json"), encoding: .utf8)
            let result = try SchemaValidator.validate([text], as: "report")
            #expect(result.status == 0, "\(result.output.prefix(2000))")
        }
        // The same without campaigns: fewer accounts of the farm, or as many.
        let without = try world.judge(["--set", "campaigns.alerts=off"], "without")
        #expect(without.code == 0)
        #expect(try world.found("without").isEmpty)
        let other = try #require(
            (try world.report("without")["labels"] as? [String: Any])?["score"] as? [String: Any])
        let accounts = [score, other].map {
            ($0["accounts"] as? [String: Any])?["found"] as? Int ?? 0
        }
        #expect(accounts[0] >= accounts[1] && accounts[0] > 0)
    }

    @Test("the digest of a comparison with campaigns is the same for every number of shards")
    func digest() throws {
        let world = try World()
        try world.replace(
            "accounts(24h) >= 15", by: "accounts(24h) >= 40", in: "shared_identity.yaml")
        let digests = try ["1", "3"].map { shards in
            let run = try world.judge(["--compare", world.old, "--shards", shards], "r\(shards)")
            #expect(run.code == 0)
            return try world.report("r\(shards)")["digest"] as? String
        }
        #expect(digests[0] != nil && digests[0] == digests[1])
    }

    @Test("what cannot be exact is refused, with what to do instead")
    func refusals() throws {
        let world = try World()
        try world.replace(
            "accounts(24h) >= 15", by: "accounts(24h) >= 40", in: "shared_identity.yaml")
        let rules = ["--rules", world.new]
        let cases: [([String], String)] = [
            (["-", "--compare", world.old], "which standard input (-) cannot give"),
            (
                [world.events, "--sweep", "campaign.multi_account_abuse:accounts()>=10..20:5"],
                "is a campaign rule"
            ),
        ]
        for (options, text) in cases {
            let run = try Program.run(["backtest"] + options + rules, input: "")
            #expect(run.code == 3 && run.errors.contains(text), "\(options): \(run.errors)")
        }
        let off = ["--set", "campaigns.alerts=off"]
        let input = try String(contentsOfFile: world.events, encoding: .utf8)
        let run = try Program.run(
            ["backtest", "-", "--compare", world.old] + rules + off, input: input)
        #expect(run.code == 0, "\(run.errors)")
    }
}
