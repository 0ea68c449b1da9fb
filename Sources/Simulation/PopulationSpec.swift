/// A population of accounts: what it is, how large, how busy, and when.
public struct PopulationSpec: Equatable, Sendable {
    /// What a population is made of.
    public enum Kind: String, CaseIterable, Sendable {
        /// Ordinary customers, fitted to public traces.
        case customers
        /// Bulk programs: one template, at most 16 input lengths, round the clock.
        case bulk
        /// Unrelated subscribers behind a carrier's few addresses.
        case nat
        /// One organisation's build jobs: one key, a fresh address and user agent a job.
        case ci
        /// A legitimate gateway: few accounts, many end users.
        case gateway
        /// The crowd of a public agent harness: one system prompt, tool set and TLS print.
        case harness
        /// A small and clean farm: 150,000 exchanges from 200 accounts.
        case s1
        /// A wide and shallow farm: 25,000 accounts, 28.8 million exchanges in 45 days.
        case s4
        /// Evenly spaced load without structure, for benchmarks.
        case load

        /// True for farms: what must be found.
        public var isFarm: Bool { self == .s1 || self == .s4 }

        /// True for the populations that resemble a farm in some feature and must stay quiet.
        public var isLookAlike: Bool {
            switch self {
            case .bulk, .nat, .ci, .gateway, .harness: true
            case .customers, .load, .s1, .s4: false
            }
        }
    }

    /// How a farm hides.
    public struct Evasions: OptionSet, Hashable, Sendable {
        /// The bits.
        public let rawValue: UInt8

        /// Wraps bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// E1: own device, TLS print, residential address and virtual card for each account; one
        /// card issuer.
        public static let identityIsolation = Evasions(rawValue: 1)
        /// E2: sessions with log-normal gaps, the day curve of customers, rates with a coefficient
        /// of variation of 1.5.
        public static let shapedTiming = Evasions(rawValue: 2)
    }

    /// What it is made of.
    public var kind: Kind
    /// What labels call it.
    public var name: String
    /// Accounts, 1 ... 50,000,000.
    public var accounts: Int
    /// Mean requests of an account a day, over 0.
    public var rate: Double
    /// When it starts, in milliseconds after the run's start.
    public var startMs: Int64 = 0
    /// How long it lasts in milliseconds; nil is to the end of the run.
    public var durationMs: Int64?
    /// How a farm hides.
    public var evasions: Evasions = []
    /// Accounts that share a payment instrument (farms without E1), at least 1; an assumption.
    public var accountsPerCard = 1
    /// Accounts that share a device (farms without E1), at least 1; an assumption.
    public var accountsPerDevice = 1
    /// Prompt templates of a farm, 1 ... 64.
    public var templates = 1
    /// Addresses: of a NAT or gateway, or in a farm's pool; at least 1.
    public var addresses = 1
    /// End users of a gateway; 0 elsewhere.
    public var endUsers = 0

    /// A population with the documented figures of its kind.
    public init(_ kind: Kind, accounts: Int? = nil, rate: Double? = nil) {
        self.kind = kind
        name = kind.rawValue
        let usual = Self.usual(kind)
        self.accounts = accounts ?? usual.accounts
        self.rate = rate ?? usual.rate
        switch kind {
        case .nat: addresses = max(1, self.accounts / 1500)
        case .gateway:
            addresses = 2
            endUsers = 100_000
        case .s1:
            accountsPerCard = 25
            accountsPerDevice = 10
            templates = 3
            addresses = 40
            durationMs = 10 * 86_400_000
        case .s4:
            accountsPerCard = 20
            accountsPerDevice = 5
            addresses = max(1, self.accounts / 4)
            durationMs = 45 * 86_400_000
        case .customers, .bulk, .ci, .harness, .load: break
        }
    }

    /// True when all figures are in their ranges.
    var isSound: Bool {
        (1...50_000_000).contains(accounts) && rate > 0 && rate.isFinite && startMs >= 0
            && durationMs ?? 0 >= 0 && accountsPerCard > 0 && accountsPerDevice > 0
            && (1...64).contains(templates) && addresses > 0 && endUsers >= 0
    }

    private static func usual(_ kind: Kind) -> (accounts: Int, rate: Double) {
        switch kind {
        case .customers: (20_000, 14)
        case .bulk: (15, 4000)
        case .nat: (3000, 12)
        case .ci: (3, 3000)
        case .gateway: (6, 5000)
        case .harness: (50_000, 12)
        case .s1: (200, 75)
        case .s4: (25_000, 25.6)
        case .load: (1_000_000, 1)
        }
    }
}
