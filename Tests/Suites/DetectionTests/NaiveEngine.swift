import Aggregation
import Detection
import Primitives

/// Runs rules over test events in the plainest way: every event kept, every feature counted from scratch, every
/// condition evaluated once every ten minutes.
struct NaiveEngine {
    static let stepMs: Int64 = 600_000

    let set: RuleSet
    private var entities: [String: NaiveEntity] = [:]

    init(_ set: RuleSet) { self.set = set }

    /// The create findings of rule `rule` over `events`.
    static func findings(_ set: RuleSet, rule: Int, _ events: RuleTestEvents) -> [Finding] {
        var engine = NaiveEngine(set)
        let compiled = set.rules[rule]
        var findings: [Finding] = []
        var lifecycle = EpisodeTable(lifecycles: set.rules.map(\.lifecycle))
        var now = RuleTest.origin.advanced(byMs: stepMs)
        for event in events {
            while event.time >= now {
                engine.evaluate(rule, compiled, at: now, &lifecycle, &findings)
                now = now.advanced(byMs: stepMs)
            }
            engine.add(event, to: compiled)
        }
        engine.evaluate(rule, compiled, at: now, &lifecycle, &findings)
        return findings
    }

    private mutating func add(_ event: RuleTestEvent, to rule: CompiledRule) {
        if rule.entity == .account {
            insert(event, kind: "account", value: event.account, .account)
        } else {
            for (kind, value) in event.fingerprints {
                guard let index = set.kinds.firstIndex(of: kind), rule.kinds.contains(index) else {
                    continue
                }
                insert(event, kind: kind, value: value, .fingerprint(index))
            }
        }
    }

    private mutating func insert(
        _ event: RuleTestEvent, kind: String, value: String, _ entityKind: EntityKind
    ) {
        let name = "\(kind):\(value)"
        let entity =
            entities[name]
            ?? NaiveEntity(
                kind: entityKind,
                schema: set.schema(of: entityKind.isAccount ? .account : .fingerprint))
        entities[name] = entity
        entity.add(event)
    }

    private func evaluate(
        _ rule: Int, _ compiled: CompiledRule, at now: EventTime, _ lifecycle: inout EpisodeTable,
        _ findings: inout [Finding]
    ) {
        var evaluator = Evaluator(set, compiled.entity)
        for (name, entity) in entities.sorted(by: { $0.key < $1.key }) {
            entity.now = Int64(set.paneWidth.pane(of: now.advanced(byMs: -1)).index)
            evaluator.begin()
            let holds = evaluator.holds(rule: rule, entity)
            if holds { precondition(entity.passes(compiled.gate), "the gate refused \(name)") }
            let key = xxh3(name)
            guard
                let step = lifecycle.observe(rule: rule, entityKey: key, holds: holds, at: now)
            else { continue }
            let parts = name.split(separator: ":", maxSplits: 1)
            let subject = Subject(kind: String(parts[0]), value: Array(parts[1].utf8))
            findings.append(
                Finding(step, rule: compiled.info, subject: subject, evidence: []))
        }
    }
}

/// All events of one entity.
final class NaiveEntity: FeatureSource {
    private struct Row {
        var pane: Int64
        var measures: [Int64]
        var values: [Int]
        var created: Int64?
    }

    let kind: EntityKind
    var now: Int64 = 0
    private let schema: StateSchema
    private var rows: [Row] = []
    private var ids: [String: Int] = [:]

    init(kind: EntityKind, schema: StateSchema) {
        self.kind = kind
        self.schema = schema
    }

    func add(_ event: RuleTestEvent) {
        let pane = event.time.ms / 10_000
        rows.append(
            Row(
                pane: pane, measures: schema.measures.map { Self.measure($0, event) },
                values: schema.dimensions.map { id(Self.value($0.name, event)) },
                created: event.accountCreated.map { $0.ms / 10_000 }))
    }

    private func id(_ value: String?) -> Int {
        guard let value else { return -1 }
        if let id = ids[value] { return id }
        ids[value] = ids.count
        return ids.count - 1
    }

    private static func measure(_ name: String, _ event: RuleTestEvent) -> Int64 {
        func number(_ field: String) -> Int64 {
            event.numbers.first { $0.field == field }?.value ?? 0
        }
        switch name {
        case "requests": return 1
        case "single_turn": return number("turn") <= 1 ? 1 : 0
        case let name where name.hasPrefix("with."):
            return Self.value(String(name.dropFirst(5)), event) == nil ? 0 : 1
        case let name where name.hasPrefix("signals."):
            let signal = event.signals.first { "signals." + $0.name == name }
            // In thousandths, as the engine keeps them.
            if case .number(let value) = signal?.value { return 1000 * value }
            return 0
        default: return number(name)
        }
    }

    private static func value(_ name: String, _ event: RuleTestEvent) -> String? {
        if name == "account" { return event.account }
        return event.fingerprints.first { $0.kind == name }?.value
    }

    private func recent(_ window: UInt32) -> ArraySlice<Row> {
        let first = rows.firstIndex { $0.pane > now - Int64(window) } ?? rows.endIndex
        return rows[first...]
    }

    private func counts(_ dimension: Int, _ window: UInt32) -> [Int: Int64] {
        var counts: [Int: Int64] = [:]
        for row in recent(window) where row.values[dimension] >= 0 {
            counts[row.values[dimension], default: 0] += 1
        }
        return counts
    }

    func sum(measure: Int, window: UInt32) -> Int64 {
        recent(window).reduce(0) { $0 + $1.measures[measure] }
    }

    func distinct(dimension: Int, window: UInt32) -> Double {
        Double(counts(dimension, window).count)
    }

    func loads(dimension: Int, window: UInt32) -> Loads {
        let loads = counts(dimension, window).values.sorted(by: >)
        return Loads(
            values: Double(loads.count), sampled: loads.count, sum: loads.reduce(0, +),
            sumOfSquares: Double(loads.reduce(0) { $0 + $1 * $1 }), largest: loads.first ?? 0,
            runnersUp: loads.dropFirst().prefix(2).reduce(0, +))
    }

    func stretches(measure: Int, window: UInt32) -> Stretches {
        var step: Int64 = 1
        while step * 2 * 32 <= Int64(window) { step *= 2 }
        let first = max(
            max(0, now + 1 - Int64(window)) / step, (rows.first?.pane ?? now) / step + 1)
        let end = (now + 1) / step
        var stretches = Stretches(count: Int(max(0, end - first)))
        for (stretch, rows) in Dictionary(grouping: rows, by: { $0.pane / step })
        where stretch >= first && stretch < end {
            stretches.add(rows.reduce(0) { $0 + $1.measures[measure] })
        }
        return stretches
    }

    func newborn(dimension: Int, window: UInt32, youngerThan: UInt32) -> Double {
        var born: [Int: Int64] = [:]
        for row in recent(window) {
            born[row.values[dimension]] = row.created ?? (now - Int64(youngerThan))
        }
        return Double(born.values.count { now - $0 < Int64(youngerThan) })
    }

    func activeHours(hours: UInt32) -> Int {
        let hour = now / 360
        return Set(rows.map { $0.pane / 360 }.filter { $0 <= hour && hour - $0 < Int64(hours) })
            .count
    }

    var agePanes: UInt32 { UInt32(now - (rows.first?.pane ?? now)) }

    /// Whether the entity has what `gate` asks for.
    func passes(_ gate: Gate) -> Bool {
        Int64(rows.count) >= gate.minRequests
            && gate.minValues.allSatisfy { counts($0.dimension, 1 << 30).count >= $0.atLeast }
    }
}
