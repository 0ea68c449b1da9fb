import Detection
import Primitives
import Replay
import Simulation

/// What a demo has shown: which farms were found and when, and what stayed quiet.
struct DemoVerdict {
    private let labels: Labels
    private let ledger: RequestLedger
    /// Findings that began, by population, in their order; the last for ordinary traffic.
    private var created: [[Finding]]

    init(_ findings: [Finding], _ labels: Labels, _ ledger: RequestLedger) {
        self.labels = labels
        self.ledger = ledger
        let attribution = Attribution(labels)
        created = labels.populations.map { _ in [] } + [[]]
        for finding in findings where finding.status == .create && !finding.rule.shadow {
            let index = attribution.population(of: finding) ?? labels.populations.count
            created[index].append(finding)
        }
    }

    /// Whether every farm was found by something its accounts share, and nothing else was flagged.
    var isGood: Bool {
        labels.populations.indices.allSatisfy { index in
            let kind = labels.populations[index].spec.kind
            return kind.isFarm ? isFound(index) : created[index].isEmpty
        } && (created.last?.isEmpty ?? true)
    }

    private func isFound(_ index: Int) -> Bool {
        created[index].contains { $0.entityKind != "account" }
    }

    /// The summary for people.
    var text: String {
        let farms = labels.populations.indices.filter { labels.populations[$0].spec.kind.isFarm }
        let others = labels.populations.indices.filter { !farms.contains($0) }
        var text = "\nFarms\n"
        for index in farms { text += farmText(index) }
        let flagged = others.filter { !created[$0].isEmpty }
        let quiet = others.filter { created[$0].isEmpty && labels.populations[$0].requests > 0 }
        text += "Stayed quiet\n"
        for index in quiet { text += "  \(size(labels.populations[index]))\n" }
        if flagged.isEmpty, created.last?.isEmpty ?? true { return text + verdict }
        text += "Flagged, and no farm\n"
        for index in flagged {
            text += "  \(labels.populations[index].id): \(findingsText(created[index]))\n"
        }
        if let rest = created.last, !rest.isEmpty {
            text += "  ordinary customers: \(findingsText(rest))\n"
        }
        return text + verdict
    }

    private var verdict: String {
        let farms = labels.populations.indices.filter { labels.populations[$0].spec.kind.isFarm }
        let found = farms.count { isFound($0) }
        return "\n\(found) of \(count(farms.count, "farm")) found, "
            + (isGood || found < farms.count && falseAlarms == 0
                ? "nothing else flagged\n" : "\(count(falseAlarms, "false alarm"))\n")
    }

    private var falseAlarms: Int {
        created.enumerated().reduce(0) { sum, item in
            let isFarm =
                item.offset < labels.populations.count
                && labels.populations[item.offset].spec.kind.isFarm
            return sum + (isFarm ? 0 : item.element.count)
        }
    }

    private func size(_ population: Labels.Population) -> String {
        "\(population.id): \(describe(population.spec)), "
            + "\(grouped(population.spec.accounts)) accounts, "
            + "\(grouped(population.requests)) requests"
    }

    private func describe(_ spec: PopulationSpec) -> String {
        switch spec.kind {
        case .customers: "ordinary customers"
        case .bulk: "bulk programs, one template, round the clock"
        case .nat: "unrelated subscribers behind a carrier's few addresses"
        case .ci: "one organisation's build jobs, a fresh address each"
        case .gateway: "a legitimate gateway with many end users"
        case .harness: "the crowd of a public agent harness, one system prompt"
        case .s1: "a small and clean farm"
        case .s4: "a wide and shallow farm"
        case .load: "evenly spaced load"
        }
    }

    private func farmText(_ index: Int) -> String {
        let population = labels.populations[index]
        var text = "  \(size(population))\n"
        guard isFound(index) else { return text + "    MISSED\n" }
        var first: [(rule: String, finding: Finding, entities: Int)] = []
        for finding in created[index] {
            if let known = first.firstIndex(where: { $0.rule == finding.rule.id }) {
                first[known].entities += 1
            } else {
                first.append((finding.rule.id, finding, 1))
            }
        }
        for item in first { text += "    \(firstText(item, of: index))\n" }
        return text
    }

    private func firstText(
        _ item: (rule: String, finding: Finding, entities: Int), of index: Int
    ) -> String {
        let population = labels.populations[index]
        let finding = item.finding
        let startMs = population.first?.ms ?? finding.time.ms
        let requests = ledger.requests(of: index, until: finding.time)
        let share = 100 * Double(requests) / Double(max(1, population.requests))
        let more = item.entities > 1 ? ", then \(grouped(item.entities - 1)) more" : ""
        return "found by \(item.rule) on \(shortened(finding.entity)) "
            + "after \(span(finding.time.ms - startMs)) and \(grouped(requests)) requests "
            + "(\(decimal(share)) %)\(more)"
    }

    private func findingsText(_ findings: [Finding]) -> String {
        var byRule: [String: Int] = [:]
        for finding in findings { byRule[finding.rule.id, default: 0] += 1 }
        let parts = byRule.sorted { $0.key < $1.key }.map { "\($0.value) by \($0.key)" }
        let example = findings.first.map { ", first on \(shortened($0.entity))" } ?? ""
        return parts.joined(separator: ", ") + example
    }
}

/// At most so much of an entity's name.
func shortened(_ text: String, to limit: Int = 44) -> String {
    text.count <= limit ? text : text.prefix(limit - 3) + "..."
}

/// A span for people: `50m`, `3h 20m`, `2d 4h`.
func span(_ ms: Int64) -> String {
    let minutes = max(0, ms) / 60_000
    if minutes < 60 { return "\(minutes)m" }
    if minutes < 1440 { return "\(minutes / 60)h \(minutes % 60)m" }
    return "\(minutes / 1440)d \(minutes % 1440 / 60)h"
}
