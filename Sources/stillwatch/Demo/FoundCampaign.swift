import Detection
import Primitives
import Replay
import Simulation

/// A campaign that a demo has found, and whose accounts its members are by the labels.
struct FoundCampaign {
    /// The finding that opened it.
    let first: Finding
    /// What was said of it last.
    let last: Finding
    /// Its members at the end, by population; the last for ordinary traffic.
    let members: [Int]

    /// The population most of its members are of; nil where it has none at the end.
    var population: Int? {
        guard let most = members.max(), most > 0 else { return nil }
        return members.firstIndex(of: most)
    }

    /// All campaigns that were open at the end, in the order they were found in.
    static func all(in report: ReplayDriver.Report, _ labels: Labels) -> [FoundCampaign] {
        var populations: [String: Int] = [:]
        for (index, population) in labels.populations.enumerated() {
            for account in population.accounts { populations[account.name] = index }
        }
        var members: [FindingID: [Int]] = [:]
        let none = [Int](repeating: 0, count: labels.populations.count + 1)
        for (account, row) in report.members {
            let name = String(decoding: account, as: UTF8.self)
            members[row.campaign, default: none][populations[name] ?? none.count - 1] += 1
        }
        var found: [FoundCampaign] = []
        var places: [FindingID: Int] = [:]
        for finding in report.findings where finding.campaign != nil && !finding.rule.shadow {
            if let place = places[finding.uid] {
                found[place] = FoundCampaign(
                    first: found[place].first, last: finding, members: found[place].members)
            } else {
                places[finding.uid] = found.count
                found.append(
                    FoundCampaign(
                        first: finding, last: finding, members: members[finding.uid] ?? none))
            }
        }
        return found.filter { $0.last.status != .close }
    }

    /// A number of the evidence; 0 where it is not there.
    func number(_ name: String) -> Int {
        for item in last.evidence where item.name == name {
            if case .number(let value) = item.value { return Int(value) }
        }
        return 0
    }

    /// Texts of the evidence.
    func names(_ name: String) -> [String] {
        for item in last.evidence where item.name == name {
            if case .names(let names) = item.value { return names }
        }
        return []
    }
}
