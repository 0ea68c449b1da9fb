import Aggregation
import Detection
import Primitives

/// The leads of one ENTITY task: the fingerprints that a rule which feeds campaigns holds for, and the accounts seen
/// with each.
///
/// An account is told of when the lead opens (all that the fingerprint's sample knows) or when it is seen first
/// afterwards, then again once a day while it goes on, and with what is left when the lead closes. All of it follows
/// from the task's own log.
///
/// Invariants: a lead is kept exactly while a rule holds it open; `edges` is the number of edges of all leads; whatever
/// is due belongs to an open lead. Memory: about 60 bytes an edge.
struct LeadTable: ~Copyable {
    /// An account seen with a fingerprint.
    struct EdgeState: Equatable {
        var first: UInt32
        var last: UInt32
        /// The pane of the last telling; 0 before the first.
        var told: UInt32 = 0
        /// Since then.
        var requests: Int64 = 0
        var tokens: Int64 = 0
    }

    /// A fingerprint with at least one rule that holds.
    struct OpenLead: Equatable {
        /// The ids of the rules, sorted.
        var rules: [String]
        /// Only accounts whose hashes begin with so many zero bits are kept.
        var exponent: UInt8 = 0
        var edges: [UInt64: EdgeState] = [:]
    }

    /// An edge to tell of at the end of the tick.
    struct Due: Hashable, Comparable {
        var fingerprint: UInt64
        var account: UInt64

        static func < (a: Due, b: Due) -> Bool {
            (a.fingerprint, a.account) < (b.fingerprint, b.account)
        }
    }

    /// What is known of the account only while its events pass by.
    struct Person: Equatable {
        var name: [UInt8]
        var born: UInt32?
    }

    let plan: EvidencePlan
    let refresh: UInt32
    var leads: [UInt64: OpenLead] = [:]
    var edges = 0
    var due: [Due: Person] = [:]
    /// The steps of leads in this tick.
    var steps: [Lead] = []
    /// What closed leads leave to tell.
    var remains: [Edge] = []
    /// Leads refused because the table was full.
    var refused = 0

    init(_ plan: EvidencePlan, paneWidth: PaneWidth) {
        self.plan = plan
        refresh = paneWidth.count(spanMs: EvidencePlan.refreshMs)
    }

    /// Whether there is nothing to note of any partial.
    var isEmpty: Bool { leads.isEmpty }

    /// Notes that an account was seen with a fingerprint, if that is a lead.
    mutating func note(
        fingerprint: UInt64, _ account: Partial.Value, pane: UInt32, requests: Int64, tokens: Int64
    ) {
        guard let place = leads.index(forKey: fingerprint) else { return }
        note(
            at: place, fingerprint, account, pane: pane, requests: requests, tokens: tokens)
    }

    private mutating func note(
        at place: Dictionary<UInt64, OpenLead>.Index, _ fingerprint: UInt64,
        _ account: Partial.Value, pane: UInt32, requests: Int64, tokens: Int64
    ) {
        guard Self.isKept(account.hash, leads.values[place].exponent) else {
            return
        }
        let known = leads.values[place].edges[account.hash]
        var edge = known ?? EdgeState(first: pane, last: pane)
        edge.last = pane
        edge.requests += requests
        edge.tokens += tokens
        leads.values[place].edges[account.hash] = edge
        if known == nil { edges += 1 }
        if edge.told == 0 || pane - edge.told >= refresh {
            let key = Due(fingerprint: fingerprint, account: account.hash)
            let born = account.born > 0 ? account.born : nil
            var person = due[key] ?? Person(name: Array(account.name), born: born)
            if let born { person.born = min(born, person.born ?? born) }
            due[key] = person
        }
        if leads.values[place].edges.count > plan.leadEdges { thinToLimit(fingerprint) }
    }

    /// Keeps to the limit of all edges once everything of a pane was noted. Before, which lead is the largest depends on
    /// the order in which the sources of the pane come.
    mutating func endPane() {
        while edges > plan.taskEdges { thinLargest() }
    }

    /// Takes in a step of an episode of a rule that feeds campaigns; `view` is the fingerprint where it is live.
    ///
    /// - Parameter dimension: the fingerprints' dimension that names accounts.
    mutating func take(
        _ step: Transition, rule: String, _ subject: Subject,
        evidence: [(name: String, value: EvidenceValue)], _ view: EntityView?,
        accounts dimension: Int, _ width: PaneWidth
    ) {
        let key = step.entityKey
        if step.status == .close {
            guard var lead = leads[key], let place = lead.rules.firstIndex(of: rule) else { return }
            record(step, rule, subject, evidence)
            lead.rules.remove(at: place)
            if lead.rules.isEmpty { close(key, width) } else { leads[key] = lead }
            return
        }
        if leads[key] == nil {
            guard leads.count < plan.leads, let view else {
                refused += 1
                return
            }
            leads[key] = OpenLead(rules: [rule])
            open(key, view, dimension)
        } else if leads[key]?.rules.contains(rule) == false {
            leads[key]?.rules.append(rule)
            leads[key]?.rules.sort()
        }
        record(step, rule, subject, evidence)
    }

    /// Lets the edges be told of that the fingerprint's sample knows.
    private mutating func open(_ key: UInt64, _ view: EntityView, _ dimension: Int) {
        var lead = leads[key] ?? OpenLead(rules: [])
        var persons: [(UInt64, Person)] = []
        // Accounts that the sample left out are told of when they are seen again.
        view.forEachValue(of: dimension) { value in
            lead.edges[value.hash] = EdgeState(
                first: value.first, last: value.last, requests: value.load)
            persons.append((value.hash, Person(name: Array(value.name), born: value.born)))
        }
        edges += lead.edges.count
        leads[key] = lead
        for (account, person) in persons {
            due[Due(fingerprint: key, account: account)] = person
        }
        thinToLimit(key)
        while edges > plan.taskEdges { thinLargest() }
    }

    private mutating func record(
        _ step: Transition, _ rule: String, _ subject: Subject,
        _ evidence: [(name: String, value: EvidenceValue)]
    ) {
        let exponent = leads[step.entityKey]?.exponent ?? 0
        steps.append(
            Lead(
                fingerprint: step.entityKey, rule: rule, status: step.status, subject: subject,
                start: step.start, lastHeld: step.lastHeld, time: step.time,
                sequence: step.sequence, accountsPerEdge: 1 << Int(min(40, exponent)),
                evidence: evidence))
    }

    /// Forgets a lead, and leaves what was not told of yet to be told.
    private mutating func close(_ key: UInt64, _ width: PaneWidth) {
        guard let lead = leads.removeValue(forKey: key) else { return }
        edges -= lead.edges.count
        for (account, edge) in lead.edges {
            let person = due.removeValue(forKey: Due(fingerprint: key, account: account))
            guard person != nil || edge.requests > 0 || edge.last > edge.told else { continue }
            remains.append(
                Self.edge(key, account, edge, person ?? Person(name: [], born: nil), width))
        }
    }

    static func edge(
        _ fingerprint: UInt64, _ account: UInt64, _ edge: EdgeState, _ person: Person,
        _ width: PaneWidth
    ) -> Edge {
        Edge(
            fingerprint: fingerprint, account: account, name: person.name,
            firstSeen: width.start(of: Pane(index: edge.first)),
            lastSeen: width.start(of: Pane(index: edge.last)),
            created: person.born.map { width.start(of: Pane(index: $0)) },
            requests: edge.requests, tokens: edge.tokens)
    }

    // MARK: Limits

    @inline(__always)
    private static func isKept(_ account: UInt64, _ exponent: UInt8) -> Bool {
        account.leadingZeroBitCount >= Int(exponent)
    }

    /// Halves the accounts of a lead until they are few enough: what is left follows from which accounts it has had, and
    /// not from their order.
    private mutating func thinToLimit(_ key: UInt64) {
        while let lead = leads[key], lead.edges.count > plan.leadEdges, lead.exponent < 63 {
            thin(key)
        }
    }

    /// Halves the accounts of the lead with the most edges; of equals that with the lowest key.
    private mutating func thinLargest() {
        let largest = leads.min { a, b in
            (-a.value.edges.count, a.key) < (-b.value.edges.count, b.key)
        }
        if let largest { thin(largest.key) }
    }

    /// Leaves out the accounts of a lead whose hashes do not begin with one more zero bit.
    private mutating func thin(_ key: UInt64) {
        guard var lead = leads[key], lead.exponent < 63 else { return }
        lead.exponent += 1
        let before = lead.edges.count
        lead.edges = lead.edges.filter { account, _ in
            Self.isKept(account, lead.exponent)
        }
        edges -= before - lead.edges.count
        leads[key] = lead
        due = due.filter { item, _ in
            item.fingerprint != key || Self.isKept(item.account, lead.exponent)
        }
    }

    // MARK: Telling

    /// Writes all of the tick that ends now and forgets it.
    mutating func flush(into writer: inout EvidenceWriter, before pane: UInt32, _ width: PaneWidth)
    {
        steps.sort { a, b in
            (a.time, a.fingerprint, a.rule, a.sequence) < (
                b.time, b.fingerprint, b.rule, b.sequence
            )
        }
        for step in steps { writer.append(.lead(step)) }
        steps.removeAll(keepingCapacity: true)
        var told = remains
        remains.removeAll()
        for (key, person) in due {
            guard var edge = leads[key.fingerprint]?.edges[key.account] else { continue }
            told.append(Self.edge(key.fingerprint, key.account, edge, person, width))
            (edge.told, edge.requests, edge.tokens) = (max(1, pane - 1), 0, 0)
            leads[key.fingerprint]?.edges[key.account] = edge
        }
        due.removeAll(keepingCapacity: true)
        told.sort { a, b in
            (a.fingerprint, a.account, a.lastSeen) < (b.fingerprint, b.account, b.lastSeen)
        }
        for edge in told { writer.append(.edge(edge)) }
    }
}
