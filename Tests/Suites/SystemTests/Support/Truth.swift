import Foundation
import Testing

/// The labels `simulate` writes, read as a user would read them.
struct Truth {
    /// A population that carries a fingerprint or is an account's.
    struct Claim {
        var population: String
        /// 2 for what nobody else has, 1 for a farm's, 0 for others.
        var rank: Int
        var accounts: Int
    }

    /// Farms by name.
    private(set) var farms: Set<String> = []
    /// Planted bad records by defect.
    private(set) var badRecords: [String: Int] = [:]
    /// Records in all.
    private(set) var records = 0
    private var claims: [String: [Claim]] = [:]
    private var firstMs: [String: Int64] = [:]

    init(_ path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for line in text.split(separator: "\n") {
            let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8))
            read(try #require(parsed as? [String: Any]))
        }
    }

    private mutating func read(_ label: [String: Any]) {
        let population = label["population"] as? String ?? ""
        switch label["type"] as? String {
        case "farm":
            farms.insert(population)
            firstMs[population] = label["first"] as? Int64
        case "look_alike", "ordinary":
            firstMs[population] = label["first"] as? Int64
        case "fingerprint":
            let isExclusive = label["exclusive"] as? Bool ?? false
            let rank = isExclusive ? 2 : farms.contains(population) ? 1 : 0
            claims[label["entity"] as? String ?? "", default: []].append(
                Claim(population: population, rank: rank, accounts: label["accounts"] as? Int ?? 0))
        case "account":
            claims["account:\(label["account"] ?? "")"] = [
                Claim(population: population, rank: 2, accounts: 1)
            ]
        case "bad_record":
            badRecords[label["reason"] as? String ?? ""] = label["count"] as? Int
        case "summary": records = label["records"] as? Int ?? 0
        default: break
        }
    }

    /// The population an entity is of, among those that had begun at `timeMs`; nil for ordinary traffic.
    func population(of entity: String, at timeMs: Int64) -> String? {
        claims[entity]?.filter { firstMs[$0.population].map { $0 < timeMs } ?? false }
            .max { ($0.rank, $0.accounts) < ($1.rank, $1.accounts) }?.population
    }

    /// What a record with a defect is refused for.
    static let reasons = [
        "malformed": "malformed_json", "oversized": "oversized",
        "missing_account": "missing_account",
        "time_in_past": "bad_time", "time_in_future": "bad_time", "time_ahead": "future",
        "wrong_type": "missing_account", "deep_nesting": "missing_account",
        // U+FFFD between two members is no JSON.
        "invalid_utf8": "malformed_json",
    ]

    /// Dead letters to be expected, by reason.
    var deadLetters: [String: Int] {
        var counts: [String: Int] = [:]
        for (defect, count) in badRecords {
            counts[Self.reasons[defect] ?? defect, default: 0] += count
        }
        return counts
    }
}
