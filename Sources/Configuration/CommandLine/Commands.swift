/// The command table of `stillwatch`.
public enum Commands {
    /// Every command, in the order of the help.
    public static let all: [Command] = [
        run, backtest, demo, simulate, validate, rulesLint, rulesTest, topicsCreate,
        decode, deadLettersList, deadLettersReplay, reset, doctor, configReference,
    ]

    /// The parser of the program's command line.
    public static func parser(version: String) -> CommandLineParser {
        CommandLineParser(
            program: "stillwatch", version: version,
            overview: "Finds model-distillation farms in the request events of an LLM API.",
            commands: all)
    }

    static let run = Command(
        "run", summary: "Read request events from Kafka and write findings to Kafka.",
        discussion: """
            Joins the consumer group, reads the input topic, keeps windowed features per account and per \
            fingerprint, and writes findings to the alerts topic. Start as many processes as you like: the \
            group shares the partitions out.
            SIGTERM and SIGINT end it cleanly: polling stops, what was read is processed, output is flushed, \
            offsets are committed, a last snapshot is taken. A second signal ends it at once.
            """,
        options: connection + [
            Option(
                "input", .text("topic"), key: "input.topic", help: "The topic of request events."),
            Option(
                "alerts", .text("topic"), key: "alerts.topic", help: "The topic findings go to."),
            group,
            Option(
                "instance-id", .text("name"), key: "instance_id",
                default: "the host's name and a free number",
                help: "This process's name in the group, which no other may have."),
            rules, shards, format,
            Option(
                "stop-at-end", .flag,
                help: """
                    Process up to the end offsets seen at the start, close the panes seen, and exit.
                    """),
        ] + settings + logging)

    static let backtest = Command(
        "backtest", summary: "Run rules over files of request events.",
        discussion: """
            Reads events as JSON: lines, one array, or objects that span lines; plain, or packed with gzip or \
            zstd, which is told by the first bytes whatever the name. Findings are JSON Lines in a canonical \
            order: the same bytes for any number of shards. A summary goes to standard error.
            Each file is a partition of its own, in order of time within window.lateness; what is not is \
            counted late or refused, and the summary says so. --sort reads each file in the order of its \
            times, whatever the order of its records: what does not fit into --sort-memory goes to temporary \
            files, about as large as the events unpacked.
            At the end of the input the panes seen are closed and evaluated; findings that still fire then \
            stay open and are counted.
            """,
        arguments: [
            Argument(
                "file", isRepeatable: true,
                help: "Files of events; - is standard input.")
        ],
        options: [
            rules, format,
            Option("out", .text("file"), default: "standard output", help: "Where findings go."),
            Option("sort", .flag, help: "Read each file in the order of its events' times."),
            Option(
                "sort-memory", .integer("MiB", 16...1_048_576), default: "256",
                help: "Memory that --sort may use for all files, in MiB."),
            Option(
                "temp-directory", .text("directory"), default: "TMPDIR, or /var/tmp",
                help:
                    "Where --sort puts temporary files; nothing of them stays, whatever ends the run."
            ),
            shards,
            Option("no-progress", .flag, help: "Draw no progress bar on a terminal."),
        ] + settings + logging)

    static let demo = Command(
        "demo", summary: "Watch simulated traffic, farms in it, with nothing else installed.",
        discussion: """
            Simulates ordinary customers, crowds that look like farms and are none, and two farms, at high \
            speed and in one process, and prints findings as they come. The summary on standard error says \
            which farms were found, when, after how many of their requests, and what stayed quiet. Ends with \
            1 if a farm was missed or anything else was flagged.
            Other traffic than the demo's own is described as for simulate; see 'stillwatch simulate --help'.
            """,
        options: scenario + [
            rules, shards,
            Option(
                "format", .choice(["text", "flat", "ocsf"]),
                default: "text on a terminal, flat elsewhere",
                help: "The shape of findings: lines for people, one flat object, or OCSF 1.8.0."),
        ] + logging)
}
