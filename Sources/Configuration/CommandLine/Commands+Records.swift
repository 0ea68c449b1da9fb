extension Commands {
    static let decode = Command(
        "decode", summary: "Show what is read of records, and from where.",
        discussion: """
            For each record: every field with its value and the pointer it came from, what was left out and \
            why, or why the whole record is refused. Records are read as input.* settings say: the place to \
            try a preset or a mapping. A table on a terminal, JSON Lines elsewhere.
            Of fingerprints and signals it shows those that rules or the field map name, and the usual kinds.
            A topic is read from its beginning, without joining a group or committing anything.
            """,
        arguments: [
            Argument(
                "file", isRequired: false,
                help: "A file of events, read as backtest reads it; - is standard input.")
        ],
        options: [
            Option("topic", .text("topic"), help: "Read this topic instead of a file."),
            count(default: 20), fromEnd,
        ] + connection + [rules] + settings + logging)

    static let deadLettersList = Command(
        "dead-letters list", summary: "Show records that were refused.",
        discussion: """
            One line a dead letter: where it lies, why it was refused and which field that is about, where it \
            was read, its size, and how it begins. A table on a terminal, JSON Lines elsewhere. Nothing is \
            committed or changed.
            """,
        options: [letterTopic, reason, since, until, count(default: 100), fromEnd]
            + connection + settings + logging)

    static let deadLettersReplay = Command(
        "dead-letters replay",
        summary: "Produce refused records again; a dry run unless --execute is given.",
        discussion: """
            Produces the records as they were, with key, headers and timestamp, into a topic, each into the \
            partition it came from. For when the mapping is right: into the input topic, or into one of its \
            own where their times have passed window.max_lateness of the group that reads it.
            Reads up to the ends seen at the start. Without --execute it counts and produces nothing. Records \
            that were not kept whole are refused and counted, and it ends with 1: dead_letters.max_bytes says \
            how much is kept.
            At least once: what is replayed twice is there twice. If it ends early, some records have been \
            produced; --since and --until name the rest.
            """,
        options: [
            Option("to", .text("topic"), help: "The topic they go to."),
            Option("execute", .flag, help: "Do it."),
            letterTopic, reason, since, until,
        ] + connection + settings + logging)

    // MARK: Options

    private static func count(default number: Int) -> Option {
        Option(
            "count", letter: "n", .integer("n", 1...1_000_000_000), default: "\(number)",
            help: "Records at most.")
    }

    private static let fromEnd = Option(
        "from-end", .flag,
        help: "Read the last records of the topic, shared by its partitions, instead of the first.")

    private static let letterTopic = Option(
        "topic", .text("topic"), default: "dead_letters.topic", help: "The topic of dead letters.")

    private static let reason = Option(
        "reason", .text("reason"),
        help: "Only those refused for this: missing_account, bad_time, ...")

    private static let since = Option(
        "since", .text("offset|time"),
        help: "From this offset of each partition, or from a UTC time of writing, on.")

    private static let until = Option(
        "until", .text("offset|time"), help: "Up to this offset or time, itself not included.")
}
