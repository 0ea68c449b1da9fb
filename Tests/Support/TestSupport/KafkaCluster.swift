import Foundation

/// A real Apache Kafka for tests: the user's own, or brokers started here and ended with the tests.
///
/// Looked for in this order: `BOOTSTRAP_SERVERS` (brokers that run already), `KAFKA_HOME` (a Kafka
/// distribution, or a folder with `bin/kafka-cluster`), `../shared/kafka` beside the package. Brokers
/// started here take free loopback ports, keep everything under a temporary directory, and end with the
/// test process, however that ends.
public final class KafkaCluster: Sendable {
    /// What clients connect to.
    public let bootstrapServers: String
    /// The folder of brokers started here; nil for the user's own.
    public let directory: URL?
    private let launcher: KafkaLauncher?

    private init(bootstrapServers: String, directory: URL?, launcher: KafkaLauncher?) {
        self.bootstrapServers = bootstrapServers
        self.directory = directory
        self.launcher = launcher
    }

    /// One broker for the whole test run, started on first use; nil when no Kafka can be had.
    public static let shared: KafkaCluster? = {
        if let servers = environment("BOOTSTRAP_SERVERS") {
            return KafkaCluster(bootstrapServers: servers, directory: nil, launcher: nil)
        }
        do { return try start() } catch {
            shout("real Kafka could not be started: \(error)")
            return nil
        }
    }()

    /// Whether a real Kafka can be had at all; says loudly what is missing when not.
    public static let isAvailable: Bool = {
        if environment("BOOTSTRAP_SERVERS") != nil || KafkaLauncher.find() != nil { return true }
        shout(
            "SKIPPED: every test against a real Kafka. Set BOOTSTRAP_SERVERS, or KAFKA_HOME to a Kafka "
                + "distribution, or put one at ../shared/kafka; brokers started here need java.")
        return false
    }()

    /// Starts brokers of their own for one test; end them with `stop`.
    ///
    /// - Parameters:
    ///   - settings: broker properties that override the defaults, as `key=value`.
    ///   - release: a release the launcher knows besides its own, such as `3.9`.
    public static func start(
        brokers: Int = 1, settings: [String] = [], release: String? = nil
    ) throws -> KafkaCluster {
        guard let launcher = KafkaLauncher.find() else { throw KafkaUnavailable() }
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("stillwatch-kafka-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try launcher.watch(directory)
        let servers = try launcher.start(
            directory, brokers: brokers, settings: settings, release: release)
        return KafkaCluster(bootstrapServers: servers, directory: directory, launcher: launcher)
    }

    /// Acts on one broker: `kill` (at once), `term` (cleanly), `freeze`, `thaw`, `up`.
    public func act(_ verb: String, broker: Int) throws {
        guard let launcher, let directory else { throw KafkaUnavailable() }
        _ = try launcher.run([verb, directory.path, String(broker)])
        if verb == "freeze" { try awaitFrozen(broker, launcher, directory) }
    }

    /// Waits until no thread of a broker runs any more: on a busy machine some go on for a while after the signal.
    private func awaitFrozen(_ broker: Int, _ launcher: KafkaLauncher, _ directory: URL) throws {
        let lines = try launcher.run(["status", directory.path]).split(separator: "\n")
        let words = lines.map { $0.split(separator: " ") }
        guard let words = words.first(where: { $0.first == "\(broker)" }),
            let label = words.firstIndex(of: "pid"), label + 1 < words.count
        else { throw KafkaUnavailable() }
        let threads = "/proc/\(words[label + 1])/task"
        while true {
            let isFrozen = try FileManager.default.contentsOfDirectory(atPath: threads).allSatisfy {
                // The state stands behind the name, which is in parentheses. A thread may have ended meanwhile.
                let text = try? String(contentsOfFile: "\(threads)/\($0)/stat", encoding: .utf8)
                return text?.split(separator: ")").last?.hasPrefix(" T") ?? true
            }
            if isFrozen { return }
            usleep(1_000)
        }
    }

    /// Ends all brokers and removes their data.
    public func stop() throws {
        guard let launcher, let directory else { return }
        _ = try launcher.run(["stop", directory.path])
        try? FileManager.default.removeItem(at: directory)
    }

    /// The folder with Kafka's own tools; nil where brokers cannot be started from here.
    public static var home: URL? { KafkaLauncher.find()?.home }

    /// A topic name nobody else uses.
    public static func topicName(_ stem: String) -> String {
        "test-\(stem)-\(UUID().uuidString.prefix(8).lowercased())"
    }

    static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func shout(_ text: String) {
        FileHandle.standardError.write(Data("\n*** \(text)\n\n".utf8))
    }
}

/// No Kafka, or not one that can be started and stopped from here.
public struct KafkaUnavailable: Error {}
