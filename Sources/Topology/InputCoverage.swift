import Detection
import Events

/// Which share of the events has each field, fingerprint kind and signal, and which rules cannot fire for want of one.
public struct InputCoverage: Sendable, Equatable {
    /// Something an event may carry, as a field map spells it, and how many events do.
    public struct Item: Sendable, Equatable {
        /// Its name: `model`, `fingerprints.payment`.
        public var name: String
        /// Events that carry it.
        public var events: Int
    }

    /// A rule that cannot fire, and what it waits for.
    public struct SilentRule: Sendable, Equatable {
        /// The rule's id.
        public var rule: String
        /// What no event has had, as a field map spells it.
        public var missing: [String]
    }

    /// Events looked at.
    public let events: Int
    /// What rules can ask for: the optional fields, then the kinds and signals that rules name, in their order.
    public let items: [Item]

    /// What the events counted in `counters` carry, under the rules of `plan`.
    public init(_ counters: Counters, plan: TopologyPlan) {
        events = counters.processed
        let coverage = counters.coverage
        var items = EventField.allCases.filter { !Self.unlisted.contains($0) }.map { field in
            Item(name: field.name, events: coverage.fields[Int(field.rawValue)])
        }
        for (index, kind) in plan.kinds.enumerated() {
            var events = coverage.kinds[index]
            // Where an event has an address its subnet follows.
            if index == plan.subnetKind, let ip = plan.ipKind {
                events = max(events, coverage.kinds[ip])
            }
            items.append(Item(name: "fingerprints.\(kind.name)", events: events))
        }
        for (index, signal) in plan.signals.enumerated() {
            items.append(Item(name: "signals.\(signal)", events: coverage.signals[index]))
        }
        self.items = items
    }

    /// Every event has the first two; the last two are told by kind and by signal.
    private static let unlisted: Set<EventField> = [.account, .time, .fingerprints, .signals]

    /// The rules that cannot fire because no event has had what they ask for; empty before the first event.
    ///
    /// Each is judged by itself: O(rules x their size).
    public func silentRules(of rules: RuleSet) -> [SilentRule] {
        guard events > 0 else { return [] }
        let absent = Set(items.filter { $0.events == 0 }.map(\.name))
        return rules.rules.compactMap { rule in
            let missing = rule.needs.blocked { absent.contains($0.name) }
            return missing.isEmpty
                ? nil : SilentRule(rule: rule.info.id, missing: missing.map(\.name))
        }
    }
}
