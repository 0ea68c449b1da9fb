extension Commands {
    static let validate = Command(
        "validate", summary: "Check the configuration, the rules, the brokers and the topics.",
        discussion: """
            Says everything that is wrong, not the first thing alone, and changes nothing. Ends with 3 for \
            the configuration, 2 for a rule, 4 for a broker that does not answer, 1 for topics that are \
            missing or have another number of partitions.
            """,
        options: [
            Option(
                "offline", .flag,
                help:
                    "Check what can be checked without a broker: all that run refuses at its start."
            )
        ] + connection + [rules] + settings + logging)

    static let rulesLint = Command(
        "rules lint", summary: "Check rules without running them.",
        discussion:
            "Every error and warning has its file, line and column. Ends with 2 if there is an error.",
        arguments: [paths],
        options: [Option("strict", .flag, help: "Warnings count as errors.")])

    static let rulesTest = Command(
        "rules test", summary: "Run the tests inside rules.",
        discussion: """
            Each test's events go through the same engine as live ones, and the findings are compared with \
            what the test expects. Ends with 1 if a test fails, 2 if a rule cannot be used.
            """,
        arguments: [paths],
        options: [
            Option(
                "filter", .text("text"), help: "Run only tests whose rule or name contains this.")
        ])

    static let topicsCreate = Command(
        "topics create", summary: "Create the topics the engine writes.",
        discussion: """
            Creates the topics of partials, alerts and dead letters, and that of shadow findings where one is \
            set, with the partition counts of the configuration. Topics that exist are left as they are; one with \
            another number of partitions is an error. The input topic is never created.
            """,
        options: [
            Option(
                "replication-factor", .integer("n", -1...32), default: "-1, the broker's default",
                help: "Replicas of each partition."),
            Option("dry-run", .flag, help: "Say what would be created, and create nothing."),
        ] + connection + settings + logging)

    static let configReference = Command(
        "config reference", summary: "Print the reference of all configuration keys, as Markdown.")

    // MARK: Options of several commands

    static let connection = [
        Option(
            "bootstrap-servers", .text("host:port,..."), key: "bootstrap_servers",
            help: "The brokers to ask first."),
        Option(
            "", letter: "X", .pair("name=value"), isRepeatable: true, key: "kafka",
            help: "A librdkafka property, as it is. May be repeated."),
    ]

    static let settings = [
        Option(
            "config", .text("file"), default: "STILLWATCH_CONFIG",
            help: "The configuration file; see 'stillwatch config reference'."),
        Option(
            "set", .pair("key=value"), isRepeatable: true,
            help: "Set any configuration key. May be repeated."),
    ]

    static let logging = [
        Option(
            "log-level", .choice(Settings.LogLevel.allCases.map(\.rawValue)), key: "log.level",
            help: "The least severe lines logged."),
        Option(
            "log-format", .choice(Settings.LogLineFormat.allCases.map(\.rawValue)),
            key: "log.format",
            help: "How log lines look."),
    ]

    static let rules = Option(
        "rules", .text("path"), key: "rules", default: "the starter pack, which is built in",
        help: "A rule file, or a directory of them.")

    static let shards = Option(
        "shards", .integer("n", 0...256), key: "shards",
        help: "Threads that decode, fold and evaluate; 0 is one per core.")

    static let seed = Option(
        "seed", .integer("n", 0...Int.max), default: "1",
        help: "What the simulation is drawn from: the same seed, the same events.")

    static let paths = Argument(
        "path", isRequired: false, isRepeatable: true,
        help: "Rule files, or directories of them. Without one, the starter pack.")

    static let format = Option(
        "format", .choice(Settings.OutputFormat.allCases.map(\.rawValue)), key: "format",
        help: "The shape of findings: OCSF 1.8.0 Detection Finding, or one flat object.")
}
