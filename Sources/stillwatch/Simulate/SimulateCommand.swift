import Configuration
import Execution
import Kafka
import Primitives
import Replay
import Simulation
import Telemetry

/// `simulate`: seeded, labelled traffic to a file, standard output or a topic.
enum SimulateCommand {
    static let command = Command(
        "simulate", summary: "Write simulated request events, with labels, to a file or a topic.",
        discussion: """
            Writes events of ordinary customers fitted to public traces, of crowds that look like farms and \
            are none, and of farms. The same options give the same bytes. Labels tell of every farm and \
            look-alike which accounts and fingerprints are its own.
            \(scenarios)
            A population is a kind and its parameters, as s4:accounts=2500,rate=26,evasion=e1+e2,start=20h. \
            Kinds: customers; bulk, nat, campus, office, ci, gateway, harness, course, evaluations, \
            synthetic, trial, shared, failover (look-alikes); s1 (a small, clean farm), s2 (a heterogeneous \
            one), s3 (pivoting, with resold traffic), s4 (wide and shallow), s5 (narrow and deep, with \
            failover), s6 (blob replay); load. Parameters of all: name, accounts, rate (requests of an \
            account a day), start, duration, pivot (share that goes over to a released model); of farms \
            also evasion (e1 isolates identities, e2 shapes timing, e3 replaces accounts, e4 paraphrases \
            frames, e5 resells, e6 is ten times wider, e7 strips identities), cards and devices (accounts \
            that share one), templates, addresses, mix (share that is resold). --describe tells every \
            parameter of a scenario, and whether it is documented or assumed.
            """,
        options: target + content + Option.connection + Option.settings + Option.logging,
        run: run)

    private static let scenarios =
        "Scenarios: "
        + Scenario.catalogue.map { "\($0.name) (\($0.summary))" }.joined(separator: "; ") + "."

    private static let target = [
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
        Option(
            "ledger", .text("file"),
            help: """
                Where requests and tokens of each population go, by stretches of ten minutes, as JSON Lines. \
                Without it, nowhere.
                """),
        Option(
            "describe", .flag,
            help:
                "Write no events, but the scenario's parameters: documented or assumed, and by whom."
        ),
        Option(
            "format", .choice(["table", "json"]), default: "table",
            help: "How --describe writes them: a table, or a JSON object a line."),
    ]

    private static let content =
        ScenarioOptions.all + [
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

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let environment = try Environment(invocation)
        if invocation.has("topic"), invocation.has("out") {
            throw Failure(.usage, "--topic and --out exclude each other")
        }
        let scenario = try ScenarioOptions.scenario(invocation)
        if invocation.has("describe") {
            try Output.print(
                ScenarioDescription.text(
                    scenario, asJSON: invocation.value("format") == "json"))
            return .ok
        }
        let generator = Generator(scenario)
        var progress = TrafficProgress(scenario)
        if let topic = invocation.value("topic") {
            let producing = try TopicWriter(
                environment.settings, topic: topic,
                keepsTime: invocation.value("record-time") == "event",
                rate: invocation.integer("rate"))
            try producing.write(generator, &progress)
        } else {
            try write(
                generator, to: invocation.value("out"), rate: invocation.integer("rate"), &progress)
        }
        if let path = invocation.value("labels") {
            try write(to: path) { generator.labels().writeLines(into: &$0) }
        }
        if let path = invocation.value("ledger") {
            try write(to: path) { generator.writeLedger(into: &$0) }
        }
        Console.error(progress.finish(generator))
        return .ok
    }

    private static func write(
        _ generator: Generator, to path: String?, rate: Int?, _ progress: inout TrafficProgress
    ) throws {
        try writing { () throws(OutputError) in
            var output = try Output(path: path)
            var lines = ByteBuffer(capacity: 1 << 20)
            var pace = Pace(rate: rate)
            while generator.writeLines(rate == nil ? 1000 : 1, into: &lines) > 0 {
                try output.write(lines.bytes)
                lines.removeAll()
                if pace.turn() { try output.flush() }
                progress.update(generator.generated, bytes: output.bytes)
            }
            try output.finish()
        }
    }

    private static func write(
        to path: String, _ lines: (inout ByteBuffer) -> Void
    ) throws {
        try writing { () throws(OutputError) in
            var output = try Output(path: path)
            var buffer = ByteBuffer(capacity: 1 << 20)
            lines(&buffer)
            try output.write(buffer.bytes)
            try output.finish()
        }
    }
}

/// A bar while events are written, and what to say at the end.
struct TrafficProgress: ~Copyable {
    private var bar: ProgressBar
    private let startMs = MachineClock.monotonicMs()
    private var bytes = 0

    init(_ scenario: Scenario) {
        let total = min(scenario.expectedEvents, scenario.eventLimit ?? .max)
        bar = ProgressBar(label: "simulate", total: Int64(total))
    }

    mutating func update(_ records: Int, bytes: Int) {
        self.bytes = bytes
        bar.update(done: Int64(records))
    }

    /// Clears the bar; a line with what was written and how fast.
    consuming func finish(_ generator: Generator) -> String {
        let seconds = max(0.001, Double(MachineClock.monotonicMs() - startMs) / 1000)
        let rate = Int(Double(generator.generated) / seconds)
        let megabytes = Double(bytes) / 1e6
        bar.finish()
        return "\(grouped(generator.generated)) records, \(decimal(megabytes)) MB in "
            + "\(decimal(seconds)) s: \(grouped(rate)) records/s, "
            + "\(decimal(megabytes / seconds)) MB/s\n"
    }
}
