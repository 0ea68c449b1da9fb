import Detection
import YAML

/// What two sets of rules differ in, as text for people.
public struct RuleDiff: Sendable {
    /// One rule.
    public struct Entry: Sendable, Equatable {
        /// The rule's id.
        public var rule: String
        /// `added`, `removed` or `changed`.
        public var change: String
        /// What changed, each as `what: before -> after`; for an added or removed rule what it says.
        public var details: [String]
    }

    /// The rules that differ, by id.
    public let entries: [Entry]

    /// What of a rule is compared.
    private typealias Part = (name: String, value: String)

    /// What is different in `new`; campaign rules are rules like others.
    public init(
        old: [Rule], new: [Rule], oldCampaigns: [CampaignRule] = [],
        newCampaigns: [CampaignRule] = []
    ) {
        let before = Self.parts(old, oldCampaigns)
        let after = Self.parts(new, newCampaigns)
        entries = Set(before.keys).union(after.keys).sorted().compactMap { id in
            switch (before[id], after[id]) {
            case (nil, let rule?): Self.whole(id, "added", rule)
            case (let rule?, nil): Self.whole(id, "removed", rule)
            case (let old?, let new?): Self.changed(id, old, new)
            case (nil, nil): nil
            }
        }
    }

    private static func parts(
        _ rules: [Rule], _ campaigns: [CampaignRule]
    ) -> [String: [Part]] {
        let all =
            rules.map { ($0.info.id, parts(of: $0)) }
            + campaigns.map { ($0.info.id, parts(of: $0)) }
        return Dictionary(all, uniquingKeysWith: { a, _ in a })
    }

    private static func whole(_ id: String, _ change: String, _ parts: [Part]) -> Entry {
        Entry(rule: id, change: change, details: ["when: \(parts.first?.value ?? "")"])
    }

    private static func changed(_ id: String, _ old: [Part], _ new: [Part]) -> Entry? {
        let names =
            old.map(\.name)
            + new.map(\.name).filter { name in
                !old.contains { $0.name == name }
            }
        let details = names.compactMap { name -> String? in
            let before = old.first { $0.name == name }?.value ?? ""
            let after = new.first { $0.name == name }?.value ?? ""
            return before == after ? nil : "\(name): \(before) -> \(after)"
        }
        return details.isEmpty ? nil : Entry(rule: id, change: "changed", details: details)
    }

    private static func parts(of rule: CampaignRule) -> [Part] {
        [("when", rule.conditionText)] + parts(rule.info, rule.status, rule.lifecycle)
            + [("class", rule.campaignClass.rawValue)]
    }

    private static func parts(of rule: Rule) -> [Part] {
        [("when", rule.conditionText)] + parts(rule.info, rule.status, rule.lifecycle) + [
            ("entity", rule.entity.rawValue), ("kinds", rule.kinds.joined(separator: ", ")),
            ("min_history", durationText(ms: rule.minHistoryMs)),
            ("evidence", rule.evidenceNames.joined(separator: ", ")),
            (
                "campaign",
                rule.campaign.map { "group \($0.group.rawValue), weight \($0.weight)" } ?? ""
            ),
            ("alert", rule.alerts ? "true" : "false"),
        ]
    }

    private static func parts(
        _ info: RuleInfo, _ status: RuleStatus, _ lifecycle: Lifecycle
    ) -> [Part] {
        [
            ("version", "\(info.version)"), ("severity", info.severity.rawValue),
            ("status", status.rawValue), ("for", durationText(ms: lifecycle.holdMs)),
            ("keep_firing_for", durationText(ms: lifecycle.keepMs)),
            ("update_every", durationText(ms: lifecycle.updateEveryMs)),
            ("cooldown", durationText(ms: lifecycle.cooldownMs)), ("title", info.title),
            ("description", oneLine(info.description)),
            ("attack", info.attack.joined(separator: ", ")),
            ("false_positives", info.falsePositives.joined(separator: "; ")),
            ("references", info.references.joined(separator: ", ")),
            ("tags", info.tags.joined(separator: ", ")),
        ]
    }

    /// A block of lines for each rule; one sentence where nothing differs.
    public var text: String {
        guard !entries.isEmpty else { return "no rule differs\n" }
        return entries.map { entry in
            "\(entry.change) \(entry.rule)\n" + entry.details.map { "  \($0)\n" }.joined()
        }.joined()
    }
}
