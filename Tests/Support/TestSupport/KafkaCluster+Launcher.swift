import Foundation

/// What starts and stops brokers: a `kafka-cluster` script, or a plain Kafka distribution.
struct KafkaLauncher: Sendable {
    /// The script, or the one written for a distribution.
    let script: URL
    /// The distribution, passed to the script as `KAFKA_HOME`.
    let home: URL

    /// A command that ended badly.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// `KAFKA_HOME`, else `../shared/kafka` beside the package.
    static func find() -> KafkaLauncher? {
        let package = Repository.root
        let beside = package.deletingLastPathComponent().appendingPathComponent("shared/kafka")
        let given = KafkaCluster.environment("KAFKA_HOME").map { URL(fileURLWithPath: $0) }
        for home in [given, beside].compactMap({ $0 }) {
            let cluster = home.appendingPathComponent("bin/kafka-cluster")
            if FileManager.default.isExecutableFile(atPath: cluster.path) {
                return KafkaLauncher(script: cluster, home: home)
            }
            let server = home.appendingPathComponent("bin/kafka-server-start.sh")
            if FileManager.default.isExecutableFile(atPath: server.path) {
                let plain = package.appendingPathComponent(
                    "Tests/Support/TestSupport/kafka-one-broker")
                return KafkaLauncher(script: plain, home: home)
            }
        }
        return nil
    }

    func start(
        _ directory: URL, brokers: Int, settings: [String], release: String?
    ) throws -> String {
        var arguments = ["start", directory.path, "--brokers", String(brokers)]
        if let release { arguments += ["--release", release] }
        for setting in settings { arguments += ["--set", setting] }
        let output = try run(arguments)
        guard let servers = output.split(separator: "\n").last else {
            throw Failure(description: "\(script.lastPathComponent) printed no bootstrap servers")
        }
        return String(servers)
    }

    /// Runs the script and returns what it prints.
    func run(_ arguments: [String]) throws -> String {
        let output = FileManager.default.temporaryDirectory
            .appendingPathComponent("stillwatch-output-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: output) }
        let command = "exec \"$0\" \"$@\" >\"$STILLWATCH_OUTPUT\" </dev/null"
        let child = try spawn(
            command, [script.path] + arguments, ["STILLWATCH_OUTPUT": output.path])
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            throw Failure(
                description: "\(script.lastPathComponent) \(arguments.joined(separator: " ")): "
                    + "wait status \(status)")
        }
        return try String(contentsOf: output, encoding: .utf8)
    }

    /// Ends the brokers of `directory` when this process has ended, even by a signal.
    func watch(_ directory: URL) throws {
        let command = """
            trap '' INT TERM HUP
            exec </dev/null >/dev/null 2>&1
            while kill -0 "$1" 2>/dev/null && [ -d "$2" ]; do sleep 1; done
            [ -d "$2" ] && "$0" stop "$2"
            rm -rf "$2"
            """
        let me = String(ProcessInfo.processInfo.processIdentifier)
        _ = try spawn(command, [script.path, me, directory.path], [:])
    }

    /// Starts a shell. Not Foundation's `Process`: that one waits for a socket which brokers inherit.
    private func spawn(
        _ command: String, _ arguments: [String], _ extra: [String: String]
    ) throws -> pid_t {
        var environment = ProcessInfo.processInfo.environment
        environment["KAFKA_HOME"] = home.path
        environment.merge(extra) { $1 }
        var words: [UnsafeMutablePointer<CChar>?] =
            (["/bin/sh", "-c", command] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for word in words { free(word) }
            for variable in variables { free(variable) }
        }
        var child: pid_t = 0
        let code = posix_spawn(&child, "/bin/sh", nil, nil, &words, &variables)
        guard code == 0 else { throw Failure(description: "posix_spawn: error \(code)") }
        return child
    }
}
