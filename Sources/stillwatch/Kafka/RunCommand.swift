import Broker
import Campaigns
import Configuration
import Delivery
import Detection
import Dispatch
import Glibc
import Kafka
import Live
import Primitives
import Topology

/// `run`: request events from Kafka, findings to Kafka.
enum RunCommand {
    static let command = Command(
        "run", summary: "Read request events from Kafka and write findings to Kafka.",
        discussion: """
            Joins the consumer group, reads the input topic, keeps windowed features per account and per \
            fingerprint, and writes findings to the alerts topic. Start as many processes as you like: the \
            group shares the partitions out.
            SIGTERM and SIGINT end it cleanly: polling stops, what was read is processed, output is flushed, \
            offsets are committed, a last snapshot is taken. A second signal ends it at once.
            """,
        options: Option.connection + [
            Option(setting: "input.topic", "topic", help: "The topic of request events."),
            Option(setting: "alerts.topic", "topic", help: "The topic findings go to."),
            .group,
            Option(
                setting: "instance_id", "name", default: "the host's name and a free number",
                help: "This process's name in the group, which no other may have."),
            .rules, .shards, .format,
            Option(
                "stop-at-end", .flag,
                help: """
                    Process up to the end offsets seen at the start, close the panes seen, and exit.
                    """),
        ] + Option.settings + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) async throws -> ExitCode {
        let environment = try Environment(invocation)
        var settings = try liveSettings(environment.settings)
        if let problem = Preflight.problems(environment.settings).first { throw problem }
        // Kept until the process ends.
        let name = environment.settings.instanceID.isEmpty ? takeName(environment) : nil
        if let name { settings.instanceID = name.text }
        defer { withExtendedLifetime(name) {} }
        settings.engine.stopsAtEnd = invocation.has("stop-at-end")
        let engine = Engine(settings, logger: environment.logger)
        let signals = StopSignals { engine.requestStop() }
        defer { signals.cancel() }
        do {
            _ = try await engine.run()
            return .ok
        } catch let error as EngineFailure {
            throw failure(error, environment.settings)
        }
    }

    /// A name of this process's own, where none is configured.
    private static func takeName(_ environment: Environment) -> InstanceName {
        let name = InstanceName(group: environment.settings.group)
        if let warning = name.warning {
            environment.logger.warning("instance id", metadata: ["warning": .string(warning)])
        }
        return name
    }

    /// What ends a command where the engine cannot go on.
    static func failure(_ error: EngineFailure, _ settings: Settings) -> Failure {
        switch error {
        case .unreachable(let text):
            Failure(.unreachable, "\(text) (brokers: \(settings.bootstrapServers))")
        case .configuration(let text): Failure(.usage, text)
        case .fenced(let text):
            Failure(
                .fenced,
                "\(text); another process runs under this instance id, which each process must have for "
                    + "itself: see instance_id")
        case .dataLoss(let text): Failure(.dataLoss, text)
        case .incomplete(let text): Failure(.checkFailed, text)
        case .fatal(let text): Failure(.fatal, text)
        }
    }

    /// What the engine runs with.
    static func liveSettings(_ settings: Settings) throws(Failure) -> LiveSettings {
        let directory = settings.state.directory
        var live = LiveSettings(
            properties: try Setup.properties(settings), group: settings.group,
            instanceID: settings.instanceID.isEmpty ? Machine.name : settings.instanceID,
            engine: try engineSettings(settings))
        live.stateDirectory = directory.isEmpty ? nil : directory
        live.statisticsIntervalMs = settings.statisticsIntervalMs
        return live
    }

    private static func engineSettings(_ settings: Settings) throws(Failure) -> EngineSettings {
        var pipeline = try Setup.pipeline(settings)
        let campaigns = Setup.campaigns(settings, pipeline.rules)
        pipeline.evidence = campaigns?.evidence
        var engine = EngineSettings(
            pipeline: pipeline,
            topics: TopicNames(Setup.topics(settings, pipeline.rules)),
            outputs: OutputPartitions(alerts: 1, shadow: 0, deadLetters: 1, state: 0),
            incarnation: .random(in: 1 ... .max),
            encoder: FindingEncoder(
                format: settings.format, productVersion: Release.version,
                source: "/stillwatch/\(settings.group)",
                ocsfVersion: settings.findings.ocsfVersion))
        if let campaigns { engine.stages.append(.campaign(campaigns)) }
        if engine.topics[.verdicts] != nil { engine.stages.insert(.verdicts, at: 0) }
        engine.onMissingOffset = settings.input.onMissingOffset
        engine.delivery = settings.delivery
        engine.dataLoss = settings.dataLoss
        engine.shards = Setup.shards(settings)
        engine.commitIntervalMs = settings.commitIntervalMs
        engine.snapshotIntervalMs = settings.snapshotIntervalMs
        engine.idleTimeoutMs = settings.window.idleTimeoutMs
        engine.alignmentLimitMs = settings.window.alignmentLimitMs
        engine.memberTimeoutMs =
            Int64(try Setup.properties(settings).sessionTimeoutMs) + 5_000
        engine.deadLetterBytes = Int(settings.deadLetters.maxBytes)
        return engine
    }
}

/// SIGTERM and SIGINT as a call; a second one ends the process at once, as if nothing were caught.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ stop: @escaping @Sendable () -> Void) {
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                signal(number, SIG_DFL)
                stop()
            }
            source.resume()
            return source
        }
    }

    /// Stops listening.
    func cancel() {
        for source in sources { source.cancel() }
    }
}
