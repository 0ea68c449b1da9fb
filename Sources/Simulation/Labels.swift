import Primitives

/// The truth about a run: what is a farm, what must stay quiet, and what was planted.
public struct Labels: Sendable {
    /// What is known of one population.
    public struct Population: Sendable {
        /// Its name: its kind, with a number where several are of one kind.
        public var id: String
        /// What it is made of.
        public var spec: PopulationSpec
        /// Requests in the run.
        public var requests: Int
        /// Time of its earliest and latest event; nil when it sent none.
        public var first: EventTime?, last: EventTime?
        /// The accounts that sent something, for farms and look-alikes; empty for others.
        public var accounts: [Account]
        /// Fingerprints that several of its accounts share, most first: 2 in a farm; in a
        /// look-alike 10, or half its accounts where that is fewer.
        public var shared: [Fingerprint]
    }

    /// An account of a farm or look-alike.
    public struct Account: Sendable {
        /// As events spell it.
        public var name: String
        /// Requests in the run.
        public var requests: Int
        /// Time of its earliest and latest event.
        public var first: EventTime, last: EventTime
        /// When it was banned or given up; nil for one that was not.
        public var end: EventTime?
    }

    /// A fingerprint that accounts of one population share.
    public struct Fingerprint: Sendable {
        /// As events spell them.
        public var kind: String, value: String
        /// Accounts of the population that carried it.
        public var accounts: Int
        /// True when no account outside the population carries it, but by chance.
        public var isExclusive: Bool
    }

    /// One for each population of the scenario, in its order.
    public let populations: [Population]
    /// Bad records that were planted.
    public let badRecords: BadRecords
    /// The scenario's seed.
    public let seed: UInt64

    init(scenario: Scenario, books: [Ledger], sources: [TrafficSource], defects: BadRecords) {
        badRecords = defects
        seed = scenario.seed
        let names = scenario.populationNames
        var populations: [Population] = []
        for (index, spec) in scenario.populations.enumerated() {
            let book = books[index]
            populations.append(
                Population(
                    id: names[index], spec: spec, requests: book.requests,
                    first: book.requests > 0 ? EventTime(ms: book.firstMs) : nil,
                    last: book.requests > 0 ? EventTime(ms: book.lastMs) : nil,
                    accounts: Self.accounts(book, sources[index]),
                    shared: Self.shared(
                        book, sources[index], least: Self.least(spec),
                        isFleet: spec.kind == .ci)))
        }
        self.populations = populations
    }

    /// Records of the run, bad ones included.
    public var records: Int { populations.reduce(badRecords.total) { $0 + $1.requests } }

    /// From how many accounts on a fingerprint counts as shared.
    private static func least(_ spec: PopulationSpec) -> Int {
        spec.kind.isFarm ? 2 : min(10, max(2, spec.accounts / 2))
    }

    private static func accounts(_ book: Ledger, _ source: TrafficSource) -> [Account] {
        book.accounts.indices.filter { book.accounts[$0].requests > 0 }.map {
            let account = book.accounts[$0]
            return Account(
                name: source.accountName($0), requests: Int(account.requests),
                first: EventTime(ms: account.firstMs), last: EventTime(ms: account.lastMs),
                end: source.endMs(of: $0).map { EventTime(ms: $0) })
        }
    }

    /// Counts accounts by fingerprint, from the variants each account used.
    private static func shared(
        _ book: Ledger, _ source: TrafficSource, least: Int, isFleet: Bool
    ) -> [Fingerprint] {
        var counts: [SimulatedFingerprint: (accounts: Int, last: Int)] = [:]
        var event = SimulatedEvent()
        for (index, account) in book.accounts.enumerated() {
            for variant in 0..<64 where account.variants >> UInt64(variant) & 1 == 1 {
                event.removeFingerprints()
                source.addFingerprints(account: index, variant: variant, to: &event)
                event.forEachFingerprint { fingerprint in
                    let known = counts[fingerprint, default: (0, -1)]
                    if known.last != index {
                        counts[fingerprint] = (known.accounts + 1, index)
                    }
                }
            }
        }
        // A fleet's addresses and user agents change with every job: they are not in the variants.
        let kept = counts.filter {
            $0.value.accounts >= least && !(isFleet && $0.key.kind.isFresh)
        }
        return kept.sorted { a, b in
            a.value.accounts != b.value.accounts
                ? a.value.accounts > b.value.accounts
                : (a.key.kind.rawValue, a.key.number) < (b.key.kind.rawValue, b.key.number)
        }.map { fingerprint, count in
            let text = SimulatedEvent.text(of: fingerprint)
            return Fingerprint(
                kind: text.kind, value: text.value, accounts: count.accounts,
                isExclusive: !fingerprint.isPublic)
        }
    }
}

extension FingerprintKind {
    /// True for what a build job takes anew.
    fileprivate var isFresh: Bool {
        switch self {
        case .ip, .subnet, .asn, .userAgent: true
        default: false
        }
    }
}
