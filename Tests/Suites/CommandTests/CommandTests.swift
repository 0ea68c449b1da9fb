import Detection
import Foundation
import Testing

@Suite("Commands")
struct CommandTests {
    @Test(
        "help goes to standard output, mistakes to standard error with 3"
    )
    func basics() throws {
        let version = try Program.run(["--version"])
        #expect(version.code == 0 && version.lines.count == 1)
        #expect(
            try Program.run(["help", "backtest"]).output.contains("USAGE: stillwatch backtest"))
        #expect(try Program.run(["config", "reference"]).output.contains("## `window.pane`"))
        let wrong = try Program.run(["backtset"])
        #expect(wrong.code == 3 && wrong.output == "" && wrong.errors.contains("'backtest'"))
        let none = try Program.run([])
        #expect(none.code == 3)
    }

    @Test("every command has help of at most 80 columns, in which every option is a sentence")
    func helpTexts() throws {
        let list = try Program.run(["help"]).output
        let rows = try #require(list.split(separator: "OPTIONS:").first)
            .split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
        let names = rows.map { $0.dropFirst(2).split(separator: "  ")[0] }
        #expect(names.count >= 14)
        for name in names {
            let text = try Program.run(["help"] + name.split(separator: " ").map(String.init))
                .output
            #expect(text.contains("\nUSAGE: stillwatch \(name)"))
            for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            let options = try #require(text.split(separator: "OPTIONS:").last)
            #expect(options.contains("-h, --help"))
            for option in options.split(separator: "\n  -") {
                #expect(".)\n".contains(option.last ?? " "), "\(name): -\(option)")
            }
        }
    }

    @Test("options win over variables, variables over the file, and every mistake in them is said")
    func settings() throws {
        let scratch = try Scratch()
        try scratch.file("c.yaml", "window:\n  pane: 1ms\nshards: many\n")
        let bad = try Program.run(["validate", "--offline", "--config", scratch.path("c.yaml")])
        #expect(bad.code == 3)
        #expect(
            bad.errors.contains("c.yaml:2:9: error:") && bad.errors.contains("c.yaml:3:9: error:"))
        try scratch.file("d.yaml", "rules: \(scratch.path("none"))\n")
        let arguments = ["validate", "--offline", "--config", scratch.path("d.yaml")]
        #expect(try Program.run(arguments).code == 4)
        let variables = ["STILLWATCH_RULES": scratch.path("other")]
        let other = try Program.run(arguments, environment: variables)
        #expect(other.errors.contains("other: no such file"))
        try scratch.file("r.yaml", Self.rule(expectation: "a"))
        let good = try Program.run(
            arguments + ["--rules", scratch.path("r.yaml")], environment: variables)
        #expect(good.code == 0 && good.errors.contains("ok: rules: 1 rule running"))
    }

    @Test("validate wants brokers unless offline, and says when none answers")
    func brokers() throws {
        #expect(try Program.run(["validate", "--offline"]).code == 0)
        #expect(try Program.run(["validate"]).code == 3)
        let dead = try Program.run([
            "validate", "--bootstrap-servers", "127.0.0.1:1", "-X", "socket.timeout.ms=1000",
        ])
        #expect(dead.code == 4)
    }

    @Test(
        "what run refuses at its start, validate --offline refuses with 3 and its place",
        arguments: [
            (["-X", "securty.protocol=SSL"], "'kafka.securty.protocol' is no property"),
            (["-X", "socket.timeout.ms=soon"], "'kafka.socket.timeout.ms' is not accepted"),
            (["-X", "group.id=g"], "'kafka.group.id' is owned by the engine: give --group"),
            (["-X", "session.timeout.ms=5000"], "transaction.timeout.ms"),
            (
                ["-X", "security.protocol=ssl", "-X", "ssl.ca.location=/nowhere.pem"],
                "ssl.ca.location"
            ),
            (["-X", "max.poll.interval.ms=10000"], "max.poll.interval.ms"),
            (["-X", "message.timeout.ms=300000"], "message.timeout.ms"),
            (
                ["--set", "state.directory=/dev/null/state"],
                "state.directory: '/dev/null/state' may not be written"
            ),
            (["--set", "input.preset=bedrok"], "did you mean 'bedrock'?"),
            (["--set", "derive=country=ip"], "'country' cannot be derived"),
            (["--bootstrap-servers", "a:99999"], "'99999' is not a port"),
            (["--set", "input.fields=acount=/a"], "acount"),
        ])
    func offline(options: [String], words: String) throws {
        let result = try Program.run(["validate", "--offline"] + options)
        #expect(result.code == 3, "\(options): \(result.errors)")
        #expect(result.errors.contains(words), "\(options): \(result.errors)")
        let brokers =
            options.first == "--bootstrap-servers" ? [] : ["--bootstrap-servers", "127.0.0.1:1"]
        let run = try Program.run(["run"] + brokers + options)
        #expect(run.code == 3 && run.errors.contains(words), "\(options): \(run.errors)")
    }

    @Test("a misspelt librdkafka property in a file is told with its line and what it may be")
    func misspeltProperty() throws {
        let scratch = try Scratch()
        let file = try scratch.file("c.yaml", "group: g\nkafka:\n  securty.protocol: SSL\n").path
        let result = try Program.run(["validate", "--offline", "--config", file])
        #expect(result.code == 3)
        #expect(result.errors.contains("c.yaml:3:3: error: 'kafka.securty.protocol'"))
        #expect(result.errors.contains("did you mean 'security.protocol'?"))
    }

    @Test("a misspelt variable ends every command with 3")
    func misspeltVariable() throws {
        for command in [["validate", "--offline"], ["run"], ["backtest", "none.jsonl"]] {
            let result = try Program.run(
                command, environment: ["STILLWATCH_WINDOWS_PANE": "5s"])
            #expect(result.code == 3, "\(command)")
            #expect(result.errors.contains("did you mean 'STILLWATCH_WINDOW_PANE'?"))
        }
    }

    static func rule(expectation: String) -> String {
        """
        apiVersion: stillwatch/v1
        kind: Rule
        id: test.busy
        version: 1
        status: active
        severity: low
        entity: account
        when: requests(1h) >= 10
        description: Busy.
        tests:
          - name: a busy account fires
            events: [{ repeat: 30, every: 30s, set: { account: a } }]
            expect: [{ entity: "account:\(expectation)", within: 1h }]
          - name: a slow account stays quiet
            events: [{ repeat: 30, every: 30m, set: { account: b } }]
            expect: []

        """
    }

    @Test(
        "rules test runs the tests of rules and ends with 1 when one fails"
    )
    func rulesTest() throws {
        let starter = try Program.run(["rules", "test"])
        #expect(starter.code == 0, "\(starter.output)")
        #expect(starter.errors.contains(" 0 failed"))
        let scratch = try Scratch()
        try scratch.file("r.yaml", Self.rule(expectation: "c"))
        let failed = try Program.run(["rules", "test", scratch.path("r.yaml")])
        #expect(failed.code == 1)
        #expect(failed.output.contains("FAIL  test.busy: a busy account fires"))
        #expect(failed.output.contains("expected create on account:c within 1h"))
        #expect(failed.output.contains("unexpected finding on account:a"))
        #expect(failed.output.contains("ok    test.busy: a slow account stays quiet"))
        let filtered = try Program.run(
            ["rules", "test", scratch.path("r.yaml"), "--filter", "slow"])
        #expect(filtered.code == 0 && filtered.lines.count == 1)
        let none = try Program.run(["rules", "test", scratch.path("r.yaml"), "--filter", "zzz"])
        #expect(none.code == 3)
    }

    @Test("rules lint says what is wrong with its place and ends with 2")
    func rulesLint() throws {
        #expect(try Program.run(["rules", "lint", "--strict"]).code == 0)
        let scratch = try Scratch()
        try scratch.file("r.yaml", Self.rule(expectation: "a"))
        #expect(try Program.run(["rules", "lint", scratch.url.path]).code == 0)
        let text = Self.rule(expectation: "a").replacing("requests(1h)", with: "requets(1h)")
        try scratch.file("s.yaml", text.replacing("test.busy", with: "test.other"))
        let bad = try Program.run(["rules", "lint", scratch.url.path])
        #expect(bad.code == 2 && bad.errors.contains("s.yaml:8:"))
    }

    @Test(
        "rules starter writes files that find what the built-in rules find, and keeps what differs")
    func rulesStarter() throws {
        let scratch = try Scratch()
        let directory = scratch.path("starter.d")
        let count = StarterRules.files.count
        #expect(try Program.run(["rules", "starter", "--out", directory]).code == 0)
        let lint = try Program.run(["rules", "lint", "--strict", directory])
        #expect(
            lint.code == 0 && lint.errors.contains("\(count) rules in \(count) files"),
            "\(lint.errors)")
        let events = scratch.path("events.jsonl")
        let farm = ["--hours", "12", "--population", "s1:accounts=60,rate=400,evasion=none"]
        #expect(try Program.run(["simulate", "--out", events] + farm).code == 0)
        let builtIn = try Program.run(["backtest", events])
        let written = try Program.run(["backtest", events, "--rules", directory])
        #expect(builtIn.lines.count > 0 && written.output == builtIn.output)

        let printed = try Program.run(["rules", "starter"])
        try scratch.file("all.yaml", printed.output)
        let all = try Program.run(["rules", "lint", scratch.path("all.yaml")])
        #expect(all.code == 0 && all.errors.contains("\(count) rules in 1 file"), "\(all.errors)")

        try scratch.file("starter.d/harvest.yaml", "# mine\n")
        let refused = try Program.run(["rules", "starter", "--out", directory])
        #expect(refused.code == 1 && refused.errors.contains("harvest.yaml differs"))
        let forced = try Program.run(["rules", "starter", "--out", directory, "--force"])
        #expect(
            forced.errors.contains("1 file written")
                && forced.errors.contains("\(count - 1) there already"))
        #expect(try Program.run(["rules", "test", directory]).code == 0)
    }

    @Test("the same options simulate the same bytes, other words are refused with 3")
    func simulate() throws {
        let arguments = [
            "simulate", "--hours", "3", "--population", "s4:accounts=200,evasion=e1+e2",
        ]
        let first = try Program.run(arguments)
        #expect(first.code == 0 && first.lines.count > 500)
        #expect(try Program.run(arguments).output == first.output)
        #expect(try Program.run(arguments + ["--events", "7"]).lines.count == 7)
        let late = try Program.run(
            arguments + ["--start", "2027-02-03T00:00:00Z", "--events", "1"])
        #expect(
            late.output.hasPrefix(#"{"time":18017"#) || late.output.hasPrefix(#"{"time":18016"#))
        for wrong in [
            ["--population", "s9"], ["--population", "s1:color=red"], ["--scale", "0"],
            ["--start", "2027-02-30T00:00:00Z"], ["--topic", "t", "--out", "f"],
        ] {
            #expect(try Program.run(["simulate"] + wrong).code == 3, "\(wrong)")
        }
    }

    @Test("scenarios have names, labels, a ledger and a description of every parameter")
    func scenarios() throws {
        let scratch = try Scratch()
        let labels = scratch.path("labels")
        let ledger = scratch.path("ledger")
        let run = try Program.run([
            "simulate", "--scenario", "mix", "--scale", "0.002", "--days", "0.05", "--evasion",
            "e4",
            "--labels", labels, "--ledger", ledger,
        ])
        #expect(run.code == 0 && run.lines.count > 500)
        let told = try String(contentsOfFile: labels, encoding: .utf8).split(separator: "\n")
        #expect(told.count { $0.hasPrefix(#"{"type":"farm""#) } == 10)
        #expect(told.count { $0.contains(#""e4""#) } == 10)
        #expect(told.contains { $0.contains(#""admissible_class":"resale""#) })
        let stretches = try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n")
        let requests = stretches.compactMap { line in
            line.firstMatch(of: /"requests":(\d+)/).flatMap { Int($0.1) }
        }
        #expect(requests.reduce(0, +) == run.lines.count)

        let described = try Program.run(["simulate", "--scenario", "wide", "--describe"])
        #expect(described.output.contains("letter of June 2026") && described.errors.isEmpty)
        let objects = try Program.run([
            "simulate", "--scenario", "wide", "--describe", "--format", "json",
        ])
        #expect(objects.lines.count == described.lines.count - 1)
        #expect(objects.lines.allSatisfy { $0.hasPrefix(#"{"population":"#) })
        for wrong in [["--scenario", "x"], ["--days", "0"], ["--evasion", "e9"]] {
            #expect(try Program.run(["simulate"] + wrong).code == 3, "\(wrong)")
        }
    }

    @Test("demo finds both farms, names what stayed quiet, and fails when a farm is missed")
    func demo() throws {
        let run = try Program.run(["demo", "--scale", "0.3"])
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("2 of 2 farms found, nothing else flagged"))
        for name in ["customers", "bulk", "nat", "ci", "gateway", "harness"] {
            #expect(run.errors.contains("  \(name): "), "\(name)")
        }
        #expect(run.lines.isEmpty && run.errors.contains("one campaign, "))
        let shown = try Program.run(["demo", "--scale", "0.3", "--format", "flat"])
        #expect(!shown.lines.isEmpty && shown.lines.allSatisfy { $0.hasPrefix("{\"uid\"") })
        let text = try Program.run([
            "demo", "--format", "text", "--hours", "6", "--population", "customers:accounts=300",
            "--population", "s1:accounts=4,rate=20",
        ])
        #expect(text.code == 1 && text.errors.contains("MISSED"))
        #expect(text.errors.contains("0 of 1 farm found, nothing else flagged"))
    }
}
