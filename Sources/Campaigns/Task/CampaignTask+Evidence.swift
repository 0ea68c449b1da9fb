import Detection
import Primitives
import Topology

/// What evidence does to the graph.
extension CampaignTask {
    /// Takes in what waits for this tick.
    mutating func takeIn(_ end: EventTime) {
        guard var blocks = waiting.removeValue(forKey: tick) else { return }
        blocks.sort { ($0.source, $0.number) < ($1.source, $1.number) }
        for block in blocks {
            waitingBytes -= block.bytes.count
            block.bytes.withUnsafeBytes { takeIn(ByteSlice($0), end) }
        }
        let all = Overlap.rounded(
            min(1 << 40, accountsOfSource.reduce(0) { min(1 << 40, $0 + $1) }))
        guard all != population else { return }
        population = all
        // What was improbable may be so no more, and the other way round.
        for key in graph.fingerprintKeys {
            if let slot = graph.fingerprint(key) { graph.markDirty(slot) }
        }
    }

    private mutating func takeIn(_ bytes: ByteSlice, _ end: EventTime) {
        // The block was read when it was received.
        guard let block = try? EvidenceBlock(bytes) else { return }
        let header = block.header
        while accountsOfSource.count < header.sources { accountsOfSource.append(0) }
        accountsOfSource[header.source] = min(1 << 40, header.accounts)
        try? block.forEach { item in
            switch item {
            case .lead(let lead): takeIn(lead, end)
            case .edge(let edge): takeIn(edge, end)
            }
        }
    }

    private mutating func takeIn(_ lead: Lead, _ end: EventTime) {
        counters.leads += 1
        steps.append(lead)
        guard let feed = feeds[lead.rule], Self.isSane(lead.start), Self.isSane(lead.time) else {
            counters.unknownRules += 1
            return
        }
        let isOpen = lead.status != .close
        guard isOpen || graph.fingerprint(lead.fingerprint) != nil else { return }
        let slot = graph.insertFingerprint(
            lead.fingerprint, kind: lead.subject.kind, value: lead.subject.value)
        noteVerdict(slot)
        var leads = graph.fingerprints[Int(slot)].leads
        let before = leads.first { $0.rule == lead.rule }
        leads.removeAll { $0.rule == lead.rule }
        let evidence = lead.evidence.isEmpty ? before?.evidence ?? [] : lead.evidence
        leads.append(
            LeadState(
                rule: lead.rule, feed: feed, isOpen: isOpen, start: lead.start, time: lead.time,
                isTold: before?.isTold ?? false, evidence: evidence))
        leads.sort { $0.rule < $1.rule }
        graph.fingerprints[Int(slot)].leads = leads
        let perEdge = max(graph.fingerprints[Int(slot)].accountsPerEdge, lead.accountsPerEdge)
        graph.fingerprints[Int(slot)].accountsPerEdge = perEdge
        // What has no other step to say has the same place in its campaign.
        if before?.isOpen != isOpen { graph.markDirty(slot) }
        graph.fingerprints[Int(slot)].isChanged = true
        markRecord(graph.fingerprints[Int(slot)].record)
        if !isOpen { wakes.add(lead.fingerprint, at: lapseTick(of: slot)) }
    }

    private static func isSane(_ time: EventTime) -> Bool {
        EventTime.limits.contains(time.ms)
    }

    /// The tick in which a fingerprint without an open lead is forgotten.
    private func lapseTick(of slot: Int32) -> Int64 {
        let over = graph.fingerprints[Int(slot)].lastTime.ms + settings.lingerMs
        return max(tick + 1, over.ceilingDivided(by: settings.tickMs))
    }

    /// Edges of a fingerprint that are kept: over its cap it is an attribute, and more would not tell more.
    func edgeLimit(of role: Role) -> Int {
        role == .context ? 20_000 : settings.cap(of: role) / 4 * 5 + 1
    }

    private mutating func takeIn(_ edge: Edge, _ end: EventTime) {
        counters.edges += 1
        guard let slot = graph.fingerprint(edge.fingerprint), Self.isSane(edge.firstSeen),
            Self.isSane(edge.lastSeen)
        else {
            counters.strayEdges += 1
            return
        }
        guard edge.lastSeen.ms + settings.windowMs > end.ms, !verdicts.isBenign(edge.account)
        else { return }
        let known = graph.account(edge.account)
        // A lead that closes leaves edges without names, which an earlier one said. Where the account was forgotten since,
        // nobody could be told who it is.
        guard known != nil || !edge.name.isEmpty else {
            counters.strayEdges += 1
            return
        }
        let place = known.flatMap { account in
            graph.accounts[Int(account)].edges.firstIndex { $0.fingerprint == slot }
        }
        let role = graph.fingerprints[Int(slot)].role
        if place == nil, graph.fingerprints[Int(slot)].degree >= edgeLimit(of: role) {
            counters.edgesOverLimit += 1
            return
        }
        let account = graph.insertAccount(edge.account, name: edge.name)
        if let created = edge.created, Self.isSane(created) {
            let known = graph.accounts[Int(account)].created ?? created
            graph.accounts[Int(account)].created = min(known, created)
        }
        guard let place else {
            var state = EdgeState(
                fingerprint: slot, place: 0, firstSeen: edge.firstSeen, lastSeen: edge.lastSeen,
                requests: 0, tokens: 0)
            state.add(requests: edge.requests, tokens: edge.tokens)
            graph.insertEdge(account, state)
            planExpiry(account, state)
            return
        }
        var state = graph.accounts[Int(account)].edges[place]
        state.firstSeen = min(state.firstSeen, edge.firstSeen)
        state.lastSeen = max(state.lastSeen, edge.lastSeen)
        state.add(requests: edge.requests, tokens: edge.tokens)
        graph.accounts[Int(account)].edges[place] = state
        graph.touch(account)
    }

    // MARK: What is over

    /// Lets an edge be looked at when it may be over: in the first full hour after its window.
    mutating func planExpiry(_ account: Int32, _ edge: EdgeState) {
        let hour = (edge.lastSeen.ms + settings.windowMs).ceilingDivided(by: Self.hourMs)
        expiries.add(EdgePlace(account: account, fingerprint: edge.fingerprint), at: hour)
    }

    /// Removes the edges whose window is over. One that was seen again is looked at again later.
    mutating func expire(_ end: EventTime) {
        let hour = end.ms.floorDivided(by: Self.hourMs)
        for place in expiries.take(upTo: hour) {
            let edge = graph.accounts[Int(place.account)].edges.first {
                $0.fingerprint == place.fingerprint
            }
            guard let edge else { continue }
            let due = (edge.lastSeen.ms + settings.windowMs).ceilingDivided(by: Self.hourMs)
            if due > hour {
                expiries.add(place, at: due)
            } else {
                graph.removeEdge(place.account, place.fingerprint)
            }
        }
    }

    /// Looks at a fingerprint that asked for it.
    mutating func wake(_ key: UInt64, _ end: EventTime) {
        guard let slot = graph.fingerprint(key) else { return }
        let entry = graph.fingerprints[Int(slot)]
        if !entry.isOpen, entry.lastTime.ms + settings.lingerMs <= end.ms {
            forget(slot)
        } else {
            graph.markDirty(slot)
        }
    }

    /// Forgets a fingerprint with all its edges.
    mutating func forget(_ slot: Int32) {
        leaveRecord(slot)
        graph.removeFingerprint(slot)
    }

    /// Forgets the weakest and oldest fingerprints where there are too many, or too many edges; some more than
    /// needed, so that it need not be done at every tick.
    mutating func evict() {
        let isOver =
            graph.fingerprintCount > settings.maxFingerprints || graph.edgeCount > settings.maxEdges
        guard isOver else { return }
        let most = settings.maxFingerprints - settings.maxFingerprints / 64
        let mostEdges = settings.maxEdges - settings.maxEdges / 64
        var ranked: [(isShown: Int, weight: Int, time: EventTime, key: UInt64)] = []
        for key in graph.fingerprintKeys {
            guard let slot = graph.fingerprint(key) else { continue }
            let entry = graph.fingerprints[Int(slot)]
            let isShown = entry.record >= 0 && records[entry.record].shownRule != nil
            ranked.append((isShown ? 1 : 0, entry.weight, entry.lastTime, key))
        }
        ranked.sort { $0 < $1 }
        for candidate in ranked {
            guard graph.fingerprintCount > most || graph.edgeCount > mostEdges else { return }
            if let slot = graph.fingerprint(candidate.key) {
                forget(slot)
                counters.evicted += 1
            }
        }
    }
}
