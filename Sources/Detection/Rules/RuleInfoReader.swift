import YAML

/// What rules and campaign rules have in common: their header, their face and their lifecycle.
extension MappingReader {
    /// Durations of a lifecycle: up to 180 days.
    static let ruleSpanMs: ClosedRange<Int64> = 0...180 * 86_400_000

    /// Reads `apiVersion` and `kind`.
    mutating func ruleHeader(kind: String) {
        for (key, value) in [("apiVersion", "stillwatch/v1"), ("kind", kind)] {
            guard let node = required(key), node.scalar?.text != value else { continue }
            let notes = key == "kind" ? ["kinds of rules: Rule, CampaignRule"] : []
            diagnostics.error(
                "'\(key)' must be \(value), not \(node.summary)", at: node, notes: notes)
        }
    }

    /// Reads what findings say about a rule; nil after a report.
    mutating func ruleInfo() -> RuleInfo? {
        let id = required("id").flatMap { readID($0) }
        let version = required("version")?
            .integer("'version'", in: 1...1_000_000_000, diagnostics)
        let severity = required("severity")?
            .choice("'severity'", of: Severity.self, diagnostics)
        let description = required("description")?.text("'description'", diagnostics)
        let attack = readAttack()
        let falsePositives = texts("false_positives") ?? []
        let title = text("title")
        let references = texts("references") ?? []
        let tags = texts("tags") ?? []
        guard let id, let version, let severity, let description else { return nil }
        return RuleInfo(
            id: id, version: Int(version), severity: severity, title: title ?? id,
            description: Self.trimmed(description), attack: attack, falsePositives: falsePositives,
            references: references, tags: tags)
    }

    /// Ids are words of small letters, digits and `_`, joined by dots; at least two.
    private func readID(_ node: Node) -> String? {
        guard let id = node.text("'id'", diagnostics) else { return nil }
        let words = id.split(separator: ".", omittingEmptySubsequences: false)
        let isGood = words.allSatisfy { Vocabulary.isName($0) && $0 == $0.lowercased() }
        if isGood, words.count >= 2, id.utf8.count <= 128 { return id }
        let notes = ["ids are dotted words of small letters, digits and _: farm.shared_payment"]
        diagnostics.error("'\(id)' is not a rule id", at: node, notes: notes)
        return nil
    }

    private mutating func readAttack() -> [String] {
        guard let node = optional("attack") else { return [] }
        let items = node.list("'attack'", limit: 20, diagnostics) ?? []
        for item in items where !Self.isTechnique(item.scalar?.text ?? "") {
            let notes = ["technique ids look like AML.T0024 or AML.T0024.002"]
            diagnostics.error("not a MITRE ATLAS technique id", at: item, notes: notes)
        }
        return items.compactMap { $0.scalar?.text }
    }

    private static func isTechnique(_ id: String) -> Bool {
        let parts = id.split(separator: ".", omittingEmptySubsequences: false)
        func isNumber(_ text: Substring, _ digits: Int) -> Bool {
            text.utf8.count == digits && text.allSatisfy { ("0"..."9").contains($0) }
        }
        guard parts.count == 2 || parts.count == 3, parts[0] == "AML", parts[1].first == "T" else {
            return false
        }
        return isNumber(parts[1].dropFirst(), 4) && (parts.count == 2 || isNumber(parts[2], 3))
    }

    /// Reads `for`, `keep_firing_for` and `suppress`.
    mutating func ruleLifecycle(default lifecycle: Lifecycle) -> Lifecycle {
        let range = Self.ruleSpanMs
        var lifecycle = lifecycle
        lifecycle.holdMs = durationMs("for", in: range) ?? lifecycle.holdMs
        lifecycle.keepMs = durationMs("keep_firing_for", in: range) ?? lifecycle.keepMs
        if var suppress = mapping("suppress", "'suppress'") {
            lifecycle.updateEveryMs =
                suppress.durationMs("update_every", in: range) ?? lifecycle.updateEveryMs
            lifecycle.cooldownMs =
                suppress.durationMs("cooldown", in: range) ?? lifecycle.cooldownMs
            suppress.finish()
        }
        return lifecycle
    }

    /// A block's last line break belongs to YAML, not to the sentence.
    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
