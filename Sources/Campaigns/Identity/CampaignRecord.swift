import Detection
import Primitives

/// A cluster that goes on from tick to tick under one name.
struct CampaignRecord {
    /// Its key here, from its birth on; `uid` may become a predecessor's before anybody was told of it.
    let key: UInt64
    var uid: FindingID
    /// The end of the tick it was born in.
    let birth: EventTime
    /// The cores and satellites, in no useful order.
    var fingerprints: [Int32] = []
    /// What only adds weight: attributes, context, weak leads on soft kinds.
    var attached: [Int32] = []

    // Sums over its members.
    var accounts = 0
    var newAccounts = 0
    var banned = 0
    var requests: Int64 = 0
    var tokens: Int64 = 0
    /// Whether a limit made ties count less.
    var isThinned = false

    /// The rule under which it is told of, by its place in the set; nil while it is not.
    var shownRule: Int?
    /// The rule under which it was told of when it closed: its members stay known as such as long as it stays together.
    /// Nil while it is open, and where a verdict has closed it.
    var closedRule: Int?
    /// The number of its next finding: 0 while none was told.
    var sequence = 0
    /// When its first edge was seen, as its first finding said.
    var firstSeen: EventTime?
    /// When it closed last.
    var closedAt: EventTime?
    var splitFrom: FindingID?
    var successorOf: FindingID?
    /// Whether it goes on after a close: said once.
    var isReturning = false

    /// The record it is about to become part of, by key, and for how many ticks in a row.
    var mergingInto: UInt64?
    var mergeTicks = 0
    /// Whether it has become part of another: it goes with this tick.
    var isMerged = false
    /// Whether its rules have to be looked at.
    var isDirty = false
    /// What its leads and fingerprints say, without the sums; nil where it has to be put together anew.
    var view: CampaignView?
    /// The groups of evidence with an open lead, when its rules were looked at last.
    var groups = 0

    init(uid: FindingID, birth: EventTime) { self.init(key: uid.low, uid: uid, birth: birth) }

    init(key: UInt64, uid: FindingID, birth: EventTime) {
        self.key = key
        self.uid = uid
        self.birth = birth
    }

    /// Whether somebody knows its uid.
    var wasShown: Bool { sequence > 0 }

    /// What decides which of two records lasts: the one that is told of, then one that was, then the older.
    static func lasts(_ a: CampaignRecord, over b: CampaignRecord) -> Bool {
        func rank(_ record: CampaignRecord) -> Int {
            record.shownRule != nil ? 0 : record.wasShown ? 1 : 2
        }
        if rank(a) != rank(b) { return rank(a) < rank(b) }
        return a.isOlder(than: b)
    }

    /// Whether it was born before another.
    func isOlder(than other: CampaignRecord) -> Bool {
        (birth, key) < (other.birth, other.key)
    }
}

/// The records by slot and key.
struct RecordTable {
    /// A record that was removed stays until its slot is used again.
    private var slots: [CampaignRecord] = []
    private var free: [Int32] = []
    private var slotOf: [UInt64: Int32] = [:]

    /// The number of records.
    var count: Int { slotOf.count }
    /// How many of them are told of.
    var shown: Int { slotOf.values.count { slots[Int($0)].shownRule != nil } }
    /// Their keys, sorted.
    var keys: [UInt64] { slotOf.keys.sorted() }

    func slot(_ key: UInt64) -> Int32? { slotOf[key] }

    subscript(slot: Int32) -> CampaignRecord {
        _read { yield slots[Int(slot)] }
        _modify { yield &slots[Int(slot)] }
    }

    mutating func insert(_ record: CampaignRecord) -> Int32 {
        let slot: Int32
        if let last = free.popLast() {
            slot = last
            slots[Int(slot)] = record
        } else {
            slot = Int32(slots.count)
            slots.append(record)
        }
        slotOf[record.key] = slot
        return slot
    }

    mutating func remove(_ slot: Int32) {
        slotOf[slots[Int(slot)].key] = nil
        free.append(slot)
    }
}
