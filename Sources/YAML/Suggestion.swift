/// The candidate closest to `word`: at most a third of its characters differ, and at most 3.
///
/// Ties go to the candidate listed first. O(candidates x length^2).
public func suggestion(for word: String, among candidates: [String]) -> String? {
    let limit = min(3, max(1, word.count / 3))
    let distances = candidates.map { ($0, editDistance(word, $0, limit: limit)) }
    let close = distances.filter { $0.1 <= limit }
    return close.min { $0.1 < $1.1 }?.0
}

/// `["did you mean 'x'?"]`, or nothing where no candidate is close.
public func suggestionNotes(for word: String, among candidates: [String]) -> [String] {
    suggestion(for: word, among: candidates).map { ["did you mean '\($0)'?"] } ?? []
}

/// Insertions, deletions, substitutions and swaps of neighbours between two words; more than `limit`
/// where it is certain to exceed it.
private func editDistance(_ a: String, _ b: String, limit: Int) -> Int {
    let a = Array(a.utf8)
    let b = Array(b.utf8)
    guard abs(a.count - b.count) <= limit, !a.isEmpty, !b.isEmpty else { return limit + 1 }
    var rows = [Array(0...b.count)]
    for i in 1...a.count {
        var row = [i]
        for j in 1...b.count {
            let substituted = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
            var best = min(rows[i - 1][j] + 1, row[j - 1] + 1, substituted)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                best = min(best, rows[i - 2][j - 2] + 1)
            }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
