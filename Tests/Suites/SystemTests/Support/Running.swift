import Foundation
import Testing

/// The built program while it runs, and what it has said so far.
final class Running {
    /// The executable beside the tests.
    static let executable = URL(fileURLWithPath: CommandLine.arguments[0])
        .resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("stillwatch")

    private let process = Process()
    private let scratch: Scratch

    /// Starts `stillwatch` with `arguments`, without settings from this process's environment.
    init(_ arguments: [String], program: URL = Running.executable) throws {
        scratch = try Scratch()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("STILLWATCH_") }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(
            forWritingTo: URL(fileURLWithPath: scratch.file("output")))
        process.standardError = try FileHandle(
            forWritingTo: URL(fileURLWithPath: scratch.file("errors")))
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// Whether it has not ended.
    var isRunning: Bool { process.isRunning }
    /// Standard output, byte for byte.
    var output: Data {
        (try? Data(contentsOf: URL(fileURLWithPath: scratch.path("output")))) ?? Data()
    }
    /// Standard error as text.
    var errors: String {
        String(
            decoding: (try? Data(contentsOf: URL(fileURLWithPath: scratch.path("errors"))))
                ?? Data(),
            as: UTF8.self)
    }

    /// Sends a signal.
    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Its exit code; a process still running after `seconds` is killed, which fails the test.
    func exitCode(within seconds: Double) throws -> Int32 {
        let ended = SystemTests.eventually(within: seconds) { !process.isRunning }
        if !ended { signal(SIGKILL) }
        process.waitUntilExit()
        try #require(ended, "still running after \(seconds) s:\n\(errors)")
        try #require(process.terminationReason == .exit, "ended by a signal:\n\(errors)")
        return process.terminationStatus
    }

    /// The fields of the last log line that says `message`; the log must be JSON.
    func log(_ message: String) -> LogFields? {
        for line in errors.split(separator: "\n").reversed() where line.contains(message) {
            let parsed = try? JSONSerialization.jsonObject(with: Data(line.utf8))
            guard let object = parsed as? [String: Any], object["message"] as? String == message
            else { continue }
            return LogFields(fields: object["fields"] as? [String: Any] ?? [:])
        }
        return nil
    }

    /// Runs to the end, which must be good, and returns what was printed.
    @discardableResult
    static func finish(
        _ arguments: [String], program: URL = executable, within seconds: Double = 120
    ) throws -> Running {
        let running = try Running(arguments, program: program)
        let code = try running.exitCode(within: seconds)
        let command = ([program.lastPathComponent] + arguments).joined(separator: " ")
        try #require(code == 0, "\(command) ended with \(code):\n\(running.errors)")
        return running
    }
}

/// Numbers of a log line.
struct LogFields {
    let fields: [String: Any]

    subscript(name: String) -> Int { fields[name] as? Int ?? 0 }
}
