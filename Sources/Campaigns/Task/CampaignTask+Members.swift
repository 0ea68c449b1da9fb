import Detection
import Primitives

/// Who belongs to which campaign.
extension CampaignTask {
    /// What an account has in one record.
    private struct Tally {
        var record: Int32
        var ties = 0
        var cores = 0
        var requests: Int64 = 0
        var tokens: Int64 = 0
        var firstSeen = EventTime(ms: .max)
    }

    /// Looks at the accounts whose edges or campaigns have changed, and keeps the sums of the records.
    mutating func updateMembership() {
        updateBacking()
        var touched: [Int32] = []
        swap(&touched, &graph.touched)
        for slot in touched {
            graph.accounts[Int(slot)].isTouched = false
            let before = graph.accounts[Int(slot)].contribution
            var after = Contribution()
            if let tally = home(of: slot) {
                let created = graph.accounts[Int(slot)].created
                after = Contribution(
                    record: tally.record, requests: tally.requests, tokens: tally.tokens,
                    isNew: created.map { tally.firstSeen.ms - $0.ms < Self.newAccountMs } ?? false,
                    isBanned: verdicts[graph.accounts[Int(slot)].key]?.bannedAt != nil)
            }
            if before != after {
                add(before, by: -1)
                add(after, by: 1)
                graph.accounts[Int(slot)].contribution = after
            }
            if before.record != after.record { loosen(slot) }
            rowsToTell.append(slot)
        }
    }

    // MARK: Backing

    /// Accounts from which on a soft fingerprint may need backing.
    private static let leastToBack = 12

    /// Looks which soft edges of the touched accounts are backed or seconded, and touches the accounts of the fingerprints
    /// for which that decides otherwise from now on. Those that need backing are soft ones of a campaign with many, with twelve
    /// accounts at least, two thirds of which have a hard fingerprint of the same campaign. Those that need a second are
    /// such half of whose accounts have any other fingerprint of it.
    private mutating func updateBacking() {
        var judged = graph.toJudge + regrouped.flatMap { records[$0].fingerprints }
        graph.toJudge = []
        regrouped = []
        for account in graph.touched {
            let edges = graph.accounts[Int(account)].edges
            // The campaigns of its hard fingerprints, and those of which it has two of any role.
            var (hard, once, twice): ([Int32], Set<Int32>, Set<Int32>) = ([], [], [])
            for edge in edges where isMember(edge.fingerprint) {
                let record = graph.fingerprints[Int(edge.fingerprint)].record
                if role(of: edge) == .hard { hard.append(record) }
                if !once.insert(record).inserted { twice.insert(record) }
            }
            for (i, edge) in edges.enumerated() where role(of: edge) == .soft {
                let slot = edge.fingerprint
                judged.append(slot)
                let record = graph.fingerprints[Int(slot)].record
                let isBacked = isMember(slot) && hard.contains(record)
                if isBacked != edge.isBacked {
                    graph.accounts[Int(account)].edges[i].isBacked = isBacked
                    graph.fingerprints[Int(slot)].backedEdges += isBacked ? 1 : -1
                }
                let isSeconded = isMember(slot) && twice.contains(record)
                if isSeconded != edge.isSeconded {
                    graph.accounts[Int(account)].edges[i].isSeconded = isSeconded
                    graph.fingerprints[Int(slot)].secondedEdges += isSeconded ? 1 : -1
                }
            }
        }
        graph.walkMark += 1
        var passesOn: [Int32: Bool] = [:]
        for slot in judged where graph.fingerprints[Int(slot)].mark != graph.walkMark {
            graph.fingerprints[Int(slot)].mark = graph.walkMark
            let entry = graph.fingerprints[Int(slot)]
            let ofMany = passesOn[entry.record] ?? passesOnFrames(entry.record)
            passesOn[entry.record] = ofMany
            let isJudged = ofMany && entry.degree >= Self.leastToBack
            let backing = isJudged && 3 * entry.backedEdges >= 2 * entry.degree
            let second = isJudged && 2 * entry.secondedEdges >= entry.degree
            guard (backing, second) != (entry.needsBacking, entry.needsSecond) else { continue }
            graph.fingerprints[Int(slot)].needsBacking = backing
            graph.fingerprints[Int(slot)].needsSecond = second
            for account in entry.accounts { graph.touch(account) }
        }
    }

    /// Whether a record has more soft fingerprints than an operator makes up himself.
    private func passesOnFrames(_ record: Int32) -> Bool {
        guard record >= 0 else { return false }
        let soft = records[record].fingerprints.count {
            graph.fingerprints[Int($0)].role == .soft
        }
        return soft > settings.ownFrames
    }

    private func role(of edge: EdgeState) -> Role {
        graph.fingerprints[Int(edge.fingerprint)].role
    }

    /// Whether an edge makes its account a member of the campaign of its fingerprint.
    private func counts(_ edge: EdgeState) -> Bool {
        let slot = Int(edge.fingerprint)
        return isMember(edge.fingerprint)
            && (edge.isBacked || !graph.fingerprints[slot].needsBacking)
            && (edge.isSeconded || !graph.fingerprints[slot].needsSecond)
    }

    /// Lets what an account only adds weight with be attached anew.
    private mutating func loosen(_ account: Int32) {
        for edge in graph.accounts[Int(account)].edges where isLoose(edge.fingerprint) {
            loose.append(edge.fingerprint)
        }
    }

    /// An account younger than 14 days is new.
    private static let newAccountMs: Int64 = 14 * 86_400_000

    private mutating func add(_ contribution: Contribution, by sign: Int) {
        let record = contribution.record
        guard record >= 0 else { return }
        records[record].accounts += sign
        if contribution.isNew { records[record].newAccounts += sign }
        if contribution.isBanned { records[record].banned += sign }
        records[record].requests += Int64(sign) * contribution.requests
        records[record].tokens += Int64(sign) * contribution.tokens
        markRecord(record, keepsView: true)
    }

    /// The record an account belongs to: the one it has most ties to. One that is in too many belongs to none.
    ///
    /// The same request counts for every fingerprint it came with, so of an account's edges the largest counts.
    private func home(of account: Int32) -> Tally? {
        var tallies: [Tally] = []
        for edge in graph.accounts[Int(account)].edges {
            let slot = edge.fingerprint
            guard counts(edge) else { continue }
            let record = graph.fingerprints[Int(slot)].record
            var i = tallies.firstIndex { $0.record == record }
            if i == nil {
                tallies.append(Tally(record: record))
                i = tallies.count - 1
            }
            guard let i else { continue }
            tallies[i].ties += 1
            if graph.fingerprints[Int(slot)].weight >= settings.coreWeight { tallies[i].cores += 1 }
            tallies[i].requests = max(tallies[i].requests, edge.requests)
            tallies[i].tokens = max(tallies[i].tokens, edge.tokens)
            tallies[i].firstSeen = min(tallies[i].firstSeen, edge.firstSeen)
        }
        guard var best = tallies.first, tallies.count <= settings.campaignsPerAccount else {
            return nil
        }
        for other in tallies.dropFirst() {
            if other.ties != best.ties {
                if other.ties > best.ties { best = other }
            } else if records[other.record].isOlder(than: records[best.record]) {
                best = other
            }
        }
        return best
    }

    // MARK: Rows

    /// Tells of the members that have changed: those whose edges have, and all of campaigns that were told of anew.
    mutating func tellMembers(_ end: EventTime, _ output: inout CampaignOutput) {
        for record in toldRecords where records.slot(records[record].key) == record {
            for slot in records[record].fingerprints {
                rowsToTell += graph.fingerprints[Int(slot)].accounts
            }
        }
        toldRecords.removeAll(keepingCapacity: true)
        var slots: [Int32] = []
        swap(&slots, &rowsToTell)
        graph.walkMark += 1
        var changes: [MemberChange] = []
        for slot in slots where graph.accounts[Int(slot)].mark != graph.walkMark {
            graph.accounts[Int(slot)].mark = graph.walkMark
            guard !graph.accounts[Int(slot)].name.isEmpty || graph.accounts[Int(slot)].key != 0
            else { continue }
            let before = graph.accounts[Int(slot)].row
            let after = row(of: slot)
            if isNews(before, after) {
                graph.accounts[Int(slot)].row = after
                graph.accounts[Int(slot)].isChanged = true
                changes.append(
                    MemberChange(account: graph.accounts[Int(slot)].name, row: after, time: end))
            }
            if graph.accounts[Int(slot)].edges.isEmpty { graph.removeAccount(slot) }
        }
        changes.sort { $0.account.lexicographicallyPrecedes($1.account) }
        output.members += changes
    }

    /// Whether the difference is worth telling: not every further tie is.
    private func isNews(_ before: MemberRow?, _ after: MemberRow?) -> Bool {
        guard let before, let after else { return before != after }
        return before.campaign != after.campaign || before.campaignClass != after.campaignClass
            || before.confidence != after.confidence || before.closed != after.closed
    }

    /// What is true of an account; nil where it is a member of no campaign that is told of, or was until it closed.
    private func row(of account: Int32) -> MemberRow? {
        let record = graph.accounts[Int(account)].contribution.record
        guard record >= 0, let rule = records[record].shownRule ?? records[record].closedRule,
            !rules.rules[rule].info.shadow, let tally = home(of: account)
        else { return nil }
        return MemberRow(
            campaign: records[record].uid, campaignClass: rules.rules[rule].campaignClass,
            since: tally.firstSeen,
            confidence: Self.confidence(
                ties: tally.ties, hasCore: tally.cores > 0, groups: records[record].groups),
            ties: tally.ties, closed: records[record].closedAt)
    }

    /// 45 for one tie, 15 more where a core is among them, 10 for each further tie up to two, 10 for each group of
    /// evidence of the campaign beside the first, up to two; 99 at most.
    static func confidence(ties: Int, hasCore: Bool, groups: Int) -> Int {
        min(
            99,
            45 + (hasCore ? 15 : 0) + 10 * min(2, max(0, ties - 1)) + 10
                * min(2, max(0, groups - 1)))
    }

    // MARK: What only adds weight

    /// Whether a fingerprint can be attached to a campaign: an attribute, or a soft one that is in no cluster, because it has
    /// no strong lead or because its accounts are with a campaign already.
    func isLoose(_ slot: Int32) -> Bool {
        if graph.fingerprints[Int(slot)].isBenign { return false }
        if graph.isAttribute(slot) { return true }
        // A core of what is asked waits for its cluster: it may be what makes two campaigns one.
        return graph.fingerprints[Int(slot)].role == .soft && !isMember(slot)
            && !graph.isContentCore(slot)
    }

    /// Attaches loose fingerprints to the campaign that most of their accounts belong to.
    mutating func attachLoose() {
        var slots: [Int32] = []
        swap(&slots, &loose)
        graph.walkMark += 1
        for slot in slots where graph.fingerprints[Int(slot)].mark != graph.walkMark {
            graph.fingerprints[Int(slot)].mark = graph.walkMark
            guard graph.isAlive(slot), !isMember(slot) else { continue }
            let wanted = isLoose(slot) ? campaignOfMost(slot) : nil
            if wanted ?? -1 == graph.fingerprints[Int(slot)].record { continue }
            if graph.fingerprints[Int(slot)].record >= 0 { detach(slot) }
            guard let wanted else { continue }
            records[wanted].attached.append(slot)
            graph.fingerprints[Int(slot)].record = wanted
            graph.fingerprints[Int(slot)].isAttached = true
            graph.fingerprints[Int(slot)].isChanged = true
            markRecord(wanted)
        }
    }

    /// Takes a fingerprint from the campaign that it only adds weight to.
    mutating func detach(_ slot: Int32) {
        let record = graph.fingerprints[Int(slot)].record
        records[record].attached.removeAll { $0 == slot }
        graph.fingerprints[Int(slot)].record = -1
        graph.fingerprints[Int(slot)].isAttached = false
        graph.fingerprints[Int(slot)].isChanged = true
        markRecord(record)
    }

    private func campaignOfMost(_ slot: Int32) -> Int32? {
        var count: [Int32: Int] = [:]
        for account in graph.fingerprints[Int(slot)].accounts {
            let record = graph.accounts[Int(account)].contribution.record
            if record >= 0 { count[record, default: 0] += 1 }
        }
        // At most one record can have most of them.
        let degree = graph.fingerprints[Int(slot)].degree
        return count.first { _, shared in
            shared >= settings.minShared && Overlap.isMost(shared, of: degree)
        }?.key
    }
}
