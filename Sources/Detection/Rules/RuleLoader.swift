import Aggregation
import Primitives
import YAML

/// Reads rules from YAML files and checks them: formats, types, names, and ids across files.
///
/// Feed every file to `load`, then take `rules`. What is wrong goes to `diagnostics`; a rule with an error is
/// left out, so `diagnostics.hasErrors` decides whether the rest may be used.
public struct RuleLoader {
    /// Where problems are reported.
    public let diagnostics: Diagnostics
    /// The rules without errors, in the order of files and documents.
    public private(set) var rules: [Rule] = []
    /// The campaign rules without errors, in the same order.
    public private(set) var campaignRules: [CampaignRule] = []
    private let vocabulary: Vocabulary
    private let paneWidth: PaneWidth
    private var firsts: [String: String] = [:]

    /// A loader for panes of `paneWidth` (no window may be shorter); `vocabulary` knows the kinds.
    public init(
        diagnostics: Diagnostics, vocabulary: Vocabulary = Vocabulary(),
        paneWidth: PaneWidth = .standard
    ) {
        self.diagnostics = diagnostics
        self.vocabulary = vocabulary
        self.paneWidth = paneWidth
    }

    /// Adds the rules of one file: each document is a rule or a campaign rule.
    public mutating func load(_ source: SourceText) {
        for document in parseYAML(source, diagnostics: diagnostics) {
            let errors = diagnostics.errorCount
            if document["kind"]?.scalar?.text == CampaignRuleReader.kind {
                loadCampaignRule(document)
                continue
            }
            guard
                var reader = RuleReader(
                    document, vocabulary: vocabulary, paneWidth: paneWidth, diagnostics)
            else { continue }
            let rule = reader.read()
            checkIsNew(document)
            if let rule, diagnostics.errorCount == errors { rules.append(rule) }
        }
    }

    private mutating func loadCampaignRule(_ document: Node) {
        let errors = diagnostics.errorCount
        var reader = CampaignRuleReader(document, vocabulary: vocabulary, diagnostics)
        let rule = reader?.read()
        checkIsNew(document)
        if let rule, diagnostics.errorCount == errors { campaignRules.append(rule) }
    }

    /// Reports the first feature that cannot be kept together with those of the rules before it; call it
    /// when all files are loaded.
    public func checkLimits() {
        for entity in [EntityClass.account, .fingerprint] { checkLimits(of: entity) }
    }

    private func checkLimits(of entity: EntityClass) {
        var builder = SchemaBuilder(paneWidth: paneWidth)
        for rule in rules where rule.entity == entity && rule.status != .paused {
            if rule.campaign != nil { builder.addFeed() }
            for use in rule.featureUses {
                builder.add(use.value)
                let schema = builder.schema(of: entity, isUsed: true)
                let isOver = (
                    measures: schema.measures.count > StateSchema.limit,
                    dimensions: schema.dimensions.count > StateSchema.limit
                )
                guard isOver.measures || isOver.dimensions else { continue }
                let what = isOver.measures ? "measures" : "dimensions"
                return diagnostics.error(
                    "with this, the rules on \(entity.rawValue)s need over \(StateSchema.limit) \(what)",
                    at: use.range, in: use.source,
                    notes: [
                        "each window of evenness, top_share and top on a dimension is one of its own; "
                            + "use fewer, or pause a rule"
                    ])
            }
        }
    }

    private mutating func checkIsNew(_ document: Node) {
        guard let node = document["id"], let id = node.scalar?.text else { return }
        if let first = firsts[id] {
            let notes = ["the first '\(id)' is at \(first)"]
            diagnostics.error("duplicate rule id '\(id)'", at: node, notes: notes)
        } else {
            let start = node.range.start
            firsts[id] = "\(node.source.name):\(start.line):\(start.column)"
        }
    }
}
