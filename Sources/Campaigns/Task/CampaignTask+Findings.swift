import Detection
import Primitives

/// What campaigns say, and when.
extension CampaignTask {
    /// Evaluates the rules of records that have changed or that time passes for, in the order of their keys.
    mutating func evaluate(_ end: EventTime, _ output: inout CampaignOutput) {
        predecessors.expire(upTo: end.advanced(byMs: -settings.rememberMs))
        episodes.expire(at: end)
        var keys = dirtyRecords.map { records[$0].key }
        for record in dirtyRecords { records[record].isDirty = false }
        dirtyRecords.removeAll(keepingCapacity: true)
        for watch in episodes.watched { keys.append(watch.entityKey) }
        keys.sort()
        var last: UInt64?
        for key in keys where key != last {
            last = key
            let record = records.slot(key)
            if let record, !records[record].isMerged {
                evaluate(record, end, &output)
            } else {
                // It became part of another, which speaks for it.
                for rule in rules.rules.indices where !(isMuted && mutedRules[rule]) {
                    _ = episodes.observe(rule: rule, entityKey: key, holds: false, at: end)
                }
            }
            if let record, records[record].fingerprints.isEmpty, records[record].shownRule == nil {
                for slot in records[record].attached { detach(slot) }
                records.remove(record)
            }
        }
        dismissed.removeAll()
        // Detaching from what is removed has marked it again.
        for record in dirtyRecords { records[record].isDirty = false }
        dirtyRecords.removeAll(keepingCapacity: true)
    }

    private mutating func evaluate(
        _ record: Int32, _ end: EventTime, _ output: inout CampaignOutput
    ) {
        let view = view(of: record)
        records[record].groups = view.groups.count
        let shown = records[record].shownRule
        var isUpdate = false
        for (i, rule) in rules.rules.enumerated() where !(isMuted && mutedRules[i]) {
            let step = episodes.observe(
                rule: i, entityKey: records[record].key, holds: rule.holds(view), at: end)
            if i == shown, step?.status == .update { isUpdate = true }
        }
        if shown != nil, isDismissed(record) {
            return close(record, view, end, &output, reason: "benign")
        }
        // One that a verdict has closed opens no more before a rule holds again.
        let best = rules.rules.indices.first {
            episodes.isOpen(rule: $0, entityKey: records[record].key)
                && (shown != nil || rules.rules[$0].holds(view))
        }
        switch (shown, best) {
        case (nil, nil): return
        case (nil, let best?): open(record, best, view, end, &output)
        case (_?, nil): close(record, view, end, &output)
        case (let old?, let best?) where old != best:
            // Rules on trial speak on a topic of their own.
            if rules.rules[old].info.shadow != rules.rules[best].info.shadow {
                close(record, view, end, &output)
                open(record, best, view, end, &output)
            } else {
                records[record].shownRule = best
                tell(record, .update, view, end, &output)
            }
        default:
            if isUpdate { tell(record, .update, view, end, &output) }
        }
    }

    private mutating func open(
        _ record: Int32, _ rule: Int, _ view: CampaignView, _ end: EventTime,
        _ output: inout CampaignOutput
    ) {
        if records[record].wasShown {
            records[record].isReturning = true
            predecessors.remove(records[record].uid)
        } else {
            follow(record, end)
        }
        records[record].shownRule = rule
        records[record].closedRule = nil
        records[record].closedAt = nil
        if records[record].firstSeen == nil { records[record].firstSeen = span(of: record).first }
        tell(record, .create, view, end, &output)
        records[record].isReturning = false
    }

    /// Looks whether a campaign that nobody was told of is one that closed before.
    private mutating func follow(_ record: Int32, _ end: EventTime) {
        let keys = records[record].fingerprints.map { slot in
            let entry = graph.fingerprints[Int(slot)]
            return (key: entry.key, isSoft: entry.role == .soft)
        }
        guard let before = predecessors.match(keys) else { return }
        guard end.ms - before.closed.ms < settings.continueMs else {
            records[record].successorOf = before.uid
            return
        }
        records[record].uid = before.uid
        records[record].sequence = before.sequence
        records[record].firstSeen = before.firstSeen
        records[record].isReturning = true
        predecessors.remove(before.uid)
    }

    private mutating func close(
        _ record: Int32, _ view: CampaignView, _ end: EventTime, _ output: inout CampaignOutput,
        reason: String? = nil
    ) {
        tell(record, .close, view, end, &output, reason: reason)
        // Who was a member of what a verdict calls benign is released.
        records[record].closedRule = reason == nil ? records[record].shownRule : nil
        records[record].shownRule = nil
        records[record].closedAt = end
        let strongest = strongestFirst(records[record].fingerprints)
            .prefix(Predecessors.fingerprintLimit)
        predecessors.insert(
            Predecessor(
                uid: records[record].uid, birth: records[record].birth, closed: end,
                sequence: records[record].sequence, firstSeen: records[record].firstSeen ?? end,
                fingerprints: strongest.map { graph.fingerprints[Int($0)].key }.sorted()),
            limit: settings.maxRemembered)
    }

    /// Says that a campaign is part of another from now on, with which it is in one `cluster`.
    mutating func redirect(
        _ lost: Int32, to survivor: Int32, by cluster: [Int32], _ end: EventTime,
        _ output: inout CampaignOutput
    ) {
        tell(
            lost, .close, view(of: lost), end, &output, redirectTo: records[survivor].uid,
            reason: reason(lost, cluster))
        records[lost].shownRule = nil
        records[lost].closedAt = end
    }

    /// The kind of what a record shares most accounts with the rest of its cluster by.
    private func reason(_ lost: Int32, _ cluster: [Int32]) -> String {
        let rest = Set(cluster)
        var best: (shared: Int32, a: UInt64, b: UInt64, kind: String, role: Role)?
        for slot in records[lost].fingerprints {
            let entry = graph.fingerprints[Int(slot)]
            for neighbor in entry.neighbors where rest.contains(neighbor.slot) {
                let other = graph.fingerprints[Int(neighbor.slot)]
                guard other.record != lost else { continue }
                let hard = entry.role == .hard ? entry : other
                let next = (neighbor.shared, entry.key, other.key, hard.kind, hard.role)
                if let best, (best.shared, next.1, next.2) > (next.0, best.a, best.b) { continue }
                best = next
            }
        }
        guard let best else { return "synchrony" }
        return best.role == .hard ? "shared_\(best.kind)" : "same_frame"
    }

    private mutating func tell(
        _ record: Int32, _ status: Finding.Status, _ view: CampaignView, _ end: EventTime,
        _ output: inout CampaignOutput, redirectTo: FindingID? = nil, reason: String? = nil
    ) {
        guard let rule = records[record].shownRule else { return }
        let entry = records[record]
        let span = span(of: record)
        output.findings.append(
            Finding(
                uid: entry.uid, rule: rules.rules[rule].info, status: status,
                entityKind: "campaign", entityValue: Array(entry.uid.description.utf8), time: end,
                firstSeen: entry.firstSeen ?? span.first ?? end, lastSeen: span.last ?? end,
                evidence: evidence(of: record, view), sequence: entry.sequence,
                campaign: CampaignFacts(
                    campaignClass: rules.rules[rule].campaignClass, redirectTo: redirectTo,
                    reason: reason ?? (entry.isReturning ? "returning" : nil),
                    splitFrom: entry.splitFrom, successorOf: entry.successorOf)))
        records[record].sequence += 1
        toldRecords.append(record)
    }

    // MARK: Leads

    /// Hands out the leads that no campaign speaks for.
    mutating func tellLeads(_ output: inout CampaignOutput) {
        for var lead in steps {
            guard let slot = graph.fingerprint(lead.fingerprint),
                let place = graph.fingerprints[Int(slot)].leads.firstIndex(where: {
                    $0.rule == lead.rule
                })
            else {
                // A rule that feeds no campaigns here, or a fingerprint that was forgotten at once.
                output.leads.append(LeadStep(lead: lead, campaign: nil))
                continue
            }
            // Nobody wants to hear of what was said to be benign, but of its end.
            let isSilent = graph.fingerprints[Int(slot)].isBenign && lead.status != .close
            let campaign = openCampaign(of: slot)
            let wasTold = graph.fingerprints[Int(slot)].leads[place].isTold
            let isClose = lead.status == .close
            guard !isSilent, wasTold || campaign == nil && !isClose else { continue }
            if !wasTold { lead.status = .create }
            graph.fingerprints[Int(slot)].leads[place].isTold = campaign == nil && !isClose
            // What has come into a campaign says so once, and closes with it.
            output.leads.append(LeadStep(lead: lead, campaign: campaign))
        }
        steps.removeAll(keepingCapacity: true)
    }

    private func openCampaign(of slot: Int32) -> FindingID? {
        let record = graph.fingerprints[Int(slot)].record
        guard record >= 0, let rule = records[record].shownRule, !rules.rules[rule].info.shadow
        else { return nil }
        return records[record].uid
    }
}
