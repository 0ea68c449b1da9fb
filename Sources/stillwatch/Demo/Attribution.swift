import Detection
import Primitives
import Simulation

/// Which population the entity of a finding belongs to, by the labels.
struct Attribution {
    /// A population that carries a fingerprint.
    private struct Claim {
        var population: Int
        /// 2 for a fingerprint nobody else has, 1 for a farm's, 0 for others.
        var rank: Int
        var accounts: Int
    }

    private var accounts: [String: Int] = [:]
    private var claims: [String: [Claim]] = [:]
    private let labels: Labels

    init(_ labels: Labels) {
        self.labels = labels
        for (index, population) in labels.populations.enumerated() {
            for account in population.accounts { accounts[account.name] = index }
            for fingerprint in population.shared {
                // What the public has too (a card issuer) is a farm's where a farm uses it.
                let isFarm = population.spec.kind.isFarm
                let rank = fingerprint.isExclusive ? 2 : isFarm ? 1 : 0
                claims["\(fingerprint.kind):\(fingerprint.value)", default: []].append(
                    Claim(population: index, rank: rank, accounts: fingerprint.accounts))
            }
        }
    }

    /// The index of the population, one that had begun when the finding did; nil for ordinary traffic.
    func population(of finding: Finding) -> Int? {
        if finding.entityKind == "account" {
            return accounts[String(decoding: finding.entityValue, as: UTF8.self)]
        }
        let begun = claims[finding.entity]?.filter { claim in
            labels.populations[claim.population].first.map { $0 < finding.time } ?? false
        }
        return begun?.max { ($0.rank, $0.accounts) < ($1.rank, $1.accounts) }?.population
    }
}
