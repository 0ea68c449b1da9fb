import Broker
import Configuration
import Delivery
import Detection
import Live
import Operations
import Snapshots
import Topology

/// `doctor`: one line a check, and what to do.
enum DoctorCommand {
    static let command = Command(
        "doctor", summary: "Check everything around the engine, and say what to do.",
        discussion: """
            One line a check, each ok, warn or problem: the configuration, the client library and its known \
            defects, the brokers and their limits, every topic and its settings, the group, clocks, and the \
            state directory where there is one. Changes nothing. Ends with 1 if there is a problem, with 4 \
            if no broker answers, with 3 if the configuration cannot be used.
            Best run where the engine runs, as the same user: clock and directory are those of the machine.
            """,
        options: [.group] + Option.connection + [.rules] + Option.settings + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let settings = try Environment(invocation).settings
        let output = LineOutput()
        output.print(CheckResult(.ok, "configuration", "can be used"))
        let (rules, result) = checkRules(settings)
        output.print(result)
        let doctor = Doctor(try doctorSettings(settings, rules)) { output.print($0) }
        let isReachable = doctor.examine()
        try output.finish()
        if !isReachable { return .unreachable }
        return output.hasProblem ? .checkFailed : .ok
    }

    private static func checkRules(_ settings: Settings) -> (RuleSet?, CheckResult) {
        do throws(Failure) {
            let (rules, text) = try RuleFiles.compiled(settings)
            return (rules, CheckResult(.ok, "rules", text))
        } catch {
            Console.error(error.description)
            let remedy = "see 'stillwatch rules lint'"
            return (nil, CheckResult(.problem, "rules", "cannot be used", remedy: remedy))
        }
    }

    private static func doctorSettings(
        _ settings: Settings, _ rules: RuleSet?
    ) throws(Failure) -> DoctorSettings {
        let window = settings.window
        let directory = settings.state.directory
        return DoctorSettings(
            properties: try Setup.properties(settings), group: settings.group,
            topics: rules.map { Setup.topics(settings, $0) } ?? settings.topics,
            isTransactional: settings.delivery == .exactlyOnce,
            acceptsLoss: settings.dataLoss == .accept,
            // Two snapshots are kept, and what waits for its pane is read again.
            replayMs: 2 * settings.snapshotIntervalMs + window.latenessMs + window.idleTimeoutMs
                + window.alignmentLimitMs,
            futureSkewMs: window.maxFutureSkewMs,
            stateDirectory: directory.isEmpty ? nil : directory,
            memoryBudget: Int64(Setup.memoryBudget(settings)))
    }
}

/// Results on standard output as they come.
private final class LineOutput {
    private var failure: OutputError?
    private(set) var hasProblem = false

    func print(_ result: CheckResult) {
        if result.grade == .problem { hasProblem = true }
        guard failure == nil else { return }
        do throws(OutputError) {
            var output = try Output(path: nil)
            try output.write(text: result.line + "\n")
            try output.finish()
        } catch {
            failure = error
        }
    }

    /// - Throws: why lines could not be written.
    func finish() throws {
        guard let failure else { return }
        try writing { () throws(OutputError) in throw failure }
    }
}
