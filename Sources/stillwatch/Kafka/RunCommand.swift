import Configuration
import Detection
import Dispatch
import Glibc
import Kafka
import Live
import Topology

/// `run`: request events from Kafka, findings to Kafka.
enum RunCommand {
    static func run(_ invocation: Invocation) async throws -> ExitCode {
        let environment = try Environment(invocation)
        var settings = try liveSettings(environment.settings)
        settings.stopsAtEnd = invocation.has("stop-at-end")
        let engine = Engine(settings, logger: environment.logger)
        let signals = StopSignals { engine.requestStop() }
        defer { signals.cancel() }
        do {
            _ = try await engine.run()
            return .ok
        } catch let error as LiveError {
            throw failure(error, environment.settings)
        } catch let error as KafkaError {
            throw failure(.kafka(error), environment.settings)
        }
    }

    private static func failure(_ error: LiveError, _ settings: Settings) -> Failure {
        switch error {
        case .kafka(let error) where error.move == .unreachable:
            Failure(
                .unreachable, "no answer from \(settings.bootstrapServers): \(error.description)")
        case .kafka(let error) where error.move == .outOfRange:
            Failure(
                .unreachable,
                "\(error.description); records were deleted before they were read, or the topic was made "
                    + "anew: reset the offsets of group '\(settings.group)', or start another group"
            )
        case .kafka(let error): Failure(error)
        case .topic(let text), .shuffle(let text): Failure(.unreachable, text)
        case .decoder(let error): Failure(.usage, "\(error)")
        }
    }

    private static func liveSettings(_ settings: Settings) throws(Failure) -> LiveSettings {
        let files = try RuleFiles(settings)
        var live = LiveSettings(
            properties: try Wiring.properties(settings), group: settings.group,
            topics: .init(
                input: settings.input.topic, partials: settings.partials.topic,
                alerts: settings.alerts.topic,
                shadow: settings.shadowTopic.isEmpty ? nil : settings.shadowTopic,
                deadLetters: settings.deadLetters.topic),
            onMissingOffset: settings.input.onMissingOffset == .earliest ? .earliest : .latest,
            rules: try files.compile(paneWidth: Wiring.paneWidth(settings.window)),
            timing: Wiring.timing(settings.window), gateways: settings.gateways,
            format: Wiring.eventFormat(settings.input.format),
            fieldMap: try Wiring.fieldMap(settings.input), limits: .init(),
            encoder: FindingEncoder(
                format: Wiring.format(settings.format), productVersion: Stillwatch.version,
                source: "/stillwatch/\(settings.group)"))
        live.partialsPartitions = settings.partials.partitions
        live.derivesSubnets = Wiring.derivesSubnets(settings)
        live.shards = Wiring.shards(settings)
        live.sampleSize = settings.state.sampleSize
        live.memoryBudget = Wiring.memoryBudget(settings)
        live.cutIntervalMs = settings.cutIntervalMs
        live.idleTimeoutMs = settings.window.idleTimeoutMs
        live.alignmentLimitMs = settings.window.alignmentLimitMs
        live.statisticsIntervalMs = settings.statisticsIntervalMs
        live.deadLetterBytes = Int(settings.deadLetters.maxBytes)
        return live
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
