import Detection
import Primitives
import Topology

/// The whole topology in the plainest way: every event kept, every pane closed in order, every feature
/// counted anew.
struct NaiveOracle {
    private struct Entity: Hashable {
        var kind: String
        var value: String
    }

    private struct Watch: Hashable {
        var rule: Int
        var entity: Entity
    }

    let rules: [NaiveRule]
    let timing: TopologyPlan.Timing
    let gateways: [String]
    private(set) var lines: [String] = []
    private(set) var fates: [NaiveClock.Fate: Int] = [:]
    private var facts: [Entity: NaiveFacts] = [:]
    private var episodes: [Watch: NaiveEpisode] = [:]
    private var panes: [Int64: [NaiveClock.Settled]] = [:]

    init(_ rules: [NaiveRule], _ timing: TopologyPlan.Timing, gateways: [String]) {
        self.rules = rules
        self.timing = timing
        self.gateways = gateways
    }

    private var width: Int64 { timing.paneWidth.ms }

    /// The findings over the sources, a line each, sorted.
    mutating func run(_ sources: [[TestEvent]]) -> [String] {
        for source in sources {
            for settled in NaiveClock(timing: timing).settle(source) {
                fates[settled.fate, default: 0] += 1
                if settled.fate == .onTime || settled.fate == .late {
                    panes[settled.pane, default: []].append(settled)
                }
            }
        }
        guard let first = panes.keys.min(), let last = panes.keys.max() else { return [] }
        for pane in first...last where panes[pane] != nil || isWatching {
            close(pane, history: pane - first)
        }
        return lines.sorted()
    }

    /// Whether time alone can change something.
    private var isWatching: Bool { episodes.values.contains { $0.isWatched } }

    private mutating func close(_ pane: Int64, history: Int64) {
        var asked: Set<Watch> = []
        for settled in panes[pane] ?? [] {
            for entity in note(settled) {
                for rule in rules.indices where rules[rule].kinds.contains(entity.kind) {
                    asked.insert(Watch(rule: rule, entity: entity))
                }
            }
        }
        for (watch, episode) in episodes where episode.isWatched { asked.insert(watch) }
        for watch in asked { ask(watch, pane, history: history) }
    }

    /// Adds an event to its entities and names them.
    private mutating func note(_ settled: NaiveClock.Settled) -> [Entity] {
        let event = settled.event
        var account = event.account
        let born = event.createdMs.map { max(1, $0 / width) }
        if gateways.contains(account), let user = event.endUser {
            account += "/" + user
        }
        var entities = [Entity(kind: "account", value: account)]
        var prints = event.fingerprints
        if prints["subnet"] == nil, let ip = prints["ip"] { prints["subnet"] = Self.subnet(ip) }
        for (kind, value) in prints { entities.append(Entity(kind: kind, value: value)) }
        let row = NaiveFacts.Row(pane: settled.pane, account: account, bornPane: born, event: event)
        for entity in entities {
            if facts[entity] == nil { facts[entity] = empty(entity.kind) }
            facts[entity]?.add(row)
        }
        return entities
    }

    private static func subnet(_ ip: String) -> String {
        ip.split(separator: ".").prefix(3).joined(separator: ".") + ".0/24"
    }

    private func empty(_ kind: String) -> NaiveFacts {
        let own = rules.filter { ($0.kinds == ["account"]) == (kind == "account") }
        let features = own.flatMap(\.conjuncts).map(\.feature)
        var loadWindow: Int64 = 0
        for case .evenness(let window) in features { loadWindow = window }
        return NaiveFacts(
            memory: Int64(timing.paneWidth.count(spanMs: 180 * 86_400_000)),
            accountMemory: Int64(timing.paneWidth.count(spanMs: 14 * 86_400_000)),
            loadWindow: loadWindow)
    }

    private mutating func ask(_ watch: Watch, _ pane: Int64, history: Int64) {
        let rule = rules[watch.rule]
        guard var facts = facts[watch.entity] else { return }
        facts.watched = history
        let isSubject = pane - facts.lastSeen < rule.subjectPanes
        let holds = isSubject && history >= rule.historyPanes && rule.holds(facts, pane)
        var episode = episodes[watch] ?? NaiveEpisode()
        let end = (pane + 1) * width
        if let step = episode.tell(holds, at: end, rule) {
            let evidence = isSubject ? rule.evidence(facts, pane) : []
            lines.append(
                Self.line(
                    rule.id, step.rawValue, "\(watch.entity.kind):\(watch.entity.value)", end,
                    episode.firstSeen, episode.lastHeld, episode.sequence, evidence))
        }
        episodes[watch] = episode
    }

    static func line(
        _ rule: String, _ status: String, _ entity: String, _ time: Int64, _ first: Int64,
        _ last: Int64, _ sequence: Int, _ evidence: [String]
    ) -> String {
        "\(time) \(rule) \(entity) \(status) #\(sequence) \(first)...\(last) \(evidence)"
    }

    /// A finding of the engine as a line of the same form.
    static func line(_ finding: Finding) -> String {
        let evidence = finding.evidence.map { item in
            switch item.value {
            case .number(let value): "\(item.name)=\(value)"
            default: "\(item.name)=undefined"
            }
        }
        return line(
            finding.rule.id, finding.status.rawValue, finding.entity, finding.time.ms,
            finding.firstSeen.ms, finding.lastSeen.ms, finding.sequence, evidence)
    }
}
