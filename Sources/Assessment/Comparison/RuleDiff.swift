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

    /// What is different in `new`.
    public init(old: [Rule], new: [Rule]) {
        let before = Dictionary(old.map { ($0.info.id, $0) }, uniquingKeysWith: { a, _ in a })
        let after = Dictionary(new.map { ($0.info.id, $0) }, uniquingKeysWith: { a, _ in a })
        entries = Set(before.keys).union(after.keys).sorted().compactMap { id in
            switch (before[id], after[id]) {
            case (nil, let rule?):
                Entry(rule: id, change: "added", details: ["when: \(rule.conditionText)"])
            case (let rule?, nil):
                Entry(rule: id, change: "removed", details: ["when: \(rule.conditionText)"])
            case (let old?, let new?):
                Self.changed(old, new)
            case (nil, nil): nil
            }
        }
    }

    private static func changed(_ old: Rule, _ new: Rule) -> Entry? {
        let before = parts(of: old)
        let details = zip(before, parts(of: new)).filter { $0.value != $1.value }.map {
            "\($0.name): \($0.value) -> \($1.value)"
        }
        guard !details.isEmpty else { return nil }
        return Entry(rule: old.info.id, change: "changed", details: details)
    }

    private static func parts(of rule: Rule) -> [(name: String, value: String)] {
        let info = rule.info
        let lifecycle = rule.lifecycle
        return [
            ("when", rule.conditionText), ("version", "\(info.version)"),
            ("severity", info.severity.rawValue), ("status", rule.status.rawValue),
            ("entity", rule.entity.rawValue), ("kinds", rule.kinds.joined(separator: ", ")),
            ("for", durationText(ms: lifecycle.holdMs)),
            ("keep_firing_for", durationText(ms: lifecycle.keepMs)),
            ("update_every", durationText(ms: lifecycle.updateEveryMs)),
            ("cooldown", durationText(ms: lifecycle.cooldownMs)),
            ("min_history", durationText(ms: rule.minHistoryMs)),
            ("evidence", rule.evidenceNames.joined(separator: ", ")), ("title", info.title),
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
