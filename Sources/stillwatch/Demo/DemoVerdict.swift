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

    /// Campaigns that are open at the end.
    private let campaigns: [FoundCampaign]

    init(_ report: ReplayDriver.Report, _ labels: Labels, _ ledger: RequestLedger) {
        self.labels = labels
        self.ledger = ledger
        campaigns = FoundCampaign.all(in: report, labels)
        let attribution = Attribution(labels)
        created = labels.populations.map { _ in [] } + [[]]
        for finding in report.findings
        where finding.status == .create && !finding.rule.shadow && finding.campaign == nil {
            let index = attribution.population(of: finding) ?? labels.populations.count
            created[index].append(finding)
        }
    }

    /// Whether every farm was found by something its accounts share, and nothing else was flagged.
    var isGood: Bool {
        labels.populations.indices.allSatisfy { index in
            let kind = labels.populations[index].spec.kind
            return kind.isFarm ? isFound(index) : isQuiet(index)
        } && isQuiet(labels.populations.count)
    }

    private func isFound(_ index: Int) -> Bool {
        created[index].contains { $0.entityKind != "account" }
            || campaigns.contains { $0.population == index }
    }

    /// Whether nothing was said of a population, the last for ordinary traffic.
    private func isQuiet(_ index: Int) -> Bool {
        created[index].isEmpty && !campaigns.contains { $0.population == index }
    }

    /// The summary for people.
    var text: String {
        let farms = labels.populations.indices.filter { labels.populations[$0].spec.kind.isFarm }
        let others = labels.populations.indices.filter { !farms.contains($0) }
        var text = "\nFarms\n"
        for index in farms { text += farmText(index) }
        let flagged = others.filter { !isQuiet($0) }
        let quiet = others.filter { isQuiet($0) && labels.populations[$0].requests > 0 }
        text += "Stayed quiet\n"
        for index in quiet { text += "  \(size(labels.populations[index]))\n" }
        let rest = labels.populations.count
        if flagged.isEmpty, isQuiet(rest) { return text + verdict }
        text += "Flagged, and no farm\n"
        for index in flagged { text += flaggedText(index, labels.populations[index].id) }
        if !isQuiet(rest) { text += flaggedText(rest, "ordinary customers") }
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
        created.indices.reduce(0) { sum, index in
            let isFarm =
                index < labels.populations.count && labels.populations[index].spec.kind.isFarm
            return sum
                + (isFarm
                    ? 0 : created[index].count + campaigns.count { $0.population == index })
        }
    }

    private func flaggedText(_ index: Int, _ name: String) -> String {
        var parts = campaigns.filter { $0.population == index }.map { campaign in
            "a campaign of \(grouped(campaign.members.reduce(0, +))) accounts "
                + "(\(campaign.last.rule.severity.rawValue), \(campaign.last.rule.id))"
        }
        if !created[index].isEmpty { parts.append(findingsText(created[index])) }
        return "  \(name): \(parts.joined(separator: "; "))\n"
    }

    private func size(_ population: Labels.Population) -> String {
        "\(population.id): \(population.spec.kind.summary), "
            + "\(grouped(population.spec.accounts)) accounts, "
            + "\(grouped(population.requests)) requests"
    }

    private func farmText(_ index: Int) -> String {
        let population = labels.populations[index]
        var text = "  \(size(population))\n"
        guard isFound(index) else { return text + "    MISSED\n" }
        let own = campaigns.filter { $0.population == index }
        if !own.isEmpty {
            return own.reduce(text) { $0 + campaignText($1, of: index) }
        }
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

    private func campaignText(_ campaign: FoundCampaign, of index: Int) -> String {
        let population = labels.populations[index]
        let startMs = population.first?.ms ?? campaign.first.time.ms
        let requests = ledger.requests(of: index, until: campaign.first.time)
        let share = 100 * Double(requests) / Double(max(1, population.requests))
        let others = campaign.members.reduce(0, +) - campaign.members[index]
        let kind = campaign.last.campaign?.campaignClass.rawValue ?? "?"
        let strongest = campaign.names("leads").first.map { ", above all \(shortened($0, to: 60))" }
        return """
                one campaign, \(String(campaign.first.uid.description.prefix(8))): \(kind), \
            \(campaign.last.rule.severity.rawValue); found after \
            \(TimeText.span(ms: campaign.first.time.ms - startMs)) and \(grouped(requests)) requests \
            (\(decimal(share)) %)
                members: \(grouped(campaign.members[index])) of its accounts\
            \(others > 0 ? ", and \(grouped(others)) of others" : ", and nobody else")
                evidence: \(campaign.names("group_names").joined(separator: ", ")); \
            \(count(campaign.number("fingerprints"), "fingerprint"))\(strongest ?? "")
                it took \(grouped(campaign.number("requests"))) requests and \
            \(grouped(campaign.number("tokens"))) output tokens

            """
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
            + "after \(TimeText.span(ms: finding.time.ms - startMs)) and \(grouped(requests)) requests "
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
