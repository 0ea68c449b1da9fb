/// A population of accounts: what it is, how large, how busy, and when.
public struct PopulationSpec: Equatable, Sendable {
    /// What it is made of.
    public var kind: Kind
    /// What labels call it.
    public var name: String
    /// Accounts, 1 ... 50,000,000; where accounts are replaced, those at work at a time.
    public var accounts: Int
    /// Mean requests of an account a day, over 0.
    public var rate: Double
    /// When it starts, in milliseconds after the run's start.
    public var startMs: Int64 = 0
    /// How long it lasts in milliseconds; nil is to the end of the run.
    public var durationMs: Int64?
    /// How a farm hides; `evade(_:)` sets it with what goes along.
    public internal(set) var evasions: Evasions = []
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
    /// The share of a farm's requests that are resold to customers who have nothing to do with it,
    /// 0 ..< 1.
    public var mix = 0.0
    /// The share of requests (of farms), or of accounts (of others), that go over to a model released
    /// in the run within a day, 0 ... 1.
    public var pivot = 0.0
    /// Accounts of a farm that present one reasoning blob, at least 1; only `s6` copies blobs.
    public var accountsPerBlob = 1
    /// True for customers whose events carry no identity and no client, as through a marketplace.
    public var isStripped = false
    /// Who pays for the accounts of a course.
    public var payers = Payers.none

    /// A population with the documented figures of its kind.
    public init(_ kind: Kind, accounts: Int? = nil, rate: Double? = nil) {
        self.kind = kind
        name = kind.rawValue
        let usual = Self.usual(kind)
        self.accounts = accounts ?? usual.accounts
        self.rate = rate ?? usual.rate
        setShape()
    }

    /// True when all figures are in their ranges.
    var isSound: Bool {
        (1...50_000_000).contains(accounts) && rate > 0 && rate.isFinite && startMs >= 0
            && durationMs ?? 0 >= 0 && accountsPerCard > 0 && accountsPerDevice > 0
            && (1...templateLimit).contains(templates) && addresses > 0 && endUsers >= 0
            && (0..<1).contains(mix) && (0...1).contains(pivot) && accountsPerBlob > 0
    }

    /// Templates at most: the rest of the 64 variants tells resold requests and operators apart.
    var templateLimit: Int { kind == .s5 ? 8 : mix > 0 ? 32 : 64 }
}
