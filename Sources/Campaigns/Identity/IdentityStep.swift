/// What the clusters of one tick inherit from the records before.
struct IdentityStep {
    let clusters: [[Int32]]
    let isThinned: [Bool]
    /// The records with a fingerprint in the region.
    private(set) var records: Set<Int32> = []
    private let region: [Int32]
    /// For each record the mass it has in each cluster.
    private var mass: [Int32: [Int32: Int]] = [:]

    init(_ clustering: Clustering, _ region: [Int32]) {
        clusters = clustering.clusters
        isThinned = clustering.isThinned
        self.region = region
    }

    /// Weighs the parts of the records: a fingerprint by its accounts and the weight of its leads.
    mutating func weigh(_ graph: borrowing EvidenceGraph, _ table: borrowing RecordTable) {
        for slot in region {
            let record = graph.fingerprints[Int(slot)].record
            guard record >= 0, !graph.fingerprints[Int(slot)].isAttached else { continue }
            records.insert(record)
            let cluster = graph.fingerprints[Int(slot)].cluster
            guard cluster >= 0 else { continue }
            let weight = graph.fingerprints[Int(slot)].weight
            let degree = graph.fingerprints[Int(slot)].degree
            mass[record, default: [:]][cluster, default: 0] += max(1, weight) * max(1, degree)
        }
    }

    /// For each cluster the records whose heaviest part it is, the one that lasts first.
    func heirs(_ table: borrowing RecordTable) -> [[Int32]] {
        var heirs = [[Int32]](repeating: [], count: clusters.count)
        for record in records {
            // Of equal parts the cluster with the smallest key.
            let heaviest = (mass[record] ?? [:]).max { ($0.value, $1.key) < ($1.value, $0.key) }
            if let heaviest { heirs[Int(heaviest.key)].append(record) }
        }
        for i in heirs.indices {
            heirs[i].sort { CampaignRecord.lasts(table[$0], over: table[$1]) }
        }
        return heirs
    }
}
