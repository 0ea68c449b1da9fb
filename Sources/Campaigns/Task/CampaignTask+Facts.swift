import Detection
import Primitives

/// What there is to say of a campaign.
extension CampaignTask {
    /// The leads that are named at most.
    private static let namedLeads = 20
    /// The accounts that are named at most.
    private static let namedAccounts = 10

    /// What rules are evaluated on. What leads and fingerprints say is put together only where it has changed.
    mutating func view(of record: Int32) -> CampaignView {
        var view = records[record].view ?? leadsView(of: record)
        records[record].view = view
        view.accounts = records[record].accounts
        view.newAccounts = records[record].newAccounts
        view.requests = records[record].requests
        view.tokens = records[record].tokens
        let bans = banEffects(of: record)
        (view.banned, view.replacement, view.failover) = (
            bans.banned, bans.replacement, bans.failover
        )
        return view
    }

    /// What the leads and fingerprints of a record say.
    private func leadsView(of record: Int32) -> CampaignView {
        let entry = records[record]
        var view = CampaignView()
        var kinds: [String: Int] = [:]
        for slot in entry.fingerprints + entry.attached {
            kinds[graph.fingerprints[Int(slot)].kind, default: 0] += 1
            if graph.fingerprints[Int(slot)].isConfirmed { view.confirmed += 1 }
            for lead in graph.fingerprints[Int(slot)].leads where lead.isOpen {
                let group = Self.place(of: lead.feed.group)
                view.groupWeights[group] = max(view.groupWeights[group], lead.feed.weight)
                for (name, value) in lead.evidence where name.hasPrefix(Self.elicitation) {
                    guard case .number(let share) = value else { continue }
                    if !(view.elicitation >= share) { view.elicitation = share }
                }
            }
        }
        view.fingerprints = kinds.sorted { $0.key < $1.key }.map { (kind: $0.key, count: $0.value) }
        return view
    }

    private static let elicitation = "ratio(signals.reasoning_elicitation"

    private static func place(of group: EvidenceGroup) -> Int {
        EvidenceGroup.allCases.firstIndex(of: group) ?? 0
    }

    /// When the first and the last edge of its members were seen.
    func span(of record: Int32) -> (first: EventTime?, last: EventTime?) {
        var first: EventTime?
        var last: EventTime?
        for slot in records[record].fingerprints {
            for account in graph.fingerprints[Int(slot)].accounts {
                guard graph.accounts[Int(account)].contribution.record == record else { continue }
                for edge in graph.accounts[Int(account)].edges where edge.fingerprint == slot {
                    first = min(first ?? edge.firstSeen, edge.firstSeen)
                    last = max(last ?? edge.lastSeen, edge.lastSeen)
                }
            }
        }
        return (first, last)
    }

    /// What a finding shows.
    func evidence(
        of record: Int32, _ view: CampaignView
    ) -> [(name: String, value: EvidenceValue)] {
        let entry = records[record]
        var evidence: [(name: String, value: EvidenceValue)] = [
            ("accounts", .number(Double(view.accounts))),
            ("new_accounts", .number(Double(view.newAccounts))),
            ("fingerprints", .number(Double(view.fingerprints.reduce(0) { $0 + $1.count }))),
            ("requests", .number(Double(view.requests))),
            ("tokens", .number(Double(view.tokens))),
            ("groups", .number(Double(view.groups.count))),
            ("group_names", .names(view.groups.map(\.rawValue))),
            ("score", .number(Double(view.score))),
        ]
        for (kind, count) in view.fingerprints {
            evidence.append(("fingerprints(\(kind))", .number(Double(count))))
        }
        if view.elicitation.isFinite { evidence.append(("elicitation", .number(view.elicitation))) }
        if view.confirmed > 0 { evidence.append(("confirmed", .number(Double(view.confirmed)))) }
        if view.banned > 0 {
            evidence.append(("banned", .number(Double(view.banned))))
            if view.replacement.isFinite {
                evidence.append(("replacement", .number(view.replacement)))
            }
            if view.failover > 0 { evidence.append(("failover", .number(Double(view.failover)))) }
        }
        evidence.append(("leads", .names(leads(of: record))))
        let perEdge =
            (entry.fingerprints + entry.attached)
            .map { graph.fingerprints[Int($0)].accountsPerEdge }.max() ?? 1
        if perEdge > 1 { evidence.append(("accounts_per_edge", .number(Double(perEdge)))) }
        if entry.isThinned { evidence.append(("ties_left_out", .number(1))) }
        evidence.append(("top(account, \(Self.namedAccounts))", .top(busiest(of: record))))
        return evidence
    }

    /// The strongest open leads: rule, fingerprint and accounts. Of each rule and kind the strongest comes first, so that
    /// many frames do not hide the cards.
    private func leads(of record: Int32) -> [String] {
        let slots = records[record].fingerprints + records[record].attached
        var found: [(weight: Int, degree: Int, text: String, what: String)] = []
        for slot in slots {
            let entry = graph.fingerprints[Int(slot)]
            for lead in entry.leads where lead.isOpen {
                let value = String(decoding: entry.value, as: UTF8.self)
                let text = "\(lead.rule) \(entry.kind):\(value) (\(entry.degree) accounts)"
                found.append(
                    (lead.feed.weight, entry.degree, text, "\(lead.rule) \(entry.kind)"))
            }
        }
        found.sort { ($0.weight, $0.degree, $1.text) > ($1.weight, $1.degree, $0.text) }
        var seen: Set<String> = []
        var (first, rest): ([String], [String]) = ([], [])
        for lead in found {
            if seen.insert(lead.what).inserted {
                first.append(lead.text)
            } else {
                rest.append(lead.text)
            }
        }
        return Array((first + rest).prefix(Self.namedLeads))
    }

    /// The members with most requests.
    private func busiest(of record: Int32) -> [(value: [UInt8], count: Int64)] {
        var seen = Set<Int32>()
        var members: [(value: [UInt8], count: Int64)] = []
        for slot in records[record].fingerprints {
            for account in graph.fingerprints[Int(slot)].accounts
            where seen.insert(account).inserted {
                let entry = graph.accounts[Int(account)]
                guard entry.contribution.record == record else { continue }
                members.append((entry.name, entry.contribution.requests))
                if members.count >= 4 * Self.namedAccounts { Self.keepBusiest(&members) }
            }
        }
        Self.keepBusiest(&members)
        return members
    }

    private static func keepBusiest(_ members: inout [(value: [UInt8], count: Int64)]) {
        members.sort {
            $0.count == $1.count
                ? $0.value.lexicographicallyPrecedes($1.value) : $0.count > $1.count
        }
        members.removeLast(max(0, members.count - namedAccounts))
    }
}
