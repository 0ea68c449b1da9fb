import Detection
import Primitives
import Simulation

/// Which population the entity of a finding belongs to, by the labels.
struct Attribution {
    private var accounts: [String: Int] = [:]
    private var fingerprints: [String: Int] = [:]
    private let labels: Labels

    init(_ labels: Labels) {
        self.labels = labels
        var holders: [String: (rank: Int, accounts: Int)] = [:]
        for (index, population) in labels.populations.enumerated() {
            for account in population.accounts { accounts[account.name] = index }
            for fingerprint in population.shared {
                let entity = "\(fingerprint.kind):\(fingerprint.value)"
                // What the public shares too (a card issuer) is a farm's where a farm uses it.
                let isFarm = population.spec.kind.isFarm
                let rank = fingerprint.isExclusive ? 2 : isFarm ? 1 : 0
                let claim = (rank, fingerprint.accounts)
                if let known = holders[entity], known >= claim { continue }
                holders[entity] = claim
                fingerprints[entity] = index
            }
        }
    }

    /// The index of the population; nil for ordinary traffic.
    func population(of finding: Finding) -> Int? {
        finding.entityKind == "account"
            ? accounts[String(decoding: finding.entityValue, as: UTF8.self)]
            : fingerprints[finding.entity]
    }
}
