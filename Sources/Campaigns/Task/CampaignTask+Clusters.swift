import Detection
import Primitives

/// From clusters to campaigns that last.
extension CampaignTask {
    /// Ticks from one turn of large regions to the next. To cluster one costs as much as all of it, and little of it
    /// changes in a tick.
    static let largeTicks: Int64 = 10

    /// Clusters what has changed, and lets records take over from those before. What is in a large region waits for its
    /// turn, but for campaigns that are about to become one.
    mutating func recluster(_ end: EventTime, _ output: inout CampaignOutput) {
        let due = graph.dueFingerprints(isTurn: tick % Self.largeTicks == 0) {
            records[$0].mergingInto != nil
        }
        guard !due.isEmpty else { return }
        let region = graph.region(from: due) { records[$0].fingerprints }
        counters.clustered += region.count
        for slot in region where graph.isAttribute(slot) {
            if !graph.fingerprints[Int(slot)].isAttached { leaveRecord(slot) }
            loose.append(slot)
        }
        let clustering = Clustering(&graph, region, population: population)
        counters.thinned += clustering.isThinned.count { $0 }
        var step = IdentityStep(clustering, region)
        step.weigh(graph, records)
        settle(step, region, end, &output)
        for slot in region where graph.fingerprints[Int(slot)].cluster < 0 { loose.append(slot) }
    }

    /// Gives every cluster its record.
    private mutating func settle(
        _ step: IdentityStep, _ region: [Int32], _ end: EventTime, _ output: inout CampaignOutput
    ) {
        let heirs = step.heirs(records)
        for (cluster, slots) in step.clusters.enumerated() {
            let candidates = heirs[cluster]
            guard let survivor = candidates.first ?? birth(slots, end) else { continue }
            records[survivor].isThinned = step.isThinned[cluster]
            var isPending = false
            for other in candidates.dropFirst() {
                isPending = !merge(other, survivor, slots, end, &output) || isPending
            }
            for slot in slots {
                // What has brought two campaigns together belongs to neither before they are one.
                if isPending, !isMember(slot) { continue }
                place(slot, survivor, end, inHeir: candidates)
            }
            if records[survivor].mergingInto != nil {
                records[survivor].mergingInto = nil
                records[survivor].mergeTicks = 0
            }
        }
        for slot in region where graph.fingerprints[Int(slot)].cluster < 0 {
            separate(slot, from: end, to: nil)
        }
    }

    /// A new record for a cluster that no record has a claim on; nil while the parts of another it is made of have
    /// not been apart for long enough.
    private mutating func birth(_ slots: [Int32], _ end: EventTime) -> Int32? {
        let strongest = strongestFirst(slots)
        guard let first = strongest.first else { return nil }
        var origin: FindingID?
        if slots.allSatisfy({ isMember($0) }) {
            // All of it belongs to others still.
            let owner = graph.fingerprints[Int(first)].record
            if records[owner].shownRule != nil {
                guard hasBeenApart(first, until: end) else {
                    for slot in slots { noteApart(slot, from: end) }
                    return nil
                }
                counters.splits += 1
            }
            if records[owner].wasShown { origin = records[owner].uid }
        }
        let uid = FindingID(fingerprint: graph.fingerprints[Int(first)].key, birth: end)
        guard records.slot(uid.low) == nil else { return nil }
        var record = CampaignRecord(uid: uid, birth: end)
        record.splitFrom = origin
        return records.insert(record)
    }

    /// Whether a fingerprint is a core or a satellite of some record.
    func isMember(_ slot: Int32) -> Bool {
        graph.fingerprints[Int(slot)].record >= 0 && !graph.fingerprints[Int(slot)].isAttached
    }

    /// The fingerprints by weight, then accounts, then key.
    func strongestFirst(_ slots: [Int32]) -> [Int32] {
        let ranked = slots.map { slot -> (weight: Int, degree: Int, key: UInt64, slot: Int32) in
            let entry = graph.fingerprints[Int(slot)]
            return (entry.weight, entry.degree, entry.key, slot)
        }
        return ranked.sorted { ($0.weight, $0.degree, $1.key) > ($1.weight, $1.degree, $0.key) }
            .map(\.slot)
    }

    private func hasBeenApart(_ slot: Int32, until end: EventTime) -> Bool {
        guard let since = graph.fingerprints[Int(slot)].apartSince else { return false }
        return end.ms - since.ms >= settings.splitMs
    }

    /// Puts a fingerprint of a cluster into the cluster's record, at once where nobody knows it as another's.
    private mutating func place(
        _ slot: Int32, _ survivor: Int32, _ end: EventTime, inHeir heirs: [Int32]
    ) {
        let owner = graph.fingerprints[Int(slot)].record
        // A record that waits to become part of the survivor keeps what it has.
        let isHome = owner == survivor || owner >= 0 && heirs.contains(owner)
        guard isHome, !graph.fingerprints[Int(slot)].isAttached else {
            return separate(slot, from: end, to: survivor)
        }
        if graph.fingerprints[Int(slot)].apartSince != nil {
            graph.fingerprints[Int(slot)].apartSince = nil
            graph.fingerprints[Int(slot)].isChanged = true
        }
    }

    /// Notes that a fingerprint is not clustered with the rest of its record; looks again when that has lasted.
    private mutating func noteApart(_ slot: Int32, from end: EventTime) {
        let entry = graph.fingerprints[Int(slot)]
        guard isMember(slot), records[entry.record].shownRule != nil, entry.apartSince == nil
        else { return }
        graph.fingerprints[Int(slot)].apartSince = end
        graph.fingerprints[Int(slot)].isChanged = true
        let due = (end.ms + settings.splitMs).ceilingDivided(by: settings.tickMs)
        wakes.add(entry.key, at: due)
    }

    /// Lets a fingerprint leave the record it is not clustered with, at once or after the time a split takes, and join
    /// another.
    private mutating func separate(_ slot: Int32, from end: EventTime, to other: Int32?) {
        let entry = graph.fingerprints[Int(slot)]
        if entry.isAttached {
            // Without a cluster it stays attached as long as most of its accounts say so.
            if other != nil { detach(slot) }
        } else if entry.record >= 0 {
            noteApart(slot, from: end)
            let isShown = records[entry.record].shownRule != nil
            guard !isShown || hasBeenApart(slot, until: end) else { return }
            leaveRecord(slot)
        }
        if let other { enterRecord(slot, other) }
    }

    /// Two records are in one cluster: after some ticks the one becomes part of the other, at once where nobody knows it.
    ///
    /// - Returns: whether it has.
    private mutating func merge(
        _ lost: Int32, _ survivor: Int32, _ cluster: [Int32], _ end: EventTime,
        _ output: inout CampaignOutput
    ) -> Bool {
        let isSame = records[lost].mergingInto == records[survivor].key
        records[lost].mergeTicks = isSame ? records[lost].mergeTicks + 1 : 1
        records[lost].mergingInto = records[survivor].key
        let slots = records[lost].fingerprints
        if records[lost].shownRule != nil {
            if records[lost].mergeTicks < settings.mergeTicks {
                // It is looked at again in the next tick.
                if let first = strongestFirst(slots).first {
                    wakes.add(graph.fingerprints[Int(first)].key, at: tick + 1)
                }
                return false
            }
            counters.merges += 1
            redirect(lost, to: survivor, by: cluster, end, &output)
        }
        records[lost].fingerprints = []
        records[lost].isMerged = true
        markRecord(lost)
        for slot in slots { enterRecord(slot, survivor) }
        return true
    }

    // MARK: Belonging

    /// Takes a fingerprint out of its record, if it is in one.
    mutating func leaveRecord(_ slot: Int32) {
        let record = graph.fingerprints[Int(slot)].record
        guard record >= 0 else { return }
        if graph.fingerprints[Int(slot)].isAttached { return detach(slot) }
        records[record].fingerprints.removeAll { $0 == slot }
        graph.fingerprints[Int(slot)].record = -1
        graph.fingerprints[Int(slot)].apartSince = nil
        changed(slot, record)
    }

    /// Puts a fingerprint into a record as one of its cores or satellites.
    private mutating func enterRecord(_ slot: Int32, _ record: Int32) {
        records[record].fingerprints.append(slot)
        graph.fingerprints[Int(slot)].record = record
        graph.fingerprints[Int(slot)].isAttached = false
        graph.fingerprints[Int(slot)].apartSince = nil
        changed(slot, record)
    }

    private mutating func changed(_ slot: Int32, _ record: Int32) {
        markRecord(record)
        graph.fingerprints[Int(slot)].isChanged = true
        for account in graph.fingerprints[Int(slot)].accounts { graph.touch(account) }
        if graph.fingerprints[Int(slot)].role == .soft { regrouped.insert(record) }
    }

    /// Lets the rules of a record be looked at. Its view stays where only the sums over members have changed.
    mutating func markRecord(_ record: Int32, keepsView: Bool = false) {
        guard record >= 0 else { return }
        if !keepsView { records[record].view = nil }
        guard !records[record].isDirty else { return }
        records[record].isDirty = true
        dirtyRecords.append(record)
    }
}
