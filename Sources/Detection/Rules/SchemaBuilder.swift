import Aggregation
import Primitives

/// Collects what the rules of one class of entities need kept.
///
/// Canonical: equal sets of rules give equal schemas, whatever their order. `account` is dimension 0 of
/// fingerprints; the other dimensions follow by name, then load window. A dimension whose loads are asked
/// for over several windows has an entry for each: the engine keeps each as a sample of its own.
struct SchemaBuilder {
    /// Dimensions as rules ask for them; panes of the load window, 0 for none.
    private struct Need: Hashable {
        var name: String
        var loadWindow: UInt32
    }

    private let width: PaneWidth
    private var measures: Set<String> = []
    private var needs: Set<Need> = []
    private var named: Set<Need> = []
    private var windows: [UInt32] = []
    private var tracksHours = false
    private var tracksAge = false
    /// Whether a rule feeds campaigns, which takes the names of accounts and their output tokens.
    private var feedsCampaigns = false
    /// What must be remembered longer than windows, in panes.
    private var memory: UInt32 = 1

    init(paneWidth: PaneWidth) { width = paneWidth }

    mutating func add(_ rule: Rule) {
        rule.condition.forEachFeature { add($0) }
        for evidence in rule.evidence { add(evidence.value) }
        if rule.campaign != nil { addFeed() }
    }

    /// Adds what a rule needs that feeds campaigns.
    mutating func addFeed() {
        feedsCampaigns = true
        measures.insert(Vocabulary.outputTokens)
    }

    /// Adds what one piece of evidence, or one call in a condition, needs.
    mutating func add(_ value: EvidenceTerm) {
        switch value {
        case .number(let term): term.forEachFeature { add($0) }
        case .top(let dimension, _, let windowMs):
            let need = Need(name: dimension, loadWindow: panes(windowMs))
            needs.insert(need)
            named.insert(need)
            windows.append(need.loadWindow)
        }
    }

    private func panes(_ ms: Int64) -> UInt32 { width.count(spanMs: ms) }

    private mutating func add(_ feature: Feature) {
        if feature.youngerMs > 0 { memory = max(memory, panes(feature.youngerMs)) }
        let window = feature.window(in: width)
        if window > 0 { windows.append(window) }
        switch feature.question.row.keeps {
        case .measure: measures.insert(feature.subject)
        case .values: needs.insert(Need(name: feature.subject, loadWindow: 0))
        case .loads: needs.insert(Need(name: feature.subject, loadWindow: window))
        case .hours: tracksHours = true
        case .age: tracksAge = true
        case .nothing: break
        }
    }

    /// The schema of all rules added.
    func schema(of entity: EntityClass, isUsed: Bool) -> StateSchema {
        var dimensions: [StateSchema.Dimension] = []
        let all = ordered(entity, isUsed: isUsed)
        let ofEdges = feedsCampaigns ? all.last { $0.name == Vocabulary.account } : nil
        for need in all {
            // An entry with loads answers `distinct` as well.
            if need.loadWindow == 0, needs.contains(where: { $0.name == need.name && $0 != need }) {
                continue
            }
            dimensions.append(
                StateSchema.Dimension(
                    name: need.name, isNamed: named.contains(need) || need == ofEdges,
                    loadWindow: need.loadWindow))
        }
        return StateSchema(
            measures: ["requests"] + measures.subtracting(["requests"]).sorted(),
            dimensions: dimensions, minWindow: windows.min() ?? 1,
            maxWindow: max(memory, windows.max() ?? 1), tracksHours: tracksHours,
            tracksAge: tracksAge)
    }

    private func ordered(_ entity: EntityClass, isUsed: Bool) -> [Need] {
        var all = needs
        let hasAccount = all.contains { $0.name == Vocabulary.account }
        if entity == .fingerprint, isUsed, !hasAccount {
            all.insert(Need(name: Vocabulary.account, loadWindow: 0))
        }
        return all.sorted { a, b in
            if (a.name == Vocabulary.account) != (b.name == Vocabulary.account) {
                return a.name == Vocabulary.account
            }
            return (a.name, a.loadWindow) < (b.name, b.loadWindow)
        }
    }
}
