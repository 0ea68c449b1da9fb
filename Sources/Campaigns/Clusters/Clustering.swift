import Detection

/// The clusters of a region of the graph, computed from scratch: a pure function of the edges and leads there are.
///
/// 1. Cores of what is asked (content) join: each with the larger one that has most of it, and groups of them where
///    enough hard fingerprints sit in both. Then the other cores (a card issuer, a sign-up cohort) in the same way among themselves,
///    but for those that go to a core of the first sort, which has most of their accounts, and those most of whose
///    accounts are in several such clusters: operators buy their cards at the same places, so that such a core never
///    makes one campaign of two.
/// 2. A satellite goes to the cores that have most of its accounts, unless it touches few of them where others touch
///    many; it never bridges.
/// 3. What no core takes is clustered by its ties, where the tie mass between clusters allows it (`Cohesion`).
///
/// In all ties between equals keys decide. O(edges between the fingerprints of the region).
struct Clustering {
    /// The fingerprints of each cluster by key, by the key of the first.
    private(set) var clusters: [[Int32]] = []
    /// Whether a limit made ties of the cluster count less.
    private(set) var isThinned: [Bool] = []
    /// The fingerprints, by key.
    private let region: [Int32]
    private let population: Int
    private var partition: Partition
    /// A bit of what is known of each fingerprint.
    private var isCore: [Bool]
    /// Whether a core is one of what is asked.
    private var isContent: [Bool]
    /// Whether a core of the second sort has gone to one of the first.
    private var isHoused: [Bool]
    private var isPlaced: [Bool]

    /// Clusters `region`, which is closed under ties, among `population` accounts; 0 where it is unknown.
    ///
    /// `fingerprints[].cluster` is used as scratch space, and tells each fingerprint's cluster afterwards, -1 for none.
    init(_ graph: inout EvidenceGraph, _ region: [Int32], population: Int) {
        self.region = region
        self.population = population
        partition = Partition(region.count)
        isCore = region.map { graph.isCore($0) }
        isContent = region.map { graph.isContentCore($0) }
        isHoused = isCore.map { _ in false }
        isPlaced = isCore
        for (i, slot) in region.enumerated() { graph.fingerprints[Int(slot)].cluster = Int32(i) }
        joinContained(graph, content: true)
        placeOthers(graph)
        joinContained(graph, content: false)
        joinBridged(graph)
        let satellites = region.indices.filter { isSatellite($0, graph) }
        var homes: [(satellite: Int, core: Int32)] = []
        for i in satellites {
            if let core = home(of: i, graph) { homes.append((i, core)) }
        }
        for (i, core) in withoutGuests(homes, graph) {
            isPlaced[i] = true
            partition.join(Int32(i), core)
        }
        var cohesion = Cohesion(population: population)
        let leftovers = satellites.filter { !isPlaced[$0] }
        let thinned = cohesion.join(leftovers, region, graph, &partition, isPlaced: isPlaced)
        collect(&graph, leftovers: Set(leftovers), thinned: thinned)
    }

    /// The place of a neighbour in the region; nil where it is none of it.
    private func place(_ slot: Int32, _ graph: borrowing EvidenceGraph) -> Int? {
        let i = Int(graph.fingerprints[Int(slot)].cluster)
        return i >= 0 && i < region.count && region[i] == slot ? i : nil
    }

    private func isSatellite(_ i: Int, _ graph: borrowing EvidenceGraph) -> Bool {
        !isCore[i] && graph.fingerprints[Int(region[i])].role == .hard
            && !graph.isAttribute(region[i])
    }

    private func isImprobable(
        _ shared: Int, of size: Int, larger: Int, _ graph: borrowing EvidenceGraph
    ) -> Bool {
        population == 0
            || Overlap.bits(shared, of: size, larger: larger, population: population)
                >= graph.settings.minBits
    }

    // MARK: Cores

    /// Joins each core with the larger one that shares most with it and contains most of it. One only: a small core
    /// that lies in two larger ones does not make them one.
    private mutating func joinContained(_ graph: borrowing EvidenceGraph, content: Bool) {
        for i in region.indices where isCore[i] && isContent[i] == content && !isHoused[i] {
            let size = graph.fingerprints[Int(region[i])].degree
            var best: (shared: Int32, degree: Int, place: Int)?
            for neighbor in graph.fingerprints[Int(region[i])].neighbors
            where neighbor.shared >= graph.settings.minShared {
                guard let j = place(neighbor.slot, graph), isCore[j], isContent[j] == content,
                    !isHoused[j]
                else { continue }
                let degree = graph.fingerprints[Int(neighbor.slot)].degree
                guard (degree, j) > (size, i),
                    Overlap.isMost(Int(neighbor.shared), of: size),
                    isImprobable(Int(neighbor.shared), of: size, larger: degree, graph)
                else { continue }
                if let best, (best.shared, best.degree, best.place) > (neighbor.shared, degree, j) {
                    continue
                }
                best = (neighbor.shared, degree, j)
            }
            if let best { partition.join(Int32(i), Int32(best.place)) }
        }
    }

    /// Lets the cores of the second sort go to the core of what is asked that has most of their accounts. Soft ones (a
    /// card issuer, a cohort) are no cores then: they are attached, since others buy their cards there as well, and who
    /// shares nothing else with the campaign is no member. No cores either are those whose accounts lie for the most part
    /// in several cores of what is asked.
    private mutating func placeOthers(_ graph: borrowing EvidenceGraph) {
        var homes: [(core: Int, home: Int32)] = []
        var spread: [Int] = []
        for i in region.indices where isCore[i] && !isContent[i] {
            if let home = home(of: i, graph, contentOnly: true) {
                if graph.fingerprints[Int(region[i])].role == .hard {
                    homes.append((i, home))
                } else {
                    spread.append(i)
                }
            } else if isSpread(i, graph) {
                spread.append(i)
            }
        }
        for (i, home) in homes { partition.join(Int32(i), home) }
        for (i, _) in homes { isHoused[i] = true }
        for i in spread { (isCore[i], isPlaced[i]) = (false, false) }
    }

    /// Whether half of a core's accounts are with cores of what is asked, each of which shares some with it: others
    /// may lie outside of the region.
    private func isSpread(_ i: Int, _ graph: borrowing EvidenceGraph) -> Bool {
        var near: Set<Int32> = []
        for neighbor in graph.fingerprints[Int(region[i])].neighbors
        where neighbor.shared >= graph.settings.minShared {
            if let j = place(neighbor.slot, graph), isContent[j] { near.insert(neighbor.slot) }
        }
        let accounts = graph.fingerprints[Int(region[i])].accounts
        let covered = accounts.count { account in
            graph.accounts[Int(account)].edges.contains { near.contains($0.fingerprint) }
        }
        return !near.isEmpty && 2 * covered >= accounts.count
    }

    /// Two groups of joined cores.
    private struct Pair: Hashable {
        var a: Int32
        var b: Int32
    }

    /// The hard fingerprints that sit in two groups.
    private struct Bridges {
        /// Those with the fewest accounts that tie, and a tenth of their own, in each.
        var firm = 0
        /// Those with accounts in each that are not in the other.
        var thin = 0
    }

    /// A group that a hard fingerprint sits in, and with how many of its accounts.
    private struct Seat {
        var group: Int32
        var accounts = 0
    }

    /// Groups one hard fingerprint is counted for at most.
    private static let groupsPerBridge = 16

    /// Joins groups of cores that three hard fingerprints at least sit in: firmly where these are 2 % of those of the
    /// group with fewer, with any accounts where they are a fifth of those. A crowd that shares no means joins nothing.
    private mutating func joinBridged(_ graph: borrowing EvidenceGraph) {
        var groups = [Int32](repeating: -1, count: region.count)
        var degrees = [Int](repeating: 0, count: region.count)
        for i in region.indices where isCore[i] && !isHoused[i] {
            groups[i] = partition.root(Int32(i))
            let degree = graph.fingerprints[Int(region[i])].degree
            degrees[Int(groups[i])] = max(degrees[Int(groups[i])], degree)
        }
        let isContentGroup = Set(region.indices.filter { isContent[$0] }.map { groups[$0] })
        var sitting = [Int](repeating: 0, count: region.count)
        var bridges: [Pair: Bridges] = [:]
        for i in region.indices where graph.fingerprints[Int(region[i])].role == .hard {
            guard !graph.isAttribute(region[i]) else { continue }
            var seats = seats(of: i, groups, graph)
            if seats.contains(where: { !isContentGroup.contains($0.group) }) {
                let tied = tiedGroups(of: i, groups, graph)
                seats.removeAll {
                    !isContentGroup.contains($0.group) && !tied.contains($0.group)
                }
            }
            seats.removeLast(max(0, seats.count - Self.groupsPerBridge))
            for seat in seats {
                sitting[Int(seat.group)] += 1
            }
            let shared = meetings(of: i, in: seats, groups, graph)
            for (n, x) in seats.enumerated() {
                for (m, y) in seats[..<n].enumerated()
                where isContentGroup.contains(x.group) == isContentGroup.contains(y.group) {
                    let (a, b) = x.group < y.group ? (x, y) : (y, x)
                    note(
                        i, a, b, shared: shared[n * seats.count + m], degrees, graph,
                        &bridges[Pair(a: a.group, b: b.group), default: .init()])
                }
            }
        }
        var crowds: [Int32: Bool] = [:]
        // Joining commutes, so the order of the pairs does not matter.
        for (pair, bridge) in bridges {
            let fewer = min(sitting[Int(pair.a)], sitting[Int(pair.b)])
            let isFirm = bridge.firm >= 3 && 50 * bridge.firm >= fewer
            let isWide = bridge.thin >= 3 && 5 * bridge.thin >= fewer
            guard isFirm || isWide else { continue }
            let hasCrowd = [pair.a, pair.b].contains { group in
                let known =
                    crowds[group]
                    ?? isCrowd(group, groups, isContent: isContentGroup.contains(group), graph)
                crowds[group] = known
                return known
            }
            if !hasCrowd { partition.join(pair.a, pair.b) }
        }
    }

    /// Whether fewer than half of a group's accounts have a hard fingerprint that sits in the group.
    private func isCrowd(
        _ group: Int32, _ groups: [Int32], isContent: Bool, _ graph: borrowing EvidenceGraph
    ) -> Bool {
        var sits: [Int: Bool] = [:]
        var accounts: Set<Int32> = []
        for i in region.indices where groups[i] == group {
            accounts.formUnion(graph.fingerprints[Int(region[i])].accounts)
        }
        let seated = accounts.count { account in
            guard !graph.isShared(account) else { return false }
            return graph.accounts[Int(account)].edges.contains { edge in
                guard let j = place(edge.fingerprint, graph), groups[j] != group,
                    graph.fingerprints[Int(edge.fingerprint)].role == .hard,
                    !graph.isAttribute(edge.fingerprint)
                else { return false }
                if isContent { return true }
                let isTied = sits[j] ?? tiedGroups(of: j, groups, graph).contains(group)
                sits[j] = isTied
                return isTied
            }
        }
        return 2 * seated < accounts.count
    }

    /// Counts a hard fingerprint for two groups it sits in, in which it has `shared` accounts at once.
    private func note(
        _ i: Int, _ a: Seat, _ b: Seat, shared: Int, _ degrees: [Int],
        _ graph: borrowing EvidenceGraph, _ bridges: inout Bridges
    ) {
        let size = graph.fingerprints[Int(region[i])].degree
        let (degreeA, degreeB) = (degrees[Int(a.group)], degrees[Int(b.group)])
        let fewer = min(a.accounts, b.accounts)
        if fewer >= graph.settings.minShared, 10 * fewer >= size, min(degreeA, degreeB) >= size,
            isImprobable(a.accounts, of: size, larger: degreeA, graph),
            isImprobable(b.accounts, of: size, larger: degreeB, graph)
        {
            bridges.firm += 1
        }
        // Two of its accounts meet both groups by chance in fewer than one of 16 cases.
        let all = min(population, 1 << 30)
        let chance = size.multipliedReportingOverflow(by: 4 * degreeA)
        let other = size.multipliedReportingOverflow(by: 4 * degreeB)
        guard a.accounts > shared, b.accounts > shared, !chance.overflow, !other.overflow,
            population == 0
                || chance.partialValue.multipliedFullWidth(by: other.partialValue)
                    <= all.multipliedFullWidth(by: all)
        else { return }
        bridges.thin += 1
    }

    /// The groups of cores that a hard fingerprint sits in, those with most accounts first. Accounts with too many
    /// fingerprints do not count.
    private func seats(
        of i: Int, _ groups: [Int32], _ graph: borrowing EvidenceGraph
    ) -> [Seat] {
        var seats: [Seat] = []
        var own: [Int32] = []
        for account in graph.fingerprints[Int(region[i])].accounts where !graph.isShared(account) {
            own.removeAll(keepingCapacity: true)
            for edge in graph.accounts[Int(account)].edges {
                guard let j = place(edge.fingerprint, graph), groups[j] >= 0,
                    groups[j] != groups[i], !own.contains(groups[j])
                else { continue }
                own.append(groups[j])
            }
            for group in own {
                if let k = seats.firstIndex(where: { $0.group == group }) {
                    seats[k].accounts += 1
                } else {
                    seats.append(Seat(group: group, accounts: 1))
                }
            }
        }
        seats.sort { ($0.accounts, $1.group) > ($1.accounts, $0.group) }
        return seats
    }

    /// How many accounts of a hard fingerprint are in each two of the groups it sits in, which are few: that of the places
    /// n and m < n in `seats` is at n * count + m.
    private func meetings(
        of i: Int, in seats: [Seat], _ groups: [Int32], _ graph: borrowing EvidenceGraph
    ) -> [Int] {
        var meetings = [Int](repeating: 0, count: seats.count * seats.count)
        guard seats.count > 1 else { return meetings }
        var own: [Int] = []
        for account in graph.fingerprints[Int(region[i])].accounts where !graph.isShared(account) {
            own.removeAll(keepingCapacity: true)
            for edge in graph.accounts[Int(account)].edges {
                guard let j = place(edge.fingerprint, graph), groups[j] >= 0,
                    let n = seats.firstIndex(where: { $0.group == groups[j] }), !own.contains(n)
                else { continue }
                own.append(n)
            }
            for (k, n) in own.enumerated() {
                for m in own[..<k] { meetings[max(n, m) * seats.count + min(n, m)] += 1 }
            }
        }
        return meetings
    }

    /// The groups with a core that shares the fewest accounts that tie with a fingerprint. In groups of other cores than
    /// those of what is asked no others count: what shares fewer need not be in the region.
    private func tiedGroups(
        of i: Int, _ groups: [Int32], _ graph: borrowing EvidenceGraph
    ) -> Set<Int32> {
        var tied: Set<Int32> = []
        for neighbor in graph.fingerprints[Int(region[i])].neighbors
        where neighbor.shared >= graph.settings.minShared {
            if let j = place(neighbor.slot, graph), groups[j] >= 0 { tied.insert(groups[j]) }
        }
        return tied
    }

    // MARK: Satellites

    /// The core that a satellite goes to; nil where none has most of its accounts.
    private mutating func home(
        of i: Int, _ graph: borrowing EvidenceGraph, contentOnly: Bool = false
    ) -> Int32? {
        let entry = region[i]
        let size = graph.fingerprints[Int(entry)].degree
        var cores: [(shared: Int32, degree: Int, place: Int)] = []
        for neighbor in graph.fingerprints[Int(entry)].neighbors
        where neighbor.ordinary >= graph.settings.minShared {
            guard let j = place(neighbor.slot, graph), isCore[j], !isHoused[j],
                isContent[j] || !contentOnly
            else { continue }
            let degree = graph.fingerprints[Int(neighbor.slot)].degree
            if isImprobable(Int(neighbor.ordinary), of: size, larger: degree, graph) {
                cores.append((neighbor.ordinary, degree, j))
            }
        }
        cores.sort { ($0.shared, $0.degree, $0.place) > ($1.shared, $1.degree, $1.place) }
        guard let first = cores.first else { return nil }
        if Overlap.isMost(Int(first.shared), of: size) { return Int32(first.place) }
        return homeAmongJoined(i, cores.map(\.place), graph)
    }

    /// The cores that are one and together have most of a satellite's accounts.
    private mutating func homeAmongJoined(
        _ i: Int, _ cores: [Int], _ graph: borrowing EvidenceGraph
    ) -> Int32? {
        var count: [Int32: Int] = [:]
        var roots: [Int32] = []
        let candidates = Set(cores.map { partition.root(Int32($0)) })
        for account in graph.fingerprints[Int(region[i])].accounts where !graph.isShared(account) {
            roots.removeAll(keepingCapacity: true)
            for edge in graph.accounts[Int(account)].edges {
                guard let j = place(edge.fingerprint, graph), isCore[j], !isHoused[j] else {
                    continue
                }
                let root = partition.root(Int32(j))
                if candidates.contains(root), !roots.contains(root) { roots.append(root) }
            }
            for root in roots { count[root, default: 0] += 1 }
        }
        // The first core by strength whose set has most of it.
        let size = graph.fingerprints[Int(region[i])].degree
        for core in cores {
            let shared = count[partition.root(Int32(core))] ?? 0
            if Overlap.isMost(shared, of: size) { return Int32(core) }
        }
        return nil
    }

    /// Leaves out the satellites that touch less than a third of the cores that half of their group's satellites touch at
    /// least: who resells passes on the frames of customers, and a customer's card comes with his own frames alone.
    private mutating func withoutGuests(
        _ homes: [(satellite: Int, core: Int32)], _ graph: borrowing EvidenceGraph
    ) -> [(satellite: Int, core: Int32)] {
        var touching: [(root: Int32, cores: Int)] = []
        var ofGroup: [Int32: [Int]] = [:]
        for (i, core) in homes {
            let root = partition.root(core)
            var cores = 0
            for neighbor in graph.fingerprints[Int(region[i])].neighbors where neighbor.ordinary > 0
            {
                guard let j = place(neighbor.slot, graph), isCore[j], !isHoused[j],
                    partition.root(Int32(j)) == root
                else { continue }
                cores += 1
            }
            touching.append((root, cores))
            ofGroup[root, default: []].append(cores)
        }
        let median = ofGroup.mapValues { $0.sorted()[($0.count - 1) / 2] }
        return zip(homes, touching).filter { 3 * $1.cores >= median[$1.root] ?? 0 }.map(\.0)
    }

    // MARK: The result

    /// Numbers the clusters by their first key. A core is one by itself; of the rest two at least.
    private mutating func collect(
        _ graph: inout EvidenceGraph, leftovers: Set<Int>, thinned: Set<Int32>
    ) {
        var number: [Int32: Int] = [:]
        for i in region.indices {
            let root = partition.root(Int32(i))
            let isAlone = partition.sizes[Int(root)] < 2
            guard isPlaced[i] || leftovers.contains(i) && !isAlone else {
                graph.fingerprints[Int(region[i])].cluster = -1
                continue
            }
            let cluster = number[root] ?? clusters.count
            if cluster == clusters.count {
                number[root] = cluster
                clusters.append([])
                isThinned.append(thinned.contains(root))
            }
            clusters[cluster].append(region[i])
            graph.fingerprints[Int(region[i])].cluster = Int32(cluster)
        }
    }
}
