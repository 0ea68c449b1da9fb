/// Clusters what has no core: the strongest ties first, and two clusters only where enough ties go between them.
///
/// Plain components would fuse tens of thousands of accounts over a few odd ones. So two clusters of more than one
/// fingerprint each join only where the mass of the ties between them is at least
/// 0.02 x min(|A|, |B|) x min(8, max(|A|, |B|)).
struct Cohesion {
    /// A tie between two fingerprints of the region, by their places in it.
    private struct Tie {
        var weight: Int
        var a: Int32
        var b: Int32
    }

    private let population: Int
    /// Weights with 20 binary digits behind the point: `Overlap.weight`.
    private static let one = 1 << 20

    init(population: Int) { self.population = population }

    /// Joins the `leftovers` (places in `region`) in `partition`.
    ///
    /// - Returns: a root for every cluster of a component that was over a limit.
    mutating func join(
        _ leftovers: [Int], _ region: [Int32], _ graph: borrowing EvidenceGraph,
        _ partition: inout Partition, isPlaced: [Bool]
    ) -> Set<Int32> {
        guard leftovers.count > 1 else { return [] }
        var ties: [Tie] = []
        var isLeft = [Bool](repeating: false, count: region.count)
        for i in leftovers { isLeft[i] = true }
        for i in leftovers { collect(i, region, isLeft, graph, &ties) }
        var isThinned = [Bool](repeating: false, count: region.count)
        ties = thin(ties, leftovers, region.count, graph.settings, &isThinned)
        ties.sort { ($0.weight, $1.a, $1.b) > ($1.weight, $0.a, $0.b) }
        kruskal(ties, &partition)
        return Set(leftovers.filter { isThinned[$0] }.map { partition.root(Int32($0)) })
    }

    /// The ties of one fingerprint with those before it.
    private func collect(
        _ i: Int, _ region: [Int32], _ isLeft: [Bool], _ graph: borrowing EvidenceGraph,
        _ ties: inout [Tie]
    ) {
        let size = graph.fingerprints[Int(region[i])].degree
        for neighbor in graph.fingerprints[Int(region[i])].neighbors
        where neighbor.ordinary >= graph.settings.minShared {
            let j = Int(graph.fingerprints[Int(neighbor.slot)].cluster)
            guard j >= 0, j < i, region[j] == neighbor.slot, isLeft[j] else { continue }
            let other = graph.fingerprints[Int(neighbor.slot)].degree
            let (smaller, larger) = (min(size, other), max(size, other))
            let shared = Int(neighbor.ordinary)
            guard Overlap.isMost(shared, of: smaller),
                population == 0
                    || Overlap.bits(shared, of: smaller, larger: larger, population: population)
                        >= graph.settings.minBits
            else { continue }
            ties.append(
                Tie(
                    weight: Overlap.weight(shared, smaller: smaller, larger: larger), a: Int32(j),
                    b: Int32(i)))
        }
    }

    /// Leaves out the weakest ties of components that are over a limit: the least weight rises in fixed steps, by a
    /// quarter, until they fit.
    private func thin(
        _ all: [Tie], _ leftovers: [Int], _ count: Int, _ settings: CampaignSettings,
        _ isThinned: inout [Bool]
    ) -> [Tie] {
        var ties = all
        var least = Self.one / 64
        while true {
            var partition = Partition(count)
            for tie in ties { partition.join(tie.a, tie.b) }
            var tieCount = [Int](repeating: 0, count: count)
            for tie in ties { tieCount[Int(partition.root(tie.a))] += 1 }
            var isOver = [Bool](repeating: false, count: count)
            for i in leftovers {
                let root = Int(partition.root(Int32(i)))
                isOver[i] =
                    Int(partition.sizes[root]) > settings.maxComponent
                    || tieCount[root] > settings.maxTies
                if isOver[i] { isThinned[i] = true }
            }
            guard leftovers.contains(where: { isOver[$0] }) else { return ties }
            ties.removeAll { isOver[Int($0.a)] && $0.weight < least }
            least += least / 4
        }
    }

    /// Joins along the ties, the strongest first.
    private func kruskal(_ ties: [Tie], _ partition: inout Partition) {
        // The mass of the ties between clusters, by root; of two both know it.
        var mass: [Int32: [Int32: Int]] = [:]
        for tie in ties {
            mass[tie.a, default: [:]][tie.b, default: 0] += tie.weight
            mass[tie.b, default: [:]][tie.a, default: 0] += tie.weight
        }
        for tie in ties {
            let (a, b) = (partition.root(tie.a), partition.root(tie.b))
            guard a != b else { continue }
            let sizes = (Int(partition.sizes[Int(a)]), Int(partition.sizes[Int(b)]))
            let (smaller, larger) = (min(sizes.0, sizes.1), max(sizes.0, sizes.1))
            let between = mass[a]?[b] ?? 0
            if smaller > 1, 50 * between < smaller * min(8, larger) * Self.one { continue }
            guard let (kept, lost) = partition.join(a, b) else { continue }
            let moved = mass[lost] ?? [:]
            mass[lost] = nil
            mass[kept]?[lost] = nil
            // Sums of integers: the order of the map does not matter.
            for (other, weight) in moved where other != kept {
                mass[kept, default: [:]][other, default: 0] += weight
                mass[other]?[lost] = nil
                mass[other, default: [:]][kept, default: 0] += weight
            }
        }
    }
}
