import Configuration
import Detection
import Replay
import Simulation
import Telemetry

/// `demo`: simulated traffic through the engine in one process, and what came of it.
enum DemoCommand {
    static func run(_ invocation: Invocation) async throws -> ExitCode {
        let settings = try Environment(invocation).settings
        let rules = try RuleFiles(settings).compile(paneWidth: Wiring.paneWidth(settings.window))
        let scenario = try ScenarioOptions.scenario(invocation)
        let format = invocation.value("format") ?? (Output.isTerminal ? "text" : "flat")
        let printer = try writing { () throws(OutputError) in try FindingPrinter(format: format) }
        introduce(scenario, rules)
        let source = GeneratorSource(scenario)
        let startMs = WallClock.steadyMs
        let report = try await Replay(Wiring.replay(settings, rules)).run([source]) { finding in
            printer.print(finding)
        }
        if let failure = printer.failure { try writing { () throws(OutputError) in throw failure } }
        let seconds = max(0.001, Double(WallClock.steadyMs - startMs) / 1000)
        let (labels, ledger) = source.truth()
        let verdict = DemoVerdict(report.findings, labels, ledger)
        Console.error(verdict.text)
        Console.error(speed(report, seconds))
        return verdict.isGood ? .ok : .checkFailed
    }

    private static func introduce(_ scenario: Scenario, _ rules: RuleSet) {
        let hours = scenario.durationMs / 3_600_000
        Console.error(
            "Simulating \(hours) hours, about \(grouped(scenario.expectedEvents)) requests, "
                + "against \(count(rules.rules.count, "rule")).\n\n")
    }

    private static func speed(_ report: Replay.Report, _ seconds: Double) -> String {
        let rate = Int(Double(report.ingest.processed) / seconds)
        return "\(grouped(report.ingest.processed)) events in \(decimal(seconds)) s "
            + "(\(grouped(rate)) events/s, simulation included), "
            + "\(grouped(report.entities.entities)) entities in "
            + "\(grouped(report.entities.memoryBytes / 1_048_576)) MiB\n"
    }
}
