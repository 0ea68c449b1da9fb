import Configuration
import Glibc
import Kafka
import Telemetry

/// The program: parses the command line, runs a command, ends with its exit code.
@main
struct Stillwatch {
    /// The release; `--version` prints it and findings carry it.
    static let version = "0.1.0"

    static func main() async {
        // Before anything is allocated: freed memory is kept, so that buffers do not fault in again.
        Library.tuneAllocator()
        // A reader that goes away (`| head`) is told by a failing write, not by a signal.
        signal(SIGPIPE, SIG_IGN)
        let parser = Commands.parser(version: version)
        do throws(UsageError) {
            switch try parser.parse(Array(CommandLine.arguments.dropFirst())) {
            case .print(let text): end(with: printOut(text))
            case .run(let invocation): end(with: await run(invocation))
            }
        } catch {
            Console.error(error.description)
            end(with: .usage)
        }
    }

    private static func end(with code: ExitCode) -> Never { exit(code.rawValue) }

    /// Runs a command; what it throws becomes a message and an exit code.
    private static func run(_ invocation: Invocation) async -> ExitCode {
        do {
            return try await dispatch(invocation)
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

    private static func dispatch(_ invocation: Invocation) async throws -> ExitCode {
        switch invocation.command.name {
        case "run": return try await RunCommand.run(invocation)
        case "backtest": return try await BacktestCommand.run(invocation)
        case "demo": return try await DemoCommand.run(invocation)
        case "simulate": return try SimulateCommand.run(invocation)
        case "validate": return try ValidateCommand.run(invocation)
        case "rules lint": return try RulesLintCommand.run(invocation)
        case "rules test": return try await RulesTestCommand.run(invocation)
        case "topics create": return try TopicsCreateCommand.run(invocation)
        case "decode": return try DecodeCommand.run(invocation)
        case "dead-letters list": return try DeadLettersListCommand.run(invocation)
        case "dead-letters replay": return try DeadLettersReplayCommand.run(invocation)
        case "reset": return try ResetCommand.run(invocation)
        case "doctor": return try DoctorCommand.run(invocation)
        case "config reference": return printOut(Reference.markdown())
        default:
            throw Failure(.usage, "'\(invocation.command.name)' has nothing behind it")
        }
    }

    private static func printOut(_ text: String) -> ExitCode {
        do throws(OutputError) {
            var output = try Output(path: nil)
            try output.write(text: text)
            try output.finish()
            return .ok
        } catch {
            guard case .failed(let reason) = error else { return .ok }
            Console.error("error: \(reason)\n")
            return .unreachable
        }
    }
}
