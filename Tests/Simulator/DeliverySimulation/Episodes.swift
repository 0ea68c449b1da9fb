import ClusterSimulation

/// The episodes that findings tell of, from their records' headers.
struct Episodes {
    private struct Episode {
        var entity: String
        var sequences: [Int] = []
        var fromMs: Int64?
        var toMs: Int64?
    }

    private var episodes: [String: Episode] = [:]

    /// Takes in a finding of this record id, `uid-sequence`.
    mutating func add(_ record: CommittedRecord, _ id: String) {
        func header(_ name: String) -> String {
            record.headers.first { $0.name == name }?.text ?? ""
        }
        guard let dash = id.lastIndex(of: "-") else { return }
        let uid = String(id[..<dash])
        var episode = episodes[uid] ?? Episode(entity: header("ce_subject"))
        episode.sequences.append(Int(id[id.index(after: dash)...]) ?? -1)
        switch header("ce_type") {
        case "stillwatch.finding.create": episode.fromMs = record.timestampMs
        case "stillwatch.finding.close": episode.toMs = record.timestampMs
        default: break
        }
        episodes[uid] = episode
    }

    /// What is wrong: episodes without their beginning, with gaps or repetitions, or two of an entity at a time.
    var problems: [String] {
        var problems: [String] = []
        var byEntity: [String: [(uid: String, fromMs: Int64, toMs: Int64?)]] = [:]
        for (uid, episode) in episodes.sorted(by: { $0.key < $1.key }) {
            if episode.sequences.sorted() != Array(0..<episode.sequences.count) {
                problems.append("the findings of \(uid) are \(episode.sequences)")
            }
            guard let fromMs = episode.fromMs else {
                problems.append("\(uid) of \(episode.entity) has no beginning")
                continue
            }
            byEntity[episode.entity, default: []].append((uid, fromMs, episode.toMs))
        }
        for (entity, all) in byEntity.sorted(by: { $0.key < $1.key }) {
            let sorted = all.sorted { $0.fromMs < $1.fromMs }
            for (first, second) in zip(sorted, sorted.dropFirst())
            where first.toMs.map({ $0 > second.fromMs }) ?? true {
                problems.append("\(entity): \(second.uid) begins before \(first.uid) has ended")
            }
        }
        return problems
    }
}
