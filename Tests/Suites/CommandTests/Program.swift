import Foundation

/// The built program, run as a user would.
struct Program {
    /// What came of a run.
    struct Result {
        var code: Int32
        var output: String
        var errors: String

        /// Standard output's lines.
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// The executable beside the tests.
    static let executable = URL(fileURLWithPath: CommandLine.arguments[0])
        .resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("stillwatch")

    /// Runs the program with `arguments` in an environment without settings.
    static func run(
        _ arguments: [String], input: String? = nil, environment: [String: String] = [:]
    ) throws -> Result {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        let own = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("STILLWATCH_") }
        process.environment = own.merging(environment) { _, new in new }
        let scratch = try Scratch()
        let outputs = try [scratch.file("output"), scratch.file("errors")]
        process.standardOutput = try FileHandle(forWritingTo: outputs[0])
        process.standardError = try FileHandle(forWritingTo: outputs[1])
        let source = try scratch.file("input", input ?? "")
        process.standardInput = try FileHandle(forReadingFrom: source)
        try process.run()
        process.waitUntilExit()
        let texts = try outputs.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Result(code: process.terminationStatus, output: texts[0], errors: texts[1])
    }

    /// Runs a shell line in which `$STILLWATCH` is the program.
    static func shell(_ line: String) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", line]
        process.environment = ["STILLWATCH": executable.path, "PATH": "/usr/bin:/bin"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        return Result(code: process.terminationStatus, output: text, errors: text)
    }
}

/// A directory of its own, removed at the end.
final class Scratch {
    /// Where it is.
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("stillwatch-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The path of `name` in it.
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// A file called `name` with `text`.
    @discardableResult
    func file(_ name: String, _ text: String = "") throws -> URL {
        let file = url.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file
    }
}
