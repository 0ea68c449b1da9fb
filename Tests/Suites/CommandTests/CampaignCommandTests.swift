import Foundation
import TestSupport
import Testing

/// `campaign list`, `show`, `members`, `explain` and `export` as processes, over files.
@Suite("campaign")
struct CampaignCommandTests {
    private static let uids = [
        "aa00000000000000000000000000000a", "aa11000000000000000000000000000b",
        "cc00000000000000000000000000000c",
    ]

    private static func finding(
        _ uid: String, _ status: String = "create", hours: Int = 3, accounts: Int = 60,
        more: String = ""
    ) -> String {
        let start = 1_780_272_000_000
        let time = start + hours * 3_600_000
        return
            #"{"uid":"\#(uid)","rule":"campaign.distillation","version":1,"severity":"high","#
            + #""status":"\#(status)","shadow":false,"entity":"campaign:\#(uid)","class":"distillation","#
            + more + #""time":\#(time),"first_seen":\#(start),"last_seen":\#(time - 60_000),"#
            + #""evidence":{"accounts":\#(accounts),"new_accounts":50,"fingerprints":2,"requests":12345,"#
            + #""tokens":678,"groups":2,"group_names":["identity","content"],"score":9,"#
            + #""fingerprints(payment)":1,"leads":["lead.shared_means payment:p17 (20 accounts)"],"#
            + #""top(account, 10)":[{"value":"a1","requests":300}]},"description":"Tied together."}"#
    }

    private static func row(_ account: String, _ uid: String) -> String {
        #"{"account":"\#(account)","campaign":"\#(uid)","class":"distillation","since":1780272000000,"#
            + #""confidence":0.85,"ties":3}"#
    }

    /// An open campaign, one that became part of it, one that closed, and a finding about none.
    private static func world() throws -> Scratch {
        let scratch = try Scratch()
        let lines = [
            finding(uids[0], accounts: 20), finding(uids[1], hours: 4), finding(uids[2]),
            finding(uids[0], "update", hours: 9),
            finding(
                uids[1], "close", hours: 9,
                more: #""redirect_to":"\#(uids[0])","reason":"shared_payment","#),
            finding(uids[2], "close", hours: 12, accounts: 5),
            #"{"uid":"ee","rule":"farm.x","entity":"payment:p1","status":"create","time":1,"first_seen":1}"#,
        ]
        try scratch.file("f.ndjson", lines.joined(separator: "\n") + "\n")
        let rows = [row("=b", uids[0]), row("a1", uids[1]), row("z", uids[2]), row("aa0", uids[0])]
        try scratch.file("m.ndjson", rows.joined(separator: "\n") + "\n")
        return scratch
    }

    private static func run(
        _ scratch: Scratch, _ words: [String], environment: [String: String] = [:]
    ) throws -> Program.Result {
        let needsMembers = !["list", "show"].contains(words[0])
        let files = ["--findings", scratch.path("f.ndjson")]
        let members = needsMembers ? ["--members", scratch.path("m.ndjson")] : []
        return try Program.run(["campaign"] + words + files + members, environment: environment)
    }

    @Test("open campaigns are listed, and all of them where that is asked")
    func list() throws {
        let scratch = try Self.world()
        let open = try Self.run(scratch, ["list"])
        #expect(open.code == 0 && open.lines.count == 1, "\(open.errors)")
        #expect(
            open.lines[0].hasPrefix(
                #"{"uid":"\#(Self.uids[0])","class":"distillation","severity":"high","state":"open","#
            ))
        #expect(open.lines[0].contains(#""accounts":60,"requests":12345,"tokens":678,"score":9"#))
        let all = try Self.run(scratch, ["list", "--all"])
        #expect(all.lines.count == 3)
        #expect(all.output.contains(#""redirect_to":"\#(Self.uids[0])","reason":"shared_payment""#))
        let table = try Self.run(scratch, ["list", "--all", "--output", "table"])
        #expect(table.lines.count == 4 && table.lines[0].hasPrefix("uid           class"))
        #expect(table.output.contains("merged") && table.output.contains("part of aa0000000000"))
    }

    @Test("one campaign is shown with its history, leads and relations")
    func show() throws {
        let scratch = try Self.world()
        let json = try Self.run(scratch, ["show", "aa00"])
        #expect(json.code == 0 && json.lines.count == 1, "\(json.errors)")
        for part in [
            #""merged":["\#(Self.uids[1])"]"#, #""fingerprints":{"payment":1}"#,
            #""leads":[{"rule":"lead.shared_means","kind":"payment","value":"p17","accounts":20}]"#,
            #""attacks":["AML.T0021""#, #""if_benign":["Nobody keeps"#, #""status":"update""#,
        ] {
            #expect(json.output.contains(part), "\(part)")
        }
        let text = try Self.run(scratch, ["show", Self.uids[1], "--output", "table"])
        #expect(text.output.contains("state         merged (shared_payment)"))
        #expect(text.output.contains("part of       \(Self.uids[0])"))
    }

    @Test("members are those of the campaign and of what became part of it, in three shapes")
    func members() throws {
        let scratch = try Self.world()
        let json = try Self.run(scratch, ["members", "aa11"])
        #expect(json.code == 0, "\(json.errors)")
        #expect(json.errors == "campaign \(Self.uids[1]) became part of \(Self.uids[0])\n")
        #expect(
            json.lines == [
                Self.row("=b", Self.uids[0]), Self.row("a1", Self.uids[1]),
                Self.row("aa0", Self.uids[0]),
            ])
        let csv = try Self.run(scratch, ["members", "aa00", "--output", "csv"])
        #expect(csv.lines[0] == "account,campaign,class,since,confidence,ties")
        #expect(
            csv.lines[1].hasPrefix("'=b,\(Self.uids[0]),distillation,2026-06-01T00:00:00Z,0.85,3"))
        let table = try Self.run(scratch, ["members", "cc", "--output", "table"])
        #expect(table.lines.count == 2 && table.lines[1].hasPrefix("z        cc0000000000"))
    }

    @Test("a campaign and an account are explained")
    func explain() throws {
        let scratch = try Self.world()
        let campaign = try Self.run(scratch, ["explain", "aa00"])
        #expect(campaign.code == 0, "\(campaign.errors)")
        #expect(
            campaign.output.hasPrefix("Campaign \(Self.uids[0])\n- campaign.distillation calls it"))
        let account = try Self.run(scratch, ["explain", "a1"])
        #expect(account.output.hasPrefix("Account a1\n"), "\(account.errors)")
        // It follows its campaign to the one that lasts.
        #expect(account.output.contains("Campaign \(Self.uids[0])"))
        let named = try Self.run(scratch, ["explain", "account:aa0"])
        #expect(named.output.hasPrefix("Account aa0\n"))
        // Named as a campaign, it needs no members.
        let alone = try Program.run([
            "campaign", "explain", "campaign:cc", "--findings", scratch.path("f.ndjson"),
        ])
        #expect(alone.code == 0 && alone.output.contains("closed on 2026-06-01T12:00:00Z"))
    }

    @Test("a bundle needs a key from a file or a variable, and is the same every time")
    func stix() throws {
        let scratch = try Self.world()
        try scratch.file("key", "0123456789abcdef\n")
        let key = ["--key-file", scratch.path("key")]
        let first = try Self.run(scratch, ["export", "aa00"] + key)
        #expect(first.code == 0 && first.output.hasPrefix(#"{"type":"bundle","#), "\(first.errors)")
        #expect(first.output.contains("TLP:AMBER"))
        let out = scratch.path("b.json")
        let second = try Self.run(
            scratch, ["export", "aa11", "--out", out],
            environment: ["STILLWATCH_EXPORT_KEY": "0123456789abcdef"])
        #expect(second.code == 0, "\(second.errors)")
        #expect(try String(contentsOfFile: out, encoding: .utf8) == first.output)
        #expect(!first.output.contains(#""a1""#) && !first.output.contains("p17"))
        let red = try Self.run(scratch, ["export", "aa00", "--tlp", "red"] + key)
        #expect(red.output.contains("TLP:RED") && red.output != first.output)
        if SchemaValidator.hasStix {
            let result = try SchemaValidator.validate(first.lines + red.lines, as: "stix")
            #expect(result.status == 0, "\(result.output)")
        }
    }

    @Test("rows and a page name accounts, or hash them under a key")
    func others() throws {
        let scratch = try Self.world()
        let csv = try Self.run(scratch, ["export", "aa00", "--format", "csv"])
        #expect(csv.lines.count == 5 && csv.lines[0].hasPrefix("type,kind,value,campaign"))
        #expect(csv.lines[1].hasPrefix("fingerprint,payment,p17,\(Self.uids[0])"))
        let key = ["STILLWATCH_EXPORT_KEY": "0123456789abcdef"]
        let hashed = try Self.run(
            scratch, ["export", "aa00", "--format", "csv"], environment: key)
        #expect(hashed.lines[1].hasPrefix("fingerprint,payment,hmac-sha256:"))
        let page = try Self.run(scratch, ["export", "aa00", "--format", "markdown"])
        #expect(page.output.hasPrefix("# Campaign \(Self.uids[0])\n"))
        #expect(page.output.contains("## Members (3)"))
    }

    @Test("what cannot be done is told, with its code")
    func refusals() throws {
        let scratch = try Self.world()
        let (f, m) = (scratch.path("f.ndjson"), scratch.path("m.ndjson"))
        try scratch.file("short", "secret")
        try scratch.file("empty", "")
        try scratch.file("events", #"{"time":1780272000000,"account":"campaign"}"#)
        let both = ["--findings", f, "--members", m]
        let stix = ["export", "aa00"] + both
        let cases: [([String], Int32, String)] = [
            (["show", "--findings", f], 3, "<uid> is missing"),
            (["show", "ff", "--findings", f], 3, "has no campaign 'ff': 7 findings, 3 campaigns"),
            (["show", "aa", "--findings", f], 3, "'aa' begins several campaigns: aa00"),
            (["members", "aa00", "--findings", f], 3, "--members FILE is missing"),
            (["members", "aa00", "--findings", f, "--members", f], 3, "f.ndjson:1: no member"),
            (["explain", "nobody"] + both, 3, "; and no member is called so"),
            (["explain", "account:nobody"] + both, 3, "account 'nobody' belongs to no campaign"),
            (["explain", "aa0"] + both, 3, "account:aa0 or campaign:aa0"),
            (["list", "--findings", scratch.path("events")], 3, "events:1: no finding"),
            (["list", "--findings", scratch.path("none")], 4, "no brokers are given"),
            (["list"], 4, "stillwatch.alerts: no such file, and no brokers are given"),
            (["show", "a", "--findings", scratch.path("empty")], 3, "none is about a campaign"),
            (stix, 3, "--key-file, or into STILLWATCH_EXPORT_KEY"),
            (stix + ["--key-file", scratch.path("short")], 3, "at least 16 bytes"),
            (stix + ["--key-file", scratch.path("none")], 4, "none"),
            (stix + ["--format", "csv", "--tlp", "red"], 3, "--tlp goes with --format stix"),
            (["members", "a", "--findings", "-", "--members", "-"], 3, "both standard input"),
        ]
        for (words, code, text) in cases {
            let run = try Program.run(["campaign"] + words)
            #expect(run.code == code && run.errors.contains(text), "\(words): \(run.errors)")
        }
        let none = try Program.run(["campaign", "list", "--findings", scratch.path("empty")])
        #expect(none.code == 0 && none.errors == "no open campaign among 0 findings\n")
    }
}
