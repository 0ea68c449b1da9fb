import Detection
import Primitives

/// A rule twice: as the text the engine reads, and as a function over naive facts.
struct NaiveRule {
    var id: String
    /// Kinds it judges; `account` for accounts.
    var kinds: [String]
    /// The condition's features with what they must reach; all must hold.
    var conjuncts: [(feature: NaiveFeature, atLeast: Double)]
    var holdPanes: Int64 = 0
    var keepPanes: Int64 = 0
    var updatePanes: Int64 = 0
    var cooldownPanes: Int64 = 0
    var historyPanes: Int64 = 0
    let width: PaneWidth

    func text() -> String {
        func span(_ panes: Int64) -> String { "\(panes * width.ms / 1000)s" }
        let isAccount = kinds == ["account"]
        let condition = conjuncts.map { "\($0.feature.text(width)) >= \($0.atLeast)" }
        var lines = [
            "for: \(span(holdPanes))", "keep_firing_for: \(span(keepPanes))",
            "suppress: { update_every: \(span(updatePanes)), cooldown: \(span(cooldownPanes)) }",
            "min_history: \(span(historyPanes))",
            "evidence: [\(conjuncts.map { $0.feature.text(width) }.joined(separator: ", "))]",
        ]
        if !isAccount { lines.append("kinds: [\(kinds.joined(separator: ", "))]") }
        return TestRules.text(
            id, entity: isAccount ? "account" : "fingerprint",
            when: condition.joined(separator: " && "), lines)
    }

    /// Panes after its last event in which an entity is a subject of the rule.
    var subjectPanes: Int64 { max(1, conjuncts.map(\.feature.window).max() ?? 1) }

    func holds(_ facts: NaiveFacts, _ now: Int64) -> Bool {
        conjuncts.allSatisfy { $0.feature.value(facts, now, width) >= $0.atLeast }
    }

    func evidence(_ facts: NaiveFacts, _ now: Int64) -> [String] {
        conjuncts.map {
            let value = $0.feature.value(facts, now, width)
            return "\($0.feature.text(width))=\(value.isFinite ? value.description : "undefined")"
        }
    }
}

/// A feature with its window in panes.
enum NaiveFeature {
    case requests(Int64), tokens(Int64), errorRatio(Int64), accounts(Int64), models(Int64)
    case payers(Int64), newAccounts(Int64), evenness(Int64), age

    var window: Int64 {
        switch self {
        case .requests(let w), .tokens(let w), .errorRatio(let w), .accounts(let w), .models(let w),
            .payers(let w), .newAccounts(let w), .evenness(let w):
            w
        case .age: 0
        }
    }

    func text(_ width: PaneWidth) -> String {
        let span = "\(window * width.ms / 1000)s"
        return switch self {
        case .requests: "requests(\(span))"
        case .tokens: "sum(output_tokens, \(span))"
        case .errorRatio: "ratio(errors, \(span))"
        case .accounts: "accounts(\(span))"
        case .models: "distinct(model, \(span))"
        case .payers: "payers(\(span))"
        case .newAccounts: "new_accounts(\(span))"
        case .evenness: "evenness(\(span))"
        case .age: "age() / 1s"
        }
    }

    func value(_ facts: NaiveFacts, _ now: Int64, _ width: PaneWidth) -> Double {
        switch self {
        case .requests(let w): return facts.sum(w, now) { _ in 1 }
        case .tokens(let w): return facts.sum(w, now) { Int64($0.outputTokens ?? 0) }
        case .errorRatio(let w):
            let requests = facts.sum(w, now) { _ in 1 }
            let errors = facts.sum(w, now) { ($0.status ?? 0) >= 400 && $0.status != 429 ? 1 : 0 }
            return requests == 0 ? .nan : errors / requests
        case .accounts(let w): return facts.distinct(w, now) { $0.account }
        case .models(let w): return facts.distinct(w, now) { $0.event.model }
        case .payers(let w): return facts.distinct(w, now) { $0.event.fingerprints["payment"] }
        case .newAccounts(let w):
            return facts.newAccounts(w, now)
        case .evenness: return facts.evenness(now)
        case .age: return Double(facts.age(now) * width.ms) / 1000
        }
    }
}
