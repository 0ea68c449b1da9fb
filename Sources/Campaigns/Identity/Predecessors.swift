import Detection
import Primitives

/// A campaign that has closed, as far as it is remembered.
struct Predecessor: Equatable {
    var uid: FindingID
    var birth: EventTime
    var closed: EventTime
    /// The number of the next finding under its uid.
    var sequence: Int
    var firstSeen: EventTime
    /// Keys of its strongest fingerprints, sorted.
    var fingerprints: [UInt64]
}

/// Campaigns that have closed: what comes back is known by what it brings along.
struct Predecessors {
    /// Fingerprints of a campaign that are remembered.
    static let fingerprintLimit = 256

    private(set) var all: [FindingID: Predecessor] = [:]
    /// The campaigns a fingerprint was in.
    private var campaignsOf: [UInt64: [FindingID]] = [:]

    /// Remembers a campaign; over `limit` the one that closed first is forgotten.
    mutating func insert(_ campaign: Predecessor, limit: Int) {
        remove(campaign.uid)
        all[campaign.uid] = campaign
        for key in campaign.fingerprints { campaignsOf[key, default: []].append(campaign.uid) }
        guard all.count > limit else { return }
        if let oldest = all.values.min(by: { ($0.closed, $0.uid) < ($1.closed, $1.uid) }) {
            remove(oldest.uid)
        }
    }

    /// Forgets a campaign: it goes on, or is too long ago.
    mutating func remove(_ uid: FindingID) {
        guard let campaign = all.removeValue(forKey: uid) else { return }
        for key in campaign.fingerprints {
            campaignsOf[key]?.removeAll { $0 == uid }
            if campaignsOf[key]?.isEmpty == true { campaignsOf[key] = nil }
        }
    }

    /// Forgets what closed up to `time`.
    mutating func expire(upTo time: EventTime) {
        for campaign in sorted where campaign.closed <= time { remove(campaign.uid) }
    }

    /// The campaign that shares most fingerprints with those of `keys`: a soft one, and one more. Of equals the one
    /// that closed last.
    func match(_ keys: [(key: UInt64, isSoft: Bool)]) -> Predecessor? {
        var found: [FindingID: (soft: Int, all: Int)] = [:]
        for (key, isSoft) in keys {
            for uid in campaignsOf[key] ?? [] {
                found[uid, default: (0, 0)].all += 1
                if isSoft { found[uid, default: (0, 0)].soft += 1 }
            }
        }
        let good = found.filter { $0.value.soft > 0 && $0.value.all > 1 }
        return good.compactMap { uid, count in all[uid].map { ($0, count.all) } }
            .max { ($0.1, $0.0.closed, $0.0.uid) < ($1.1, $1.0.closed, $1.0.uid) }?.0
    }

    /// All of them by uid.
    var sorted: [Predecessor] { all.values.sorted { $0.uid < $1.uid } }
}
