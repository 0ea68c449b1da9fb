import Configuration
import Kafka
import Primitives
import Replay
import Simulation
import Telemetry

/// `simulate`: seeded, labelled traffic to a file, standard output or a topic.
enum SimulateCommand {
    static func run(_ invocation: Invocation) throws -> ExitCode {
        let environment = try Environment(invocation)
        if invocation.has("topic"), invocation.has("out") {
            throw Failure(.usage, "--topic and --out exclude each other")
        }
        let scenario = try ScenarioOptions.scenario(invocation)
        let generator = Generator(scenario)
        var progress = Progress(scenario)
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
        if let path = invocation.value("labels") { try write(generator.labels(), to: path) }
        Console.error(progress.finish(generator))
        return .ok
    }

    private static func write(
        _ generator: Generator, to path: String?, rate: Int?, _ progress: inout Progress
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

    private static func write(_ labels: Labels, to path: String) throws {
        try writing { () throws(OutputError) in
            var output = try Output(path: path)
            var lines = ByteBuffer(capacity: 1 << 20)
            labels.writeLines(into: &lines)
            try output.write(lines.bytes)
            try output.finish()
        }
    }
}

/// A bar while events are written, and what to say at the end.
struct Progress: ~Copyable {
    private var bar: ProgressBar
    private let startMs = WallClock.steadyMs
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
        let seconds = max(0.001, Double(WallClock.steadyMs - startMs) / 1000)
        let rate = Int(Double(generator.generated) / seconds)
        let megabytes = Double(bytes) / 1e6
        bar.finish()
        return "\(grouped(generator.generated)) records, \(decimal(megabytes)) MB in "
            + "\(decimal(seconds)) s: \(grouped(rate)) records/s, "
            + "\(decimal(megabytes / seconds)) MB/s\n"
    }
}
