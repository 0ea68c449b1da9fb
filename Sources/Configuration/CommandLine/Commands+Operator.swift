extension Commands {
    static let reset = Command(
        "reset", summary: "Move the group to other offsets; a dry run unless --execute is given.",
        discussion: """
            Prints where each partition would go on and what becomes of the state, and changes nothing; with \
            --execute it does it. Refused, with 1, while the group has members: stop them first, and wait until \
            the session (20 s) of the last is over.
            --state keep leaves the windows as they are. It goes with a move forward only: what is passed over \
            is then missing, and counted as missing. A move backward would count twice what is in the state \
            already, or drop it as a repetition, and is refused. --state clear forgets every window and open \
            finding, and reads no partials from before: every task gets an empty snapshot, and the older \
            ones are removed. A state directory is cleared on the machine the command runs on.
            Findings that were published stay in the alerts topic. Their ids follow from rule, entity and the \
            start of the episode: the same records read again under the same rules give the same ids, not new \
            findings. Findings that were open when state was cleared are not closed.
            A reset that ends early has changed nothing, or is complete but for rubbish in the store: run it \
            again.
            """,
        options: [
            Option(
                "to", .text("beginning|end|time"),
                help: """
                    Where to go on: the first record kept, behind the last, or the first record whose broker \
                    timestamp is at or after a time, RFC 3339 in UTC.
                    """),
            Option(
                "state", .choice(["keep", "clear"]), default: "keep",
                help: "What becomes of windows and open findings."),
            Option("execute", .flag, help: "Do it."),
            group,
        ] + connection + [rules] + settings + logging)

    static let doctor = Command(
        "doctor", summary: "Check everything around the engine, and say what to do.",
        discussion: """
            One line a check, each ok, warn or problem: the configuration, the client library and its known \
            defects, the brokers and their limits, every topic and its settings, the group, clocks, and the \
            state directory where there is one. Changes nothing. Ends with 1 if there is a problem, with 4 \
            if no broker answers, with 3 if the configuration cannot be used.
            Best run where the engine runs, as the same user: clock and directory are those of the machine.
            """,
        options: [group] + connection + [rules] + settings + logging)

    static let group = Option("group", .text("name"), key: "group", help: "The consumer group.")
}
