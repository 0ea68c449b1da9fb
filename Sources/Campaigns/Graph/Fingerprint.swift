import Detection
import Primitives

/// What one rule says of a fingerprint.
struct LeadState {
    var rule: String
    var feed: CampaignFeed
    var isOpen: Bool
    /// When the lead opened.
    var start: EventTime
    /// When it was told of last; of a closed one the close.
    var time: EventTime
    /// Whether the lead was handed out by itself, because it belonged to no campaign that is told of.
    var isTold = false
    /// What the rule listed as evidence last.
    var evidence: [(name: String, value: EvidenceValue)]
}

/// A fingerprint that shares accounts with another.
struct Neighbor {
    /// The other's slot.
    var slot: Int32
    /// Accounts that both have, but for those with too many fingerprints.
    var shared: Int32
    /// Of these, accounts with few hard fingerprints: what satellites are tied by.
    var ordinary: Int32
}

/// A fingerprint with a lead.
struct Fingerprint {
    var key: UInt64
    var kind: String
    var value: [UInt8]
    var role: Role
    /// What rules say of it, by rule.
    var leads: [LeadState] = []
    /// How many accounts stand behind each that its edges name; the largest its leads told of.
    var accountsPerEdge = 1
    /// The slots of its accounts, in no useful order.
    var accounts: [Int32] = []
    /// Of a soft one: how many of its edges are backed.
    var backedEdges = 0
    /// Whether so many are that those which are not make no members: strangers use the same frame.
    var needsBacking = false
    /// The same of edges whose account has any other fingerprint of the campaign.
    var secondedEdges = 0
    /// Whether so many are that those which are not make no members.
    var needsSecond = false
    /// Fingerprints that share accounts with it, by slot.
    var neighbors: [Neighbor] = []
    /// The record of the campaign it belongs to; -1 for none.
    var record: Int32 = -1
    /// Whether it only adds weight to that campaign: its accounts are no members for its sake.
    var isAttached = false
    /// Since when it is not with the rest of its campaign; nil while it is.
    var apartSince: EventTime?
    /// Whether a verdict holds that it is no abuse: it ties nothing and adds no weight.
    var isBenign = false
    /// Whether a verdict holds that it takes part in abuse.
    var isConfirmed = false
    /// Whether it waits for clusters to be computed.
    var isDirty = false
    /// Whether it was clustered with many others last: then it waits for the turn of large regions.
    var isOfLarge = false
    /// Whether a snapshot does not hold it as it is.
    var isChanged = false
    /// Marks it as seen by a walk.
    var mark: UInt32 = 0
    /// Its place among the clusters being computed.
    var cluster: Int32 = -1

    /// The accounts known of it.
    var degree: Int { accounts.count }

    /// The weight of the strongest lead, closed ones included: what it is does not change with a pause.
    var weight: Int { leads.reduce(0) { max($0, $1.feed.weight) } }

    /// Whether a lead is open.
    var isOpen: Bool { leads.contains { $0.isOpen } }

    /// When the last lead was told of; of a fingerprint without an open lead, when it closed.
    var lastTime: EventTime { leads.map(\.time).max() ?? .distantPast }

    /// The place of the neighbour at `slot`, or where it would be.
    func place(of slot: Int32) -> Int {
        var low = 0
        var high = neighbors.count
        while low < high {
            let middle = (low + high) / 2
            if neighbors[middle].slot < slot { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What it shares with the fingerprint at `slot`; nil where that is nothing.
    func neighbor(_ slot: Int32) -> Neighbor? {
        let i = place(of: slot)
        return i < neighbors.count && neighbors[i].slot == slot ? neighbors[i] : nil
    }

    /// Adds to what it shares with the fingerprint at `slot`.
    mutating func share(_ slot: Int32, _ shared: Int32, _ ordinary: Int32) {
        let i = place(of: slot)
        if i < neighbors.count, neighbors[i].slot == slot {
            neighbors[i].shared += shared
            neighbors[i].ordinary += ordinary
            if neighbors[i].shared == 0 { neighbors.remove(at: i) }
        } else if shared != 0 {
            neighbors.insert(Neighbor(slot: slot, shared: shared, ordinary: ordinary), at: i)
        }
    }
}
