import Delivery
import Detection
import Telemetry
import Topology

/// Looks now and then at what the events of this process carry, and warns of rules that cannot fire for want of it.
///
/// First after 10,000 events or ten minutes with any, then once an hour, for as long as something is missing.
struct CoverageWatch {
    private let plan: TopologyPlan
    private let rules: RuleSet
    private var startedMs: Int64?
    private var nextMs: Int64?

    private static let enough = 10_000
    private static let longEnoughMs: Int64 = 600_000
    private static let everyMs: Int64 = 3_600_000

    init(_ settings: EngineSettings) {
        plan = settings.pipeline.plan
        rules = settings.pipeline.rules
    }

    /// What to warn of now: what is missing, and the rules that cannot fire for want of it.
    mutating func look(
        at report: ShardStatus, _ now: Int64
    ) -> [(missing: String, rules: String)] {
        let events = report.counters.processed
        guard events > 0 else { return [] }
        let since = startedMs ?? now
        startedMs = since
        guard
            nextMs.map({ now >= $0 }) ?? (events >= Self.enough || now - since >= Self.longEnoughMs)
        else { return [] }
        nextMs = now + Self.everyMs
        let silent = InputCoverage(report.counters, plan: plan).silentRules(of: rules)
        let byMissing = Dictionary(grouping: silent) { $0.missing.joined(separator: ", ") }
        return byMissing.sorted { $0.key < $1.key }.map { missing, silent in
            (missing, silent.map(\.rule).joined(separator: ", "))
        }
    }

    /// The share of the events that have each field, kind and signal, as one text: `model=1 plan=0 status=0.42`.
    func shares(of report: ShardStatus) -> String? {
        let coverage = InputCoverage(report.counters, plan: plan)
        guard coverage.events > 0 else { return nil }
        return coverage.items.map { item in
            let percent = Int((Double(item.events) * 100 / Double(coverage.events)).rounded())
            // A few of many are not none.
            return "\(item.name)=\(item.events > 0 ? max(1, percent) : 0)%"
        }.joined(separator: " ")
    }

    /// Values with a flaw, by field and what was wrong: `max_tokens.negative=12`.
    static func flaws(of report: ShardStatus) -> String? {
        let flaws = report.counters.coverage.flaws
        guard !flaws.isEmpty else { return nil }
        return flaws.map { "\($0.field.name).\($0.flaw.name)=\($0.events)" }
            .joined(separator: " ")
    }
}
