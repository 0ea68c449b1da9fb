import Primitives
import YAML

/// Reads one document as a rule.
struct RuleReader {
    private var map: MappingReader
    private let vocabulary: Vocabulary
    private let paneWidth: PaneWidth
    private let diagnostics: Diagnostics

    /// Longest duration of a lifecycle: 180 days.
    private static let longestMs: Int64 = 180 * 86_400_000

    init?(
        _ document: Node, vocabulary: Vocabulary, paneWidth: PaneWidth, _ diagnostics: Diagnostics
    ) {
        guard let map = MappingReader(document, "a rule", diagnostics) else { return nil }
        self.map = map
        self.vocabulary = vocabulary
        self.paneWidth = paneWidth
        self.diagnostics = diagnostics
    }

    /// The rule; nil or without meaning where errors were reported.
    mutating func read() -> Rule? {
        readHeader()
        let info = readInfo()
        let status = map.choice("status", of: RuleStatus.self) ?? .active
        let entity = map.required("entity")?.choice("'entity'", of: EntityClass.self, diagnostics)
        let kinds = entity.flatMap { readKinds(of: $0) }
        let lifecycle = readLifecycle()
        let feed = readFeed()
        let alertNode = map.optional("alert")
        let alerts = alertNode?.flag("'alert'", diagnostics) ?? true
        let minHistoryMs = map.durationMs("min_history", in: 0...Self.longestMs) ?? 0
        let when = map.required("when")
        let evidence = map.optional("evidence")
        let testNodes = map.optional("tests")
        map.finish()
        guard let entity, let kinds, let when else { return nil }
        checkFeed(feed, of: entity, alerts, at: alertNode)

        let context = CheckingContext(
            entity: entity, kinds: kinds, vocabulary: vocabulary, paneMs: paneWidth.ms)
        let expressions = ExpressionReader(context: context, diagnostics)
        let condition = expressions.condition(when)
        let shown = expressions.evidence(evidence, condition: condition)
        let tests = RuleTestReader(vocabulary: vocabulary, diagnostics).read(testNodes)
        guard var info, let condition else { return nil }
        warnIfOpen(condition.term, at: when)
        info.shadow = status == .shadow
        return Rule(
            info: info, status: status, entity: entity, kinds: kinds,
            conditionText: oneLine(when.scalar?.text ?? ""), lifecycle: lifecycle,
            minHistoryMs: minHistoryMs, campaign: feed?.feed, alerts: alerts, tests: tests,
            file: map.node.source.name,
            position: map.node["id"]?.range.start ?? map.node.range.start,
            condition: condition.term, evidence: shown, uses: condition.uses)
    }

    /// A condition without a gate is evaluated for every entity that has an event, in every pane.
    private func warnIfOpen(_ condition: Term, at node: Node) {
        guard Gate(condition, dimension: { _ in 0 }).isOpen else { return }
        let notes = [
            "ask for a number of requests, accounts or distinct values that must be reached"
        ]
        diagnostics.warning("this condition is evaluated for every entity", at: node, notes: notes)
    }

    private mutating func readHeader() {
        for (key, value) in [("apiVersion", "stillwatch/v1"), ("kind", "Rule")] {
            guard let node = map.required(key), node.scalar?.text != value else { continue }
            diagnostics.error("'\(key)' must be \(value), not \(node.summary)", at: node)
        }
    }

    private mutating func readInfo() -> RuleInfo? {
        let id = map.required("id").flatMap { readID($0) }
        let version = map.required("version")?
            .integer("'version'", in: 1...1_000_000_000, diagnostics)
        let severity = map.required("severity")?
            .choice("'severity'", of: Severity.self, diagnostics)
        let description = map.required("description")?.text("'description'", diagnostics)
        let attack = readAttack()
        let falsePositives = map.texts("false_positives") ?? []
        let title = map.text("title")
        let references = map.texts("references") ?? []
        let tags = map.texts("tags") ?? []
        guard let id, let version, let severity, let description else { return nil }
        return RuleInfo(
            id: id, version: Int(version), severity: severity, title: title ?? id,
            description: trimmed(description), attack: attack, falsePositives: falsePositives,
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
        guard let node = map.optional("attack") else { return [] }
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

    /// The kinds in canonical order; nil after a report.
    private mutating func readKinds(of entity: EntityClass) -> [String]? {
        let node = map.optional("kinds")
        if entity == .account {
            if let node { diagnostics.error("accounts have no kinds", at: node) }
            return node == nil ? [] : nil
        }
        guard let node else { return Vocabulary.defaultKinds.sorted() }
        guard let items = node.list("'kinds'", limit: 64, diagnostics) else { return nil }
        if items.isEmpty { diagnostics.error("'kinds' names no kind", at: node) }
        var kinds: [String] = []
        for item in items {
            guard let name = item.text("a kind", diagnostics) else { continue }
            if let kind = vocabulary.kind(name) {
                if kinds.contains(kind) { diagnostics.error("'\(kind)' is listed twice", at: item) }
                kinds.append(kind)
            } else {
                let notes = vocabulary.kindNotes(name)
                diagnostics.error("unknown fingerprint kind '\(name)'", at: item, notes: notes)
            }
        }
        return kinds.isEmpty ? nil : kinds.sorted()
    }

    private mutating func readLifecycle() -> Lifecycle {
        let range = 0...Self.longestMs
        var lifecycle = Lifecycle()
        lifecycle.holdMs = map.durationMs("for", in: range) ?? lifecycle.holdMs
        lifecycle.keepMs = map.durationMs("keep_firing_for", in: range) ?? lifecycle.keepMs
        if var suppress = map.mapping("suppress", "'suppress'") {
            lifecycle.updateEveryMs =
                suppress.durationMs("update_every", in: range) ?? lifecycle.updateEveryMs
            lifecycle.cooldownMs =
                suppress.durationMs("cooldown", in: range) ?? lifecycle.cooldownMs
            suppress.finish()
        }
        return lifecycle
    }

    /// `campaign: { group: identity, weight: 3 }`, with where it stands.
    private mutating func readFeed() -> (feed: CampaignFeed?, node: Node)? {
        guard let node = map.optional("campaign"),
            var feed = MappingReader(node, "'campaign'", diagnostics)
        else { return nil }
        let group = feed.required("group")?.choice("'group'", of: EvidenceGroup.self, diagnostics)
        let weight = feed.required("weight")?.integer("'weight'", in: 1...10, diagnostics)
        feed.finish()
        guard let group, let weight else { return (nil, node) }
        return (CampaignFeed(group: group, weight: Int(weight)), node)
    }

    /// Campaigns are made of fingerprints, and a rule has to be good for something.
    private func checkFeed(
        _ feed: (feed: CampaignFeed?, node: Node)?, of entity: EntityClass, _ alerts: Bool,
        at alert: Node?
    ) {
        if let feed, entity == .account {
            let notes = ["accounts are the members of campaigns; fingerprints tie them together"]
            diagnostics.error("a rule on accounts feeds no campaign", at: feed.node, notes: notes)
        }
        if let alert, !alerts, feed == nil {
            let notes = ["let it feed campaigns ('campaign'), or use 'status: shadow' or 'paused'"]
            diagnostics.error("this rule would do nothing", at: alert, notes: notes)
        }
    }

    /// A block's last line break belongs to YAML, not to the sentence.
    private func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
