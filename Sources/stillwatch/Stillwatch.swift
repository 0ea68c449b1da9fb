import Configuration
import Glibc
import Kafka
import Telemetry

/// The program: parses the command line, runs a command, and ends with the command's exit code.
@main
struct Stillwatch {
    /// Every command, in the order of the help.
    private static let commands = [
        RunCommand.command, BacktestCommand.command, HuntCommand.command, CaptureCommand.command,
        DemoCommand.command,
        SimulateCommand.command,
        ValidateCommand.command, RulesLintCommand.command, RulesTestCommand.command,
        RulesDiffCommand.command, RulesStarterCommand.command, RulesFeaturesCommand.command,
        CampaignListCommand.command, CampaignShowCommand.command, CampaignMembersCommand.command,
        CampaignExplainCommand.command, CampaignExportCommand.command,
        VerdictCommand.command,
        TopicsCreateCommand.command, DecodeCommand.command, DeadLettersListCommand.command,
        DeadLettersReplayCommand.command, ResetCommand.command, DoctorCommand.command,
        ConfigReferenceCommand.command,
    ]

    static func main() async {
        // Before anything is allocated: freed memory is kept, so that buffers do not fault in again.
        Library.tuneAllocator()
        // A reader that goes away (`| head`) is told by a failing write, not by a signal.
        signal(SIGPIPE, SIG_IGN)
        exit(await run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    /// Runs the command that `words` ask for; what it throws becomes a message and an exit code.
    private static func run(_ words: [String]) async -> ExitCode {
        let parser = CommandLineParser(
            program: "stillwatch", version: Release.version,
            overview: "Finds model-distillation farms in the request events of an LLM API.",
            commands: commands)
        do {
            switch try parser.parse(words) {
            case .print(let text): try Output.print(text)
            case .run(let invocation): return try await invocation.command.run(invocation)
            }
            return .ok
        } catch let error as UsageError {
            Console.error(error.description)
            return .usage
        } catch let failure as Failure {
            Console.error(failure.description)
            return failure.code
        } catch is OutputClosed {
            return .ok
        } catch {
            Console.error("error: \(error)\n")
            return .unreachable
        }
    }
}
