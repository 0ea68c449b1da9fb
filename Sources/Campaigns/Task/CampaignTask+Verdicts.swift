import Detection
import Primitives
import Topology

/// What people's verdicts do to campaigns.
extension CampaignTask {
    /// Takes in a verdict: it holds from the tick of its time on, or from the next one.
    mutating func receive(verdict block: ByteSlice) throws(BlockError) {
        guard let verdict = try VerdictBlock(block, application: application) else {
            counters.foreignBlocks += 1
            return
        }
        if verdict.time.ms < tick * settings.tickMs { counters.verdictsLate += 1 }
        verdicts.receive(verdict)
    }

    /// The tick in which another verdict holds, or one ends; nil where none is known.
    var nextVerdictTick: Int64? {
        verdicts.nextChange.map { $0.ms.ceilingDivided(by: settings.tickMs) }
    }

    /// Lets the verdicts hold that were given before the end of the tick.
    mutating func applyVerdicts(_ end: EventTime) {
        var changed: [UInt64] = []
        verdicts.advance(to: end) { changed.append($0) }
        counters.verdictsForgotten = verdicts.forgotten
        for key in changed {
            if let slot = graph.fingerprint(key) { judge(fingerprint: slot) }
            if let slot = graph.account(key) { judge(account: slot) }
        }
    }

    /// Notes what was decided about a fingerprint that has just come into the graph.
    mutating func noteVerdict(_ slot: Int32) {
        guard !verdicts.isEmpty else { return }
        let standing = verdicts[graph.fingerprints[Int(slot)].key]
        graph.fingerprints[Int(slot)].isBenign = standing?.isBenign ?? false
        graph.fingerprints[Int(slot)].isConfirmed = standing?.isConfirmed ?? false
    }

    /// A benign fingerprint ties nothing and adds no weight while the verdict holds: it leaves its campaign with this tick.
    private mutating func judge(fingerprint slot: Int32) {
        let before = graph.fingerprints[Int(slot)]
        let standing = verdicts[before.key]
        graph.fingerprints[Int(slot)].isBenign = standing?.isBenign ?? false
        graph.fingerprints[Int(slot)].isConfirmed = standing?.isConfirmed ?? false
        if before.isConfirmed != graph.fingerprints[Int(slot)].isConfirmed {
            markRecord(before.record)
        }
        guard before.isBenign != graph.fingerprints[Int(slot)].isBenign else { return }
        if before.record >= 0 {
            dismissed.insert(before.record)
            leaveRecord(slot)
        }
        graph.markDirty(slot)
        graph.markNeighbors(slot)
    }

    /// The edges of a benign account are forgotten, and none are kept while the verdict holds. A ban changes what is known
    /// of its campaign.
    private mutating func judge(account slot: Int32) {
        if verdicts.isBenign(graph.accounts[Int(slot)].key) {
            for edge in graph.accounts[Int(slot)].edges {
                let record = graph.fingerprints[Int(edge.fingerprint)].record
                if record >= 0 { dismissed.insert(record) }
                graph.removeEdge(slot, edge.fingerprint)
            }
        }
        graph.touch(slot)
    }

    /// Whether a campaign has lost all of its fingerprints or members to verdicts in this tick: it closes at once.
    func isDismissed(_ record: Int32) -> Bool {
        dismissed.contains(record)
            && (records[record].fingerprints.isEmpty || records[record].accounts == 0)
    }
}

/// What became of a campaign after bans.
struct BanEffects: Equatable {
    /// Members that are banned now.
    var banned = 0
    /// The requests a day of accounts that came within an hour behind a ban, by those of the banned ones; NaN without.
    var replacement = Double.nan
    /// Frames that were taken over by accounts without a hard fingerprint in common with those that were banned.
    var failover = 0
}

extension CampaignTask {
    /// An account that comes up so soon behind a ban takes the place of the banned one.
    private static let replacedMs: Int64 = 3_600_000

    /// What an account did in one campaign.
    private struct Member {
        var account: Int32
        var bannedAt: EventTime?
        var first: EventTime
        /// Requests a day.
        var daily: Int64
    }

    /// What bans of members came to.
    func banEffects(of record: Int32) -> BanEffects {
        guard records[record].banned > 0 else { return BanEffects() }
        let members = members(of: record)
        let bans = members.compactMap(\.bannedAt).sorted()
        var effects = BanEffects(banned: bans.count)
        guard let firstBan = bans.first else { return effects }
        var (lost, gained) = (Int64(0), Int64(0))
        for member in members {
            if member.bannedAt != nil { lost += member.daily }
            if Self.follows(member.first, bans) { gained += member.daily }
        }
        if lost > 0 { effects.replacement = Double(gained) / Double(lost) }
        var hard: Set<Int32> = []
        for member in members where member.bannedAt != nil {
            for edge in graph.accounts[Int(member.account)].edges
            where graph.fingerprints[Int(edge.fingerprint)].role == .hard {
                hard.insert(edge.fingerprint)
            }
        }
        effects.failover = records[record].fingerprints.count {
            graph.fingerprints[Int($0)].role == .soft && hasFailedOver($0, firstBan, hard)
        }
        return effects
    }

    private func members(of record: Int32) -> [Member] {
        var seen: Set<Int32> = []
        var members: [Member] = []
        for slot in records[record].fingerprints {
            for account in graph.fingerprints[Int(slot)].accounts
            where seen.insert(account).inserted {
                let entry = graph.accounts[Int(account)]
                guard entry.contribution.record == record else { continue }
                var (first, last) = (EventTime(ms: .max), EventTime(ms: 0))
                for edge in entry.edges
                where graph.fingerprints[Int(edge.fingerprint)].record == record {
                    (first, last) = (min(first, edge.firstSeen), max(last, edge.lastSeen))
                }
                // Of less than a day it is what there was.
                let minutes = max(1_440, (last.ms - first.ms) / 60_000)
                members.append(
                    Member(
                        account: account, bannedAt: verdicts[entry.key]?.bannedAt, first: first,
                        daily: entry.contribution.requests * 1_440 / minutes))
            }
        }
        return members
    }

    /// Whether a time lies within an hour behind one of `bans`, which are sorted.
    private static func follows(_ time: EventTime, _ bans: [EventTime]) -> Bool {
        var (low, high) = (0, bans.count)
        while low < high {
            let middle = (low + high) / 2
            if bans[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low > 0 && time.ms - bans[low - 1].ms < replacedMs
    }

    /// Whether a frame whose accounts were banned, half of them at least, is used by as many others as tie, who came
    /// to it later and have none of the `hard` fingerprints of those.
    private func hasFailedOver(_ slot: Int32, _ firstBan: EventTime, _ hard: Set<Int32>) -> Bool {
        var (before, banned, after) = (0, 0, 0)
        for account in graph.fingerprints[Int(slot)].accounts {
            let entry = graph.accounts[Int(account)]
            guard let edge = entry.edges.first(where: { $0.fingerprint == slot }) else { continue }
            let isBanned = verdicts[entry.key]?.bannedAt != nil
            if edge.firstSeen < firstBan {
                before += 1
                if isBanned { banned += 1 }
            } else if !isBanned, !entry.edges.contains(where: { hard.contains($0.fingerprint) }) {
                after += 1
            }
        }
        return before >= settings.minShared && 2 * banned >= before && after >= settings.minShared
    }
}
