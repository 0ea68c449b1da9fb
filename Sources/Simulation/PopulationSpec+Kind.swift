extension PopulationSpec {
    /// What a population is made of.
    public enum Kind: String, CaseIterable, Sendable {
        /// Ordinary customers, fitted to public traces.
        case customers
        /// Bulk programs: one template, at most 16 input lengths, round the clock.
        case bulk
        /// Unrelated subscribers behind a carrier's few addresses.
        case nat
        /// Members of a university behind its two addresses, many of them new.
        case campus
        /// One company's employees behind one address: one payer, its own prompts and tools.
        case office
        /// One organisation's build jobs: one key, a fresh address and user agent a job.
        case ci
        /// A legitimate gateway: few accounts, many end users.
        case gateway
        /// The crowd of a public agent harness: one system prompt, tool set and TLS print.
        case harness
        /// A course or hackathon: sign-ups of two days, one domain, network and template.
        case course
        /// Organisations that evaluate a new model with the same public benchmark, on timers.
        case evaluations
        /// Authorised generation of synthetic data: one payer, one template, 10^6 requests a day.
        case synthetic
        /// Abusers of free trials: 5 to 50 accounts a device, ordinary content.
        case trial
        /// Shared subscriptions: 5 to 50 accounts a card, ordinary content.
        case shared
        /// Customers with a second account, which they turn to in an outage.
        case failover
        /// A small and clean farm: 150,000 exchanges from 200 accounts.
        case s1
        /// A heterogeneous farm: 3.4 million exchanges, several access paths, nothing in common to
        /// more than 40 % of its accounts.
        case s2
        /// A pivoting hydra: 12,000 accounts, half resold traffic, 1 % banned a day and replaced.
        case s3
        /// A wide and shallow farm: 25,000 accounts, 28.8 million exchanges in 45 days.
        case s4
        /// A narrow and deep farm: a pool of 5,000 is banned, another, shared one takes over.
        case s5
        /// Blob replay: 16,000 requests from 4,000 accounts in two days, reasoning blobs copied.
        case s6
        /// Evenly spaced load without structure, for benchmarks.
        case load

        /// True for farms: what must be found.
        public var isFarm: Bool {
            switch self {
            case .s1, .s2, .s3, .s4, .s5, .s6: true
            default: false
            }
        }

        /// True for the populations that resemble a farm in some feature and must stay quiet.
        public var isLookAlike: Bool { !isFarm && self != .customers && self != .load }

        /// The class of campaign that may be said of a look-alike; nil where none may.
        public var admissibleClass: String? {
            switch self {
            case .trial: "multi_account_abuse"
            case .shared: "resale"
            default: nil
            }
        }

        /// What it is, for people.
        public var summary: String {
            switch self {
            case .customers: "ordinary customers"
            case .bulk: "bulk programs, one template, round the clock"
            case .nat: "unrelated subscribers behind a carrier's few addresses"
            case .campus: "members of a university behind its addresses"
            case .office: "one company's employees behind one address, one payer"
            case .ci: "one organisation's build jobs, a fresh address each"
            case .gateway: "a legitimate gateway with many end users"
            case .harness: "the crowd of a public agent harness, one system prompt"
            case .course: "a course: new accounts, one domain, network and template"
            case .evaluations: "organisations that run one public benchmark on a new model"
            case .synthetic: "authorised synthetic data, one payer, one template"
            case .trial: "free-trial abusers, many accounts a device"
            case .shared: "shared subscriptions, many accounts a card"
            case .failover: "customers who turn to a second account in an outage"
            case .s1: "a small and clean farm"
            case .s2: "a heterogeneous farm with several access paths"
            case .s3: "a pivoting farm that resells traffic and replaces what is banned"
            case .s4: "a wide and shallow farm"
            case .s5: "a narrow and deep farm that fails over to a shared pool"
            case .s6: "a farm that copies reasoning blobs between accounts"
            case .load: "evenly spaced load"
            }
        }
    }

    /// Who pays for the accounts of a course.
    public enum Payers: String, CaseIterable, Sendable {
        /// Free accounts: no payment is known.
        case none
        /// The institution or a sponsor.
        case one
        /// Everybody for himself.
        case own
    }

    /// Accounts, and requests of one a day.
    static func usual(_ kind: Kind) -> (accounts: Int, rate: Double) {
        switch kind {
        case .customers: (20_000, 14)
        case .bulk: (15, 4000)
        case .nat: (3000, 12)
        case .campus: (3000, 8)
        case .office: (800, 15)
        case .ci: (3, 3000)
        case .gateway: (6, 5000)
        case .harness: (50_000, 12)
        case .course: (300, 40)
        case .evaluations: (200, 1000)
        case .synthetic: (10, 100_000)
        case .trial: (400, 10)
        case .shared: (300, 15)
        case .failover: (2000, 12)
        case .s1: (200, 75)
        case .s2: (600, 189)
        case .s3: (12_000, 72)
        case .s4: (25_000, 25.6)
        case .s5: (5000, 600)
        case .s6: (4000, 2)
        case .load: (1_000_000, 1)
        }
    }

    /// Sets what else is usual for the kind and its number of accounts.
    mutating func setShape() {
        switch kind {
        case .nat: addresses = max(1, accounts / 1500)
        case .campus: addresses = max(1, accounts / 1500)
        case .gateway:
            addresses = 2
            endUsers = 100_000
        case .course: durationMs = Self.days(5)
        case .evaluations:
            durationMs = Self.days(2)
            pivot = 1
        case .synthetic: addresses = 4
        case .harness: pivot = 0.4
        case .customers: pivot = 0.05
        default: break
        }
        if kind.isFarm { setFarmShape() }
    }

    private mutating func setFarmShape() {
        switch kind {
        case .s1: share(cards: 25, devices: 10, templates: 3, addresses: 40, days: 10)
        case .s2: share(cards: 12, devices: 4, templates: 4, addresses: 60, days: 30)
        case .s3:
            share(cards: 20, devices: 6, templates: 4, addresses: accounts / 3, days: 30)
            mix = 0.5
            pivot = 0.48
        case .s5: share(cards: 25, devices: 8, templates: 4, addresses: 200, days: 50)
        case .s6:
            share(cards: 10, devices: 4, templates: 2, addresses: accounts / 2, days: 2)
            accountsPerBlob = 16
        default: share(cards: 20, devices: 5, templates: 1, addresses: accounts / 4, days: 45)
        }
    }

    private mutating func share(
        cards: Int, devices: Int, templates: Int, addresses: Int, days: Int64
    ) {
        accountsPerCard = cards
        accountsPerDevice = devices
        self.templates = templates
        self.addresses = max(1, addresses)
        durationMs = Self.days(days)
    }

    static func days(_ count: Int64) -> Int64 { count * 86_400_000 }
}
