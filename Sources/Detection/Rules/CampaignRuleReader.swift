import Primitives
import YAML

/// Reads one document as a campaign rule.
struct CampaignRuleReader {
    /// What `kind` says in such a document.
    static let kind = "CampaignRule"

    private var map: MappingReader
    private let vocabulary: Vocabulary
    private let diagnostics: Diagnostics

    init?(_ document: Node, vocabulary: Vocabulary, _ diagnostics: Diagnostics) {
        guard let map = MappingReader(document, "a campaign rule", diagnostics) else { return nil }
        self.map = map
        self.vocabulary = vocabulary
        self.diagnostics = diagnostics
    }

    /// Findings of campaigns change slowly, and one that comes back is the same campaign.
    private static let lifecycle = Lifecycle(
        holdMs: 0, keepMs: 24 * 3_600_000, updateEveryMs: 6 * 3_600_000, cooldownMs: 0)

    /// The rule; nil or without meaning where errors were reported.
    mutating func read() -> CampaignRule? {
        map.ruleHeader(kind: Self.kind)
        var info = map.ruleInfo()
        let status = map.choice("status", of: RuleStatus.self) ?? .active
        let campaignClass = map.required("class")?
            .choice("'class'", of: CampaignClass.self, diagnostics)
        let lifecycle = map.ruleLifecycle(default: Self.lifecycle)
        let when = map.required("when")
        map.finish()
        guard let when, let condition = condition(when), let campaignClass else { return nil }
        info?.shadow = status == .shadow
        guard var info else { return nil }
        if info.attack.isEmpty { info.attack = Atlas.techniques(of: campaignClass) }
        return CampaignRule(
            info: info, status: status, campaignClass: campaignClass,
            conditionText: oneLine(when.scalar?.text ?? ""), lifecycle: lifecycle,
            file: map.node.source.name,
            position: map.node["id"]?.range.start ?? map.node.range.start, condition: condition)
    }

    private func condition(_ node: Node) -> CampaignCondition? {
        guard let text = node.text("'when'", diagnostics) else { return nil }
        let source = ExpressionSource(node: node, text: text)
        var checker = CampaignChecker(vocabulary: vocabulary)
        var errors: [ExpressionError] = []
        var typed: CampaignChecker.TypedCondition?
        do throws(ExpressionError) {
            typed = checker.check(try ExpressionParser.parse(text))
            errors = checker.errors
        } catch {
            errors = [error]
        }
        if errors.isEmpty, let typed, typed.type != .flag {
            let range = TextRange(lower: 0, upper: source.trimmedCount)
            let message = "a condition is true or false, this is \(typed.type.rawValue)"
            errors = [ExpressionError(message: message, range: range)]
        }
        for error in errors {
            diagnostics.error(
                error.message, at: source.places.range(error.range.lower, error.range.upper),
                in: source.source, notes: error.notes)
        }
        return errors.isEmpty ? typed?.condition : nil
    }
}
