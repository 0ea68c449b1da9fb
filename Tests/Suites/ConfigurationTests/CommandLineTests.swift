import Configuration
import Testing

/// A program with commands of one and two words and options of every kind.
private let parser = CommandLineParser(
    program: "stillwatch", version: "1.2.3", overview: "A program.", commands: commands)

private let commands = [
    Command(
        "run", summary: "Run it.",
        options: [
            Option(setting: "bootstrap_servers", "host:port,...", help: "The brokers."),
            Option(setting: "kafka", "name=value", isRepeatable: true, help: "A property."),
            Option(setting: "input.topic", "topic", help: "The input."),
            Option(setting: "alerts.topic", "topic", help: "The output."),
            Option(setting: "group", "name", help: "The group."),
            Option(setting: "rules", "path", default: "the starter pack", help: "The rules."),
            Option(setting: "shards", help: "Threads."),
            Option(setting: "format", help: "The shape."),
            Option("stop-at-end", .flag, help: "Stop at the end."),
            Option("set", .pair("key=value"), isRepeatable: true, help: "Any key."),
            Option(setting: "log.level", help: "The level."),
        ], run: { _ in .ok }),
    Command(
        "backtest", summary: "Test it.", discussion: "What it does.",
        arguments: [Argument("file", isRepeatable: true, help: "Files.")],
        options: [
            Option(setting: "shards", help: "Threads."),
            Option(setting: "format", help: "The shape."),
            Option("out", .text("file"), default: "standard output", help: "Where to."),
            Option("no-progress", .flag, help: "Draw nothing."),
        ], run: { _ in .ok }),
    Command(
        "rules lint", summary: "Check rules.",
        arguments: [Argument("path", isRequired: false, isRepeatable: true, help: "Rules.")],
        run: { _ in .ok }),
    Command("rules test", summary: "Test rules.", run: { _ in .ok }),
    Command(
        "topics create", summary: "Create topics.",
        options: [
            Option("replication-factor", .integer("n", -1...32), help: "Replicas.")
        ], run: { _ in .ok }),
]

private func invocation(_ words: String...) throws -> Invocation {
    guard case .run(let invocation) = try parser.parse(words) else { throw Refused.printed }
    return invocation
}

private func printed(_ words: String...) throws -> String {
    guard case .print(let text) = try parser.parse(words) else { throw Refused.ran }
    return text
}

private func refusal(_ words: String...) -> String {
    do {
        _ = try parser.parse(words)
        return ""
    } catch { return error.description }
}

private enum Refused: Error { case printed, ran }

@Suite("Command line")
struct CommandLineTests {
    @Test("a value may follow a space or an equals sign, options and arguments in any order")
    func values() throws {
        let call = try invocation(
            "backtest", "a.jsonl", "--shards", "2", "--format=flat", "-", "--no-progress", "--",
            "-b")
        #expect(call.command.name == "backtest")
        #expect(call.arguments == ["a.jsonl", "-", "-b"])
        #expect(call.integer("shards") == 2)
        #expect(call.value("format") == "flat")
        #expect(call.has("no-progress"))
        #expect(!call.has("out"))
    }

    @Test("-X is repeatable, joined or apart, and may hold equals signs")
    func properties() throws {
        let call = try invocation("run", "-X", "a.b=1", "-Xc=d=e", "--set", "window.pane=5s")
        #expect(call.values("X") == ["a.b=1", "c=d=e"])
        let overrides = call.overrides.map { "\($0.option)|\($0.key)|\($0.value)" }
        #expect(
            overrides == ["-X a.b|kafka.a.b|1", "-X c|kafka.c|d=e", "--set|window.pane|5s"])
    }

    @Test("options with a key become settings")
    func settings() throws {
        let call = try invocation(
            "run", "--input", "t", "--group=g", "--bootstrap-servers", "b:1", "--alerts", "a",
            "--rules", "r", "--shards", "3", "--format", "flat", "--log-level", "debug")
        let settings = try Settings.load(overrides: call.overrides).settings
        #expect(settings.input.topic == "t" && settings.group == "g")
        #expect(settings.bootstrapServers == "b:1" && settings.alerts.topic == "a")
        #expect(settings.rules == "r" && settings.shards == 3 && settings.format == .flat)
        #expect(settings.log.level == .debug)
    }

    @Test("commands of two words are found")
    func groups() throws {
        #expect(try invocation("rules", "lint", "x").command.name == "rules lint")
        #expect(try invocation("topics", "create").command.name == "topics create")
    }

    @Test("a mistake is refused with what is wrong and where to read on")
    func mistakes() {
        let cases: [(String, [String])] = [
            (refusal(), ["a command is missing", "stillwatch --help"]),
            (refusal("rnu"), ["unknown command 'rnu'", "did you mean 'run'?"]),
            (refusal("--versoin"), ["unknown option '--versoin'", "'--version'"]),
            (refusal("rules"), ["'rules' is 'rules lint' or 'rules test'"]),
            (refusal("rules", "lnit"), ["unknown command 'rules lnit'", "'rules lint'"]),
            (refusal("run", "--gruop", "g"), ["unknown option '--gruop'", "'--group'"]),
            (refusal("run", "-Z"), ["unknown option '-Z'"]),
            (refusal("run", "--group"), ["--group needs a value: <name>"]),
            (refusal("run", "--group", "--input"), ["--group needs a value"]),
            (refusal("run", "--group=a", "--group=b"), ["--group is given twice"]),
            (refusal("run", "--stop-at-end=yes"), ["--stop-at-end takes no value"]),
            (refusal("run", "--shards", "many"), ["--shards must be an integer, 0 ... 256"]),
            (refusal("run", "--format", "xml"), ["must be ocsf or flat, not 'xml'"]),
            (refusal("run", "-X", "a"), ["-X must be name=value, not 'a'"]),
            (refusal("run", "extra"), ["unexpected argument 'extra'", "run --help"]),
            (refusal("backtest"), ["<file> is missing", "stillwatch backtest --help"]),
            (refusal("help", "nothing"), ["unknown command 'nothing'"]),
        ]
        for (text, parts) in cases {
            for part in parts { #expect(text.contains(part), "\(part) in \(text)") }
        }
    }

    @Test("an attached value may begin with a hyphen")
    func negative() throws {
        let call = try invocation("topics", "create", "--replication-factor=-1")
        #expect(call.integer("replication-factor") == -1)
    }

    @Test("help is there at every level, in every spelling, and the version is one line")
    func help() throws {
        #expect(try printed("--version") == "1.2.3\n")
        #expect(try printed("--help") == printed("-h"))
        #expect(try printed("--help") == printed("help"))
        #expect(try printed("rules", "--help") == printed("help", "rules"))
        for command in commands {
            let words = command.name.split(separator: " ").map(String.init)
            guard case .print(let text) = try parser.parse(words + ["--help"]) else {
                throw Refused.ran
            }
            guard case .print(let same) = try parser.parse(["help"] + words) else {
                throw Refused.ran
            }
            #expect(text == same)
            #expect(text.contains("USAGE: stillwatch \(command.name)"))
            for option in command.options { #expect(text.contains(option.spelling)) }
        }
    }

    @Test("the help names defaults, choices and exit codes, and shows settings' own defaults")
    func contents() throws {
        let run = try printed("help", "run")
        #expect(run.contains("--format <ocsf|flat>") && run.contains("(default: ocsf)"))
        #expect(run.contains("(default: the starter pack)") && run.contains("-X <name=value>"))
        let all = try printed("help")
        for code in ExitCode.allCases { #expect(all.contains("\n  \(code.rawValue)  ")) }
    }

    @Test("--help behind the end of options is an argument")
    func endOfOptions() throws {
        #expect(try invocation("backtest", "--", "--help").arguments == ["--help"])
    }
}
