import Campaigns
import Detection
import Foundation
import Primitives
import Topology

/// What one source of evidence tells of one tick.
public struct ToldEvidence {
    /// The ENTITY task.
    public var source: Int
    /// The number of the tick.
    public var tick: Int64
    /// Leads and edges, in their order.
    public var items: [EvidenceItem]

    /// What a source tells.
    public init(source: Int, tick: Int64, items: [EvidenceItem] = []) {
        self.source = source
        self.tick = tick
        self.items = items
    }
}

/// Clusters recomputed from nothing, by the words of the documentation and with sets: slow, and written apart from
/// what it checks.
public struct NaiveClusters {
    /// A fingerprint.
    struct Print {
        var role: Role
        var leads: [String: (isOpen: Bool, feed: CampaignFeed, time: Int64)] = [:]
        /// When each account was seen with it last.
        var lastSeen: [UInt64: Int64] = [:]
        var accounts: Set<UInt64> { Set(lastSeen.keys) }

        var weight: Int { leads.values.map(\.feed.weight).max() ?? 0 }
        var isOpen: Bool { leads.values.contains { $0.isOpen } }
    }

    /// Fingerprints of an account: all, and those that strangers do not share.
    private struct Owned {
        var all = 0
        var hard = 0
    }

    let settings: CampaignSettings
    let feeds: [String: CampaignFeed]
    let population: Int
    private(set) var prints: [UInt64: Print] = [:]
    private var names: [UInt64: [UInt8]] = [:]
    private var members: [UInt64: Set<UInt64>] = [:]
    private var owned: [UInt64: Owned] = [:]

    private static let hourMs: Int64 = 3_600_000

    /// Takes in all that was told, in the order of ticks and sources, and lets time pass until `tick` is over.
    ///
    /// - Parameter population: accounts that all sources say they keep, in the end.
    public init(
        _ told: [ToldEvidence], _ settings: CampaignSettings, feeds: [String: CampaignFeed],
        population all: Int, until tick: Int64
    ) {
        self.settings = settings
        self.feeds = feeds
        // Rounded down to three binary digits.
        let shift = max(0, (Int.bitWidth - all.leadingZeroBitCount) - 3)
        population = (all >> shift) << shift
        for (tick, parts) in Dictionary(grouping: told, by: \.tick).sorted(by: { $0.key < $1.key })
        {
            pass(to: tick - 1)
            forget(upTo: tick)
            for source in Set(parts.map(\.source)).sorted() {
                for part in parts where part.source == source {
                    for item in part.items { take(item, tick) }
                }
            }
            expire(tick)
        }
        pass(to: tick)
        members = prints.mapValues(\.accounts)
        for (key, accounts) in members {
            for account in accounts {
                owned[account, default: Owned()].all += 1
                if prints[key]?.role == .hard { owned[account, default: Owned()].hard += 1 }
            }
        }
    }

    /// Lets time pass to the end of a tick in which nothing is told.
    private mutating func pass(to tick: Int64) {
        forget(upTo: tick)
        expire(tick)
    }

    /// Lets edges end whose window is over in the last full hour, and forgets who has none.
    private mutating func expire(_ tick: Int64) {
        let hour = tick * settings.tickMs / Self.hourMs
        for (key, print) in prints {
            prints[key]?.lastSeen = print.lastSeen.filter { _, last in
                (last + settings.windowMs + Self.hourMs - 1) / Self.hourMs > hour
            }
        }
        let left = prints.values.reduce(into: Set<UInt64>()) { $0.formUnion($1.lastSeen.keys) }
        names = names.filter { left.contains($0.key) }
    }

    private mutating func forget(upTo tick: Int64) {
        for (key, print) in prints where !print.isOpen {
            let last = print.leads.values.map(\.time).max() ?? 0
            let end = (last + settings.lingerMs + settings.tickMs - 1) / settings.tickMs
            if end <= tick { prints[key] = nil }
        }
    }

    private mutating func take(_ item: EvidenceItem, _ tick: Int64) {
        switch item {
        case .lead(let lead):
            let isOpen = lead.status != .close
            guard isOpen || prints[lead.fingerprint] != nil else { return }
            let role = settings.kinds[lead.subject.kind] ?? .context
            guard let feed = feeds[lead.rule] else { return }
            prints[lead.fingerprint, default: Print(role: role)].leads[lead.rule] = (
                isOpen, feed, lead.time.ms
            )
        case .edge(let edge): take(edge, tick)
        }
    }

    private mutating func take(_ edge: Edge, _ tick: Int64) {
        guard let print = prints[edge.fingerprint],
            edge.lastSeen.ms + settings.windowMs > tick * settings.tickMs
        else { return }
        // Nobody can be told of an account without a name.
        guard names[edge.account] != nil || !edge.name.isEmpty else { return }
        let cap = print.role == .hard ? settings.hardCap : settings.softCap
        // Over its cap it is an attribute, whatever else comes.
        let isFull = print.role != .context && print.lastSeen.count >= cap / 4 * 5 + 1
        guard !isFull || print.lastSeen[edge.account] != nil else { return }
        names[edge.account] = names[edge.account] ?? edge.name
        let last = max(edge.lastSeen.ms, print.lastSeen[edge.account] ?? 0)
        prints[edge.fingerprint]?.lastSeen[edge.account] = last
    }

    // MARK: Judging

    private func accounts(_ key: UInt64) -> Set<UInt64> { members[key] ?? [] }

    private func degree(_ key: UInt64) -> Int { members[key]?.count ?? 0 }

    private func isAttribute(_ key: UInt64) -> Bool {
        guard let print = prints[key] else { return true }
        switch print.role {
        case .hard: return degree(key) > settings.hardCap
        case .soft: return degree(key) > settings.softCap
        case .context: return true
        }
    }

    private func isCore(_ key: UInt64) -> Bool {
        !isAttribute(key) && (prints[key]?.weight ?? 0) >= settings.coreWeight
            && prints[key]?.role != .context
    }

    /// Accounts of two fingerprints; only those with few hard fingerprints where `ordinary`.
    private func shared(_ a: UInt64, _ b: UInt64, ordinary: Bool) -> Int {
        accounts(a).intersection(accounts(b)).count { counts($0, ordinary: ordinary) }
    }

    private func counts(_ account: UInt64, ordinary: Bool) -> Bool {
        let own = owned[account] ?? Owned()
        return own.all <= settings.fingerprintsPerAccount
            && (!ordinary || own.hard <= settings.hardPerAccount)
    }

    private func isMost(_ shared: Int, _ size: Int) -> Bool {
        let (n, k, z2) = (Double(size), Double(shared), 2.706)
        let root = (z2 * (k * (n - k) / n + z2 / 4)).squareRoot()
        return (k + z2 / 2 - root) / (n + z2) >= 0.5
    }

    private func isImprobable(_ shared: Int, _ size: Int, larger: Int) -> Bool {
        guard population > 0 else { return true }
        let p = Double(larger) / Double(population)
        let q = Double(shared) / Double(size)
        guard p < 1, q > p else { return false }
        let rest = q < 1 ? (1 - q) * log2((1 - q) / (1 - p)) : 0
        return Double(size) * (q * log2(q / p) + rest) >= Double(settings.minBits)
    }

    // MARK: Clustering

    private func isContent(_ key: UInt64) -> Bool {
        isCore(key)
            && prints[key]?.leads.values.contains {
                $0.feed.group == .content && $0.feed.weight >= settings.coreWeight
            } == true
    }

    /// The fingerprints of each cluster.
    public func clusters() -> [Set<UInt64>] {
        let keys = prints.keys.sorted()
        let content = keys.filter(isContent)
        let others = keys.filter { isCore($0) && !isContent($0) }
        var groups = content.map { Set([$0]) }
        for core in content {
            if let larger = container(of: core, among: content) { Self.join(&groups, core, larger) }
        }
        // Where the other cores go, and which of them are none.
        var housed: [(UInt64, UInt64)] = []
        var free: [UInt64] = []
        for core in others {
            if let home = home(of: core, content, groups) {
                if prints[core]?.role == .hard { housed.append((core, home)) }
            } else if !isSpread(core, content) {
                free.append(core)
            }
        }
        Self.place(housed, &groups)
        groups += free.map { Set([$0]) }
        for core in free {
            if let larger = container(of: core, among: free) { Self.join(&groups, core, larger) }
        }
        let hard = keys.filter { prints[$0]?.role == .hard && !isAttribute($0) }
        for cores in [content, free] {
            let before = groups.map { $0.intersection(cores) }.filter { !$0.isEmpty }
            for (n, a) in before.enumerated() {
                for b in before[..<n] where isBridged(a, b, hard) {
                    if let a = a.first, let b = b.first { Self.join(&groups, a, b) }
                }
            }
        }
        let placed = Set(content + free + housed.map(\.0))
        let satellites = hard.filter { !placed.contains($0) }
        let near = satellites.compactMap { print in
            home(of: print, content + free, groups).map { (print, $0) }
        }
        let touched = near.map { print, core in
            (groups.first { $0.contains(core) } ?? []).intersection(content + free).filter {
                shared(print, $0, ordinary: true) > 0
            }.count
        }
        let homes = near.indices.filter { i in
            let group = groups.first { $0.contains(near[i].1) }
            let all = near.indices.filter { group?.contains(near[$0].1) == true }
                .map { touched[$0] }.sorted()
            return 3 * touched[i] >= all[(all.count - 1) / 2]
        }.map { near[$0] }
        Self.place(homes, &groups)
        let gone = Set(homes.map(\.0))
        return groups + leftovers(satellites.filter { !gone.contains($0) })
    }

    private static func place(_ homes: [(UInt64, UInt64)], _ groups: inout [Set<UInt64>]) {
        for (print, core) in homes {
            if let i = groups.firstIndex(where: { $0.contains(core) }) { groups[i].insert(print) }
        }
    }

    private func isSpread(_ core: UInt64, _ content: [UInt64]) -> Bool {
        let near = content.filter { shared(core, $0, ordinary: false) >= settings.minShared }
        let with = near.reduce(into: Set<UInt64>()) { $0.formUnion(accounts($1)) }
        let own = accounts(core)
        return !near.isEmpty && 2 * own.intersection(with).count >= own.count
    }

    private static func join(_ groups: inout [Set<UInt64>], _ a: UInt64, _ b: UInt64) {
        guard let i = groups.firstIndex(where: { $0.contains(a) }),
            let j = groups.firstIndex(where: { $0.contains(b) }), i != j
        else { return }
        groups[i].formUnion(groups[j])
        groups.remove(at: j)
    }

    private func container(of core: UInt64, among cores: [UInt64]) -> UInt64? {
        let size = degree(core)
        let larger = cores.filter { other in
            let both = shared(core, other, ordinary: false)
            return (degree(other), other) > (size, core) && both >= 3 && isMost(both, size)
                && isImprobable(both, size, larger: degree(other))
        }
        return larger.max { a, b in
            (shared(core, a, ordinary: false), degree(a), a)
                < (shared(core, b, ordinary: false), degree(b), b)
        }
    }

    /// The accounts of a fingerprint that are with a group of cores, unless it is one of them. In a group without a core
    /// of what is asked it sits only where it shares three with a core.
    private func seated(_ print: UInt64, in group: Set<UInt64>) -> Set<UInt64> {
        let counts = group.contains {
            isContent($0) || shared(print, $0, ordinary: false) >= settings.minShared
        }
        guard !group.contains(print), counts else { return [] }
        let all = group.reduce(into: Set<UInt64>()) { $0.formUnion(accounts($1)) }
        return accounts(print).intersection(all).filter {
            self.counts($0, ordinary: true)
        }
    }

    private func isBridged(_ a: Set<UInt64>, _ b: Set<UInt64>, _ hard: [UInt64]) -> Bool {
        let (degreeA, degreeB) = (a.map(degree).max() ?? 0, b.map(degree).max() ?? 0)
        var (sitting, firm, thin) = ([0, 0], 0, 0)
        var (seatedA, seatedB) = (Set<UInt64>(), Set<UInt64>())
        for print in hard {
            let (inA, inB) = (seated(print, in: a), seated(print, in: b))
            if !inA.isEmpty { sitting[0] += 1 }
            if !inB.isEmpty { sitting[1] += 1 }
            seatedA.formUnion(inA)
            seatedB.formUnion(inB)
            let size = degree(print)
            let isFirm = [(inA.count, degreeA), (inB.count, degreeB)].allSatisfy { both, larger in
                both >= 3 && 10 * both >= size && larger >= size
                    && isImprobable(both, size, larger: larger)
            }
            if isFirm { firm += 1 }
            let meetings =
                Double(size) * Double(degreeA) / Double(population) * Double(size)
                * Double(degreeB) / Double(population)
            guard !inA.subtracting(inB).isEmpty, !inB.subtracting(inA).isEmpty, meetings <= 1 / 16
            else { continue }
            thin += 1
        }
        let isCrowd = [(a, seatedA), (b, seatedB)].contains { group, seated in
            let all = group.reduce(into: Set<UInt64>()) { $0.formUnion(accounts($1)) }
            return 2 * seated.count < all.count
        }
        guard !isCrowd else { return false }
        let fewer = Double(sitting.min() ?? 0)
        return firm >= 3 && Double(firm) >= 0.02 * fewer
            || thin >= 3 && Double(thin) >= 0.2 * fewer
    }

    private func home(
        of print: UInt64, _ cores: [UInt64], _ groups: [Set<UInt64>]
    ) -> UInt64? {
        let size = degree(print)
        let near = cores.filter { core in
            let both = shared(print, core, ordinary: true)
            return both >= 3 && isImprobable(both, size, larger: degree(core))
        }.sorted { a, b in
            (shared(print, a, ordinary: true), degree(a), a)
                > (shared(print, b, ordinary: true), degree(b), b)
        }
        guard let first = near.first else { return nil }
        if isMost(shared(print, first, ordinary: true), size) { return first }
        return near.first { core in
            guard let group = groups.first(where: { $0.contains(core) }) else { return false }
            let members = group.intersection(cores).reduce(into: Set<UInt64>()) {
                $0.formUnion(accounts($1))
            }
            let both = accounts(print).intersection(members)
            return isMost(both.count { counts($0, ordinary: true) }, size)
        }
    }

    private func leftovers(_ left: [UInt64]) -> [Set<UInt64>] {
        var ties: [(weight: Int, a: UInt64, b: UInt64)] = []
        for (n, b) in left.enumerated() {
            for a in left[..<n] {
                let both = shared(a, b, ordinary: true)
                let sizes = [degree(a), degree(b)].sorted()
                guard both >= 3, isMost(both, sizes[0]),
                    isImprobable(both, sizes[0], larger: sizes[1])
                else { continue }
                let part = (both << 20) / sizes[0]
                ties.append((part * 65536 / fixedLog2(1 + sizes[1]), a, b))
            }
        }
        ties.sort { ($0.weight, $1.a, $1.b) > ($1.weight, $0.a, $0.b) }
        var clusters = left.map { Set([$0]) }
        for tie in ties {
            guard let i = clusters.firstIndex(where: { $0.contains(tie.a) }),
                let j = clusters.firstIndex(where: { $0.contains(tie.b) }), i != j
            else { continue }
            let sizes = [clusters[i].count, clusters[j].count].sorted()
            let mass = ties.filter { other in
                clusters[i].contains(other.a) && clusters[j].contains(other.b)
                    || clusters[i].contains(other.b) && clusters[j].contains(other.a)
            }.reduce(0) { $0 + $1.weight }
            let needed = 0.02 * Double(sizes[0] * min(8, sizes[1])) * 1_048_576
            if sizes[0] > 1, Double(mass) < needed { continue }
            Self.join(&clusters, tie.a, tie.b)
        }
        return clusters.filter { $0.count > 1 }
    }

    /// With 16 binary digits, rounded down.
    private func fixedLog2(_ value: Int) -> Int { Int(log2(Double(value)) * 65536) }

    /// For each account, by name, the clusters it has most fingerprints of; none where it is in more than three.
    public func homes(_ clusters: [Set<UInt64>]) -> [[UInt8]: [Int]] {
        var ties: [UInt64: [Int: Int]] = [:]
        for (i, cluster) in clusters.enumerated() {
            let backed = cluster.filter { prints[$0]?.role == .hard }
                .reduce(into: Set<UInt64>()) { $0.formUnion(accounts($1)) }
            let frames = cluster.count { prints[$0]?.role == .soft }
            for key in cluster {
                var own = accounts(key)
                let all = own.count
                let others = cluster.subtracting([key])
                    .reduce(into: Set<UInt64>()) { $0.formUnion(accounts($1)) }
                if prints[key]?.role == .soft, frames > settings.ownFrames, all >= 12 {
                    let (ofBacked, seconded) = (own.intersection(backed), own.intersection(others))
                    if 3 * ofBacked.count >= 2 * all { own.formIntersection(ofBacked) }
                    if 2 * seconded.count >= all { own.formIntersection(seconded) }
                }
                for account in own { ties[account, default: [:]][i, default: 0] += 1 }
            }
        }
        var homes: [[UInt8]: [Int]] = [:]
        for (account, counts) in ties {
            let most = counts.values.max()
            homes[names[account] ?? []] =
                counts.count > settings.campaignsPerAccount
                ? [] : counts.filter { $0.value == most }.map(\.key)
        }
        return homes
    }
}
