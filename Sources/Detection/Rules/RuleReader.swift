import Primitives
import YAML

/// Reads one document as a rule.
struct RuleReader {
    private var map: MappingReader
    private let vocabulary: Vocabulary
    private let paneWidth: PaneWidth
    private let diagnostics: Diagnostics

    /// What `kind` says in such a document.
    static let kind = "Rule"

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
        map.ruleHeader(kind: Self.kind)
        let info = map.ruleInfo()
        let status = map.choice("status", of: RuleStatus.self) ?? .active
        let entity = map.required("entity")?.choice("'entity'", of: EntityClass.self, diagnostics)
        let kinds = entity.flatMap { readKinds(of: $0) }
        let lifecycle = map.ruleLifecycle(default: Lifecycle())
        let feed = readFeed()
        let alertNode = map.optional("alert")
        let alerts = alertNode?.flag("'alert'", diagnostics) ?? true
        let minHistoryMs = map.durationMs("min_history", in: MappingReader.ruleSpanMs) ?? 0
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
}
