import Detection
import Primitives

/// The leads' fingerprints, their accounts, and how many accounts each two fingerprints share.
///
/// The shared accounts are counted as edges come and go: an edge costs as much as its account has fingerprints, and a
/// look at a tie a binary search. Slots are places in tables; nothing that is decided depends on their order.
struct EvidenceGraph: ~Copyable {
    let settings: CampaignSettings
    var fingerprints: [Fingerprint] = []
    var accounts: [Account] = []
    private var freeFingerprints: [Int32] = []
    private var freeAccounts: [Int32] = []
    private var fingerprintOf: [UInt64: Int32] = [:]
    private var accountOf: [UInt64: Int32] = [:]
    /// Fingerprints whose ties may have changed.
    var dirty: [Int32] = []
    /// Accounts whose membership may have changed.
    var touched: [Int32] = []
    /// Soft fingerprints of which edges have gone: whether they need backing has to be looked at.
    var toJudge: [Int32] = []
    /// Keys removed since the last snapshot.
    var removedFingerprints: [UInt64] = []
    var removedAccounts: [UInt64] = []
    /// Whether more was removed than is remembered: the next snapshot has to hold everything.
    var hasLostRemovals = false
    private static let removalLimit = 1 << 20
    private(set) var edgeCount = 0
    var walkMark: UInt32 = 0

    init(settings: CampaignSettings) { self.settings = settings }

    /// Fingerprints kept.
    var fingerprintCount: Int { fingerprintOf.count }
    /// Accounts kept.
    var accountCount: Int { accountOf.count }

    func fingerprint(_ key: UInt64) -> Int32? { fingerprintOf[key] }
    func account(_ key: UInt64) -> Int32? { accountOf[key] }

    /// The keys of all fingerprints, sorted.
    var fingerprintKeys: [UInt64] { fingerprintOf.keys.sorted() }
    /// The keys of all accounts, sorted.
    var accountKeys: [UInt64] { accountOf.keys.sorted() }

    // MARK: Fingerprints

    /// The slot of a fingerprint, which is made where it is new.
    mutating func insertFingerprint(_ key: UInt64, kind: String, value: [UInt8]) -> Int32 {
        if let slot = fingerprintOf[key] { return slot }
        let entry = Fingerprint(
            key: key, kind: kind, value: value, role: settings.role(of: kind))
        let slot: Int32
        if let free = freeFingerprints.popLast() {
            slot = free
            fingerprints[Int(slot)] = entry
        } else {
            slot = Int32(fingerprints.count)
            fingerprints.append(entry)
        }
        fingerprintOf[key] = slot
        markDirty(slot)
        return slot
    }

    /// Removes a fingerprint with its edges. It must be in no record.
    mutating func removeFingerprint(_ slot: Int32) {
        for account in fingerprints[Int(slot)].accounts {
            removeEdge(account, slot, keepsPlace: true)
        }
        let key = fingerprints[Int(slot)].key
        fingerprintOf[key] = nil
        if removedFingerprints.count < Self.removalLimit {
            removedFingerprints.append(key)
        } else {
            hasLostRemovals = true
        }
        fingerprints[Int(slot)] = Fingerprint(key: 0, kind: "", value: [], role: .context)
        freeFingerprints.append(slot)
    }

    /// Lets the ties of a fingerprint be looked at with the next clusters.
    mutating func markDirty(_ slot: Int32) {
        fingerprints[Int(slot)].isChanged = true
        guard !fingerprints[Int(slot)].isDirty else { return }
        fingerprints[Int(slot)].isDirty = true
        dirty.append(slot)
    }

    /// Lets the membership of an account be looked at.
    mutating func touch(_ slot: Int32) {
        accounts[Int(slot)].isChanged = true
        guard !accounts[Int(slot)].isTouched else { return }
        accounts[Int(slot)].isTouched = true
        touched.append(slot)
    }

    /// Whether a fingerprint has too many accounts to tie any, is of a kind that never does, or was said to be benign.
    func isAttribute(_ slot: Int32) -> Bool {
        let role = fingerprints[Int(slot)].role
        return role == .context || fingerprints[Int(slot)].isBenign
            || fingerprints[Int(slot)].accounts.count > settings.cap(of: role)
    }

    /// Whether a fingerprint is a campaign by itself.
    func isCore(_ slot: Int32) -> Bool {
        fingerprints[Int(slot)].weight >= settings.coreWeight && !isAttribute(slot)
    }

    /// Whether a fingerprint is a campaign by itself for what is asked with it.
    func isContentCore(_ slot: Int32) -> Bool { !isAttribute(slot) && asksAsCore(slot) }

    /// Whether a lead of what is asked makes a fingerprint a core, unless it is an attribute.
    private func asksAsCore(_ slot: Int32) -> Bool {
        fingerprints[Int(slot)].leads.contains {
            $0.feed.group == .content && $0.feed.weight >= settings.coreWeight
        }
    }

    // MARK: Accounts and edges

    /// The slot of an account, which is made where it is new.
    mutating func insertAccount(_ key: UInt64, name: [UInt8]) -> Int32 {
        if let slot = accountOf[key] { return slot }
        let entry = Account(key: key, name: name)
        let slot: Int32
        if let free = freeAccounts.popLast() {
            slot = free
            accounts[Int(slot)] = entry
        } else {
            slot = Int32(accounts.count)
            accounts.append(entry)
        }
        accountOf[key] = slot
        return slot
    }

    /// Removes an account without edges.
    mutating func removeAccount(_ slot: Int32) {
        let key = accounts[Int(slot)].key
        accountOf[key] = nil
        if removedAccounts.count < Self.removalLimit {
            removedAccounts.append(key)
        } else {
            hasLostRemovals = true
        }
        accounts[Int(slot)] = Account(key: 0, name: [])
        freeAccounts.append(slot)
    }

    /// Adds an edge; the account has none to this fingerprint.
    mutating func insertEdge(_ account: Int32, _ edge: EdgeState) {
        let slot = edge.fingerprint
        let before = ties(of: account)
        var edge = edge
        edge.place = Int32(fingerprints[Int(slot)].accounts.count)
        let wasAttribute = isAttribute(slot)
        fingerprints[Int(slot)].accounts.append(account)
        let isHard = fingerprints[Int(slot)].role == .hard
        if isHard { accounts[Int(account)].hardEdges += 1 }
        edgeCount += 1
        let after = ties(of: account, more: 1)
        if before == after {
            for other in accounts[Int(account)].edges {
                count(slot, other.fingerprint, after, by: 1)
            }
            accounts[Int(account)].edges.append(edge)
        } else {
            countAll(account, before, by: -1)
            accounts[Int(account)].edges.append(edge)
            countAll(account, after, by: 1)
        }
        markDirty(slot)
        if isAttribute(slot) != wasAttribute { markNeighbors(slot) }
        touch(account)
    }

    /// Removes an edge. With `keepsPlace` the fingerprint's list of accounts stays: it is about to go as a whole.
    mutating func removeEdge(_ account: Int32, _ slot: Int32, keepsPlace: Bool = false) {
        guard let i = accounts[Int(account)].edges.firstIndex(where: { $0.fingerprint == slot })
        else { return }
        let before = ties(of: account)
        let isHard = fingerprints[Int(slot)].role == .hard
        if isHard { accounts[Int(account)].hardEdges -= 1 }
        let after = ties(of: account, more: -1)
        if isHard { accounts[Int(account)].hardEdges += 1 }
        let place = Int(accounts[Int(account)].edges[i].place)
        if accounts[Int(account)].edges[i].isBacked { fingerprints[Int(slot)].backedEdges -= 1 }
        if accounts[Int(account)].edges[i].isSeconded { fingerprints[Int(slot)].secondedEdges -= 1 }
        if fingerprints[Int(slot)].role == .soft { toJudge.append(slot) }
        if before == after {
            let edge = accounts[Int(account)].edges.remove(at: i)
            for other in accounts[Int(account)].edges {
                count(edge.fingerprint, other.fingerprint, before, by: -1)
                markDirty(other.fingerprint)
            }
        } else {
            countAll(account, before, by: -1)
            accounts[Int(account)].edges.remove(at: i)
            countAll(account, after, by: 1)
        }
        if isHard { accounts[Int(account)].hardEdges -= 1 }
        edgeCount -= 1
        if !keepsPlace { removeFromList(slot, place) }
        markDirty(slot)
        touch(account)
    }

    /// Fills the gap in a fingerprint's list of accounts with the last of them.
    private mutating func removeFromList(_ slot: Int32, _ place: Int) {
        let wasAttribute = isAttribute(slot)
        let last = fingerprints[Int(slot)].accounts.removeLast()
        if place < fingerprints[Int(slot)].accounts.count {
            fingerprints[Int(slot)].accounts[place] = last
            if let i = accounts[Int(last)].edges.firstIndex(where: { $0.fingerprint == slot }) {
                accounts[Int(last)].edges[i].place = Int32(place)
            }
        }
        if isAttribute(slot) != wasAttribute { markNeighbors(slot) }
    }

    // MARK: Shared accounts

    /// What the edges of an account count for.
    private struct Ties: Equatable {
        /// For fingerprints at all: 0 or 1.
        var shared: Int32
        /// For satellites: 0 or 1.
        var ordinary: Int32
    }

    private func ties(of account: Int32, more: Int = 0) -> Ties {
        let count = accounts[Int(account)].edges.count + more
        guard count <= settings.fingerprintsPerAccount else { return Ties(shared: 0, ordinary: 0) }
        let isOrdinary = accounts[Int(account)].hardEdges <= settings.hardPerAccount
        return Ties(shared: 1, ordinary: isOrdinary ? 1 : 0)
    }

    private mutating func count(_ a: Int32, _ b: Int32, _ ties: Ties, by sign: Int32) {
        guard ties.shared > 0, a != b else { return }
        fingerprints[Int(a)].share(b, sign, sign * ties.ordinary)
        fingerprints[Int(b)].share(a, sign, sign * ties.ordinary)
    }

    /// Counts every two fingerprints of an account, whose edges count for something else from now on.
    private mutating func countAll(_ account: Int32, _ ties: Ties, by sign: Int32) {
        let slots = accounts[Int(account)].edges.map(\.fingerprint)
        for (i, a) in slots.enumerated() {
            markDirty(a)
            for b in slots[..<i] { count(a, b, ties, by: sign) }
        }
    }

    /// Lets all be looked at that can be in one cluster with a fingerprint, or whose clusters it can join.
    mutating func markNeighbors(_ slot: Int32) {
        var tied: [Int32] = []
        forEachNeighbor(tiedTo: slot) { tied.append($0) }
        for other in tied { markDirty(other) }
    }

    /// Calls `body` with what can be in one cluster with a fingerprint for what both share, were neither an attribute.
    func forEachNeighbor(tiedTo slot: Int32, _ body: (Int32) -> Void) {
        let isHard = fingerprints[Int(slot)].role == .hard
        let asks = asksAsCore(slot)
        for neighbor in fingerprints[Int(slot)].neighbors {
            // A hard fingerprint with one account in a core of what is asked may help to join two.
            let isTied =
                neighbor.shared >= settings.minShared
                || isHard && asksAsCore(neighbor.slot)
                || asks && fingerprints[Int(neighbor.slot)].role == .hard
            if isTied { body(neighbor.slot) }
        }
    }

    /// Whether an account counts for nothing because it has too many fingerprints, or too many hard ones.
    func isShared(_ account: Int32) -> Bool {
        ties(of: account) != Ties(shared: 1, ordinary: 1)
    }
}
