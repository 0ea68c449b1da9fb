extension Commands {
    static let simulate = Command(
        "simulate", summary: "Write simulated request events, with labels, to a file or a topic.",
        discussion: """
            Writes events of ordinary customers fitted to public traces, of crowds that look like farms and \
            are none, and of farms. The same options give the same bytes. Labels tell of every farm and \
            look-alike which accounts and fingerprints are its own.
            A population is a kind and its parameters, as s4:accounts=2500,rate=26,evasion=e1+e2,start=20h. \
            Kinds: customers, bulk, nat, ci, gateway, harness (look-alikes), s1 (a small, clean farm), s4 (a \
            wide, shallow one), load. Parameters of all: name, accounts, rate (requests of an account a day), \
            start, duration; of farms also evasion (e1 isolates identities, e2 shapes timing), cards and \
            devices (accounts that share one), templates, addresses.
            """,
        options: simulationTarget + simulationContent + connection + settings + logging)

    private static let simulationTarget = [
        Option(
            "out", .text("file"), default: "standard output",
            help: "Where events go, as JSON Lines."),
        Option(
            "topic", .text("topic"),
            help: """
                Produce to this topic instead, which must exist. The records of an account go to one \
                partition.
                """),
        Option(
            "rate", .integer("n", 1...100_000_000), default: "as fast as it goes",
            help: "Write so many records a second at most, evenly."),
        Option(
            "record-time", .choice(["event", "now"]), default: "now",
            help: "The timestamps of records in a topic: their event's time, or that of producing."),
        Option(
            "labels", .text("file"), help: "Where labels go, as JSON Lines. Without it, none."),
    ]

    private static let simulationContent =
        scenario + [
            Option(
                "events", .integer("n", 1...1_000_000_000_000),
                help: "Stop after so many records."),
            Option(
                "jitter", .text("span"), default: "0s",
                help: "Events come out of order by up to so much, as 5s."),
            Option(
                "bad-records", .integer("n", 0...1_000_000), default: "0, or the preset's",
                help: "Plant so many records of every way to be bad, a tenth of the 5 MB ones."),
        ]

    /// What describes simulated traffic.
    static let scenario = [
        seed,
        Option(
            "preset", .choice(["demo", "system-test", "bench"]),
            default: "demo, or none with --population",
            help: "Populations and times to begin with."),
        Option(
            "population", .text("kind:name=value,..."), isRepeatable: true,
            help: "Add a population. May be repeated."),
        Option(
            "scale", .text("factor"), default: "1",
            help: "Multiplies the accounts of all populations, as a decimal number."),
        Option(
            "hours", .text("n"), default: "the preset's, or 24",
            help: "Event time simulated, as a decimal number."),
        Option(
            "start", .text("time"), default: "2026-06-01T00:00:00Z",
            help: "Time of the first event, RFC 3339 in UTC."),
    ]
}
