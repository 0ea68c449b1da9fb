import Aggregation
import Detection
import Primitives
import Replay
import Topology

/// A rule as it is reported: what is compiled of it, and what running it has cost.
public struct ReportedRule: Sendable {
    /// What running a rule has cost.
    public struct Cost: Sendable, Equatable {
        /// Conditions evaluated: an entity at the end of a pane each.
        public var evaluations: Int
        /// Nanoseconds of the evaluations that were timed.
        public var sampledNs: UInt64
        /// Entities of the kinds it judges that were kept at the end; rules on one kind share them.
        public var entities: Int
        /// Their bytes.
        public var bytes: Int
    }

    /// What findings say about it.
    public var info: RuleInfo
    /// Milliseconds that it looks back.
    public var reachMs: Int64
    /// What its evidence is compared with.
    public var thresholds: [Rule.Threshold]
    /// What running it has cost; nil where it did not run.
    public var cost: Cost?
    /// Whether it gives findings of its own.
    public var alerts: Bool

    /// A rule with all its parts.
    public init(
        info: RuleInfo, reachMs: Int64, thresholds: [Rule.Threshold], cost: Cost?,
        alerts: Bool = true
    ) {
        self.alerts = alerts
        self.info = info
        self.reachMs = reachMs
        self.thresholds = thresholds
        self.cost = cost
    }
}

extension ReportedRule {
    /// The running rules of one set.
    ///
    /// - Parameters:
    ///   - set: the set's rules.
    ///   - compiled: all rules that ran.
    ///   - replay: what came of them.
    public static func all(
        of set: [Rule], _ compared: ComparedRules, _ compiled: RuleSet,
        _ replay: ReplayDriver.Report
    ) -> [ReportedRule] {
        set.filter { $0.status != .paused }.compactMap { rule in
            let running = compared.runningID(of: rule)
            guard let index = compiled.rules.firstIndex(where: { $0.info.id == running }) else {
                return nil
            }
            let own = compiled.rules[index]
            return ReportedRule(
                info: rule.info, reachMs: ShortHistory.reachMs(of: own, compiled.paneWidth),
                thresholds: rule.thresholds,
                cost: cost(index, of: own, compiled.kinds, replay), alerts: rule.alerts)
        }
    }

    /// The running campaign rules of a set. They cost next to nothing and look back as far as campaigns remember, which
    /// a report says of all of them.
    public static func all(of campaigns: [CampaignRule]) -> [ReportedRule] {
        campaigns.filter { $0.status != .paused }.map {
            ReportedRule(info: $0.info, reachMs: 0, thresholds: [], cost: nil)
        }
    }

    private static func cost(
        _ index: Int, of rule: CompiledRule, _ kinds: [String], _ replay: ReplayDriver.Report
    ) -> Cost? {
        guard replay.ruleCosts.indices.contains(index) else { return nil }
        let judged = rule.entity == .account ? ["account"] : rule.kinds.map { kinds[$0] }
        var kept = EntityStore.Census()
        for kind in judged {
            kept.entities += replay.census[kind]?.entities ?? 0
            kept.bytes += replay.census[kind]?.bytes ?? 0
        }
        let spent = replay.ruleCosts[index]
        return Cost(
            evaluations: spent.evaluations, sampledNs: spent.sampledNs, entities: kept.entities,
            bytes: kept.bytes)
    }
}

extension BacktestReport {
    /// The share of the time of all evaluations that a rule took, by id; nil where nothing was timed.
    static func timeShares(_ rules: [ReportedRule]) -> [String: Double] {
        let total = rules.reduce(0.0) { $0 + Double($1.cost?.sampledNs ?? 0) }
        guard total > 0 else { return [:] }
        var shares: [String: Double] = [:]
        for rule in rules { shares[rule.info.id] = Double(rule.cost?.sampledNs ?? 0) / total }
        return shares
    }

    /// What each rule costs, before -> after where rules are compared; nil without figures.
    var costTable: ReportTable? {
        let rows = rules.filter { $0.cost != nil || $0.costBefore != nil }
        guard !rows.isEmpty else { return nil }
        let (after, before) = (timeShares, timeSharesBefore)
        var table = ReportTable(
            title: "Cost of the rules",
            head: ["rule", "evaluations", "share of time", "entities kept", "MiB"], rows: [])
        for row in rows {
            let pairs: [(String?, String?)] = [
                (
                    row.costBefore.map { grouped($0.evaluations) },
                    row.cost.map { grouped($0.evaluations) }
                ),
                (before[row.id].map(Words.percent), after[row.id].map(Words.percent)),
                (
                    row.costBefore.map { grouped($0.entities) },
                    row.cost.map { grouped($0.entities) }
                ),
                (row.costBefore.map { Self.mebibytes($0) }, row.cost.map { Self.mebibytes($0) }),
            ]
            table.rows.append(
                [row.id]
                    + pairs.map { old, new in
                        diff == nil || old == new ? new ?? "–" : "\(old ?? "–") → \(new ?? "–")"
                    })
        }
        table.note =
            "Time is that of evaluating conditions, of which one in \(RuleCost.sampled) is timed; a feature that "
            + "rules share is computed by the first. Entities are those of the kinds a rule judges."
        return table
    }

    private static func mebibytes(_ cost: ReportedRule.Cost) -> String {
        decimal(Double(cost.bytes) / 1_048_576)
    }
}
