import Broker
import Configuration
import Delivery
import Detection
import Kafka
import Operations

/// `validate`: everything that would keep `run` from working, listed; nothing is changed.
enum ValidateCommand {
    static let command = Command(
        "validate", summary: "Check the configuration, the rules, the brokers and the topics.",
        discussion: """
            Says everything that is wrong, not the first thing alone, and changes nothing. Ends with 3 for \
            the configuration, 2 for a rule, 4 for a broker that does not answer, 1 for topics that are \
            missing, or have another number of partitions than run can work with.
            """,
        options: [
            Option(
                "offline", .flag,
                help:
                    "Check what can be checked without a broker: all that run refuses at its start."
            )
        ] + Option.connection + [.rules] + Option.settings + Option.logging,
        run: run)

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let environment = try Environment(invocation)
        var report = ValidationReport()
        report.ok("configuration")
        let settings = environment.settings
        let rules = checkRules(settings, &report)
        let problems = Preflight.problems(settings)
        for problem in problems { report.problem(problem) }
        let isOffline = invocation.has("offline")
        if isOffline, settings.bootstrapServers.isEmpty {
            report.note("bootstrap_servers: not set, and whatever talks to Kafka needs them")
        }
        if problems.isEmpty, !isOffline { checkKafka(settings, rules, &report) }
        return report.code
    }

    /// The rules; nil, and told, where they cannot be used.
    private static func checkRules(
        _ settings: Settings, _ report: inout ValidationReport
    ) -> RuleSet? {
        do throws(Failure) {
            let (rules, text) = try RuleFiles.compiled(settings)
            report.ok("rules: \(text)")
            return rules
        } catch {
            report.problem(error)
            return nil
        }
    }

    private static func checkKafka(
        _ settings: Settings, _ rules: RuleSet?, _ report: inout ValidationReport
    ) {
        do {
            let admin = try Admin(properties: try Setup.properties(settings))
            let brokers = try admin.brokers(timeoutMs: 5_000)
            report.ok("brokers: \(count(brokers.count, "broker")) at \(settings.bootstrapServers)")
            let topics = rules.map { Setup.topics(settings, $0) } ?? settings.topics
            for topic in topics { try check(topic, admin, &report) }
        } catch let error as BrokerError {
            report.problem(Failure(error))
        } catch let failure as Failure {
            report.problem(failure)
        } catch {
            report.problem(Failure(.unreachable, "\(error)"))
        }
    }

    private static func check(
        _ topic: TopicSpec, _ admin: borrowing Admin, _ report: inout ValidationReport
    ) throws(BrokerError) {
        let partitions = try admin.partitionCount(of: topic.name)
        if let fault = TopicChecks.fault(of: topic, partitions: partitions) {
            report.problem(Failure(.checkFailed, fault.sentence))
        } else if partitions == nil {
            report.note(TopicChecks.missing(topic).sentence)
        } else {
            report.ok("\(topic.key): \(topic.name), \(count(partitions ?? 0, "partition"))")
        }
    }
}

/// What `validate` has found; the code is that of the gravest problem.
struct ValidationReport {
    private(set) var code = ExitCode.ok

    /// The gravest first: what is wrong with it hides what comes behind.
    private static let order: [ExitCode] = [.usage, .ruleError, .unreachable, .checkFailed, .ok]

    mutating func ok(_ text: String) { Console.error("ok: \(text)\n") }

    mutating func note(_ text: String) { Console.error("note: \(text)\n") }

    mutating func problem(_ failure: Failure) {
        Console.error(failure.description)
        let rank = { (code: ExitCode) in Self.order.firstIndex(of: code) ?? 0 }
        if rank(failure.code) < rank(code) { code = failure.code }
    }
}
