import Broker
import Configuration
import Kafka
import Telemetry

/// Why a command ends early: what to say and what to exit with.
struct Failure: Error, CustomStringConvertible {
    let code: ExitCode
    /// What standard error gets, with its newline.
    let description: String

    /// One sentence, shown behind `error: `.
    init(_ code: ExitCode, _ message: String) {
        self.code = code
        description = "error: \(message)\n"
    }

    /// Text that stands as it is: diagnostics with their places.
    init(_ code: ExitCode, text: String) {
        self.code = code
        description = text
    }

    /// Runs `body` and turns its Kafka error into what ends a command.
    static func kafka<R: ~Copyable>(
        _ body: () throws(BrokerError) -> R
    ) throws(Failure) -> R {
        do throws(BrokerError) { return try body() } catch { throw Failure(error) }
    }

    /// A Kafka error: what cannot be reached ends with 4, what a person must change with 3.
    init(_ error: BrokerError) {
        self.init(error.move == .configuration ? .usage : .unreachable, error.description)
    }
}

/// The reader of our output has gone away: nothing is wrong and nothing is left to do.
struct OutputClosed: Error {}

/// The terminal beside standard output.
enum Console {
    /// Writes to standard error.
    static func error(_ text: String) { StandardError.write(Array(text.utf8)) }
}
