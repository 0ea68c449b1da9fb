import Configuration
import Detection
import Kafka
import Topology

/// `run`: request events from Kafka, findings to Kafka.
enum RunCommand {
    static func run(_ invocation: Invocation) async throws -> ExitCode {
        let setup = try RunSetup(invocation)
        _ = setup
        throw Failure(.unreachable, "this build has no live engine")
    }
}

/// Everything the live engine is started with, checked.
struct RunSetup {
    let environment: Environment
    let rules: RuleSet
    let plan: TopologyPlan
    let properties: Properties
    let stopsAtEnd: Bool

    /// Reads settings and rules; no broker is asked yet.
    init(_ invocation: Invocation) throws(Failure) {
        environment = try Environment(invocation)
        let settings = environment.settings
        let files = try RuleFiles(settings)
        rules = try files.compile(paneWidth: Wiring.paneWidth(settings.window))
        plan = TopologyPlan(
            rules: rules, timing: Wiring.timing(settings.window),
            partitions: settings.partials.partitions, gateways: settings.gateways)
        properties = try Wiring.properties(settings)
        stopsAtEnd = invocation.has("stop-at-end")
    }
}
