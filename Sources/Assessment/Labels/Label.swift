import Primitives

/// What people decided about a subject.
public enum Verdict: String, CaseIterable, Sendable {
    /// It takes part in abuse.
    case confirmed
    /// It looks like abuse and is none.
    case benign
}

/// What a team knows of the subjects in a stretch of history: accounts, fingerprints, and the campaigns they belong to.
///
/// A campaign is any group of accounts and fingerprints that one operator runs (a farm), or one crowd that must stay
/// quiet. Accounts and fingerprints may belong to none.
public struct LabelSet: Sendable {
    /// A group of accounts and fingerprints.
    public struct Campaign: Sendable, Equatable {
        /// Its name in the file.
        public var name: String
        /// What it is.
        public var verdict: Verdict
        /// When it began; nil where its first event says so.
        public var from: EventTime?
        /// When somebody ended it; nil where nobody did.
        public var to: EventTime?
        /// Its accounts, as indices into `accounts`.
        public var accounts: [Int] = []
    }

    /// A labelled account.
    public struct Account: Sendable, Equatable {
        /// As events spell it.
        public var name: String
        /// What it is.
        public var verdict: Verdict
        /// When its abuse began; nil where its first event says so.
        public var from: EventTime?
        /// When it was banned; nil where it was not.
        public var to: EventTime?
        /// Its campaign, as an index into `campaigns`.
        public var campaign: Int?
    }

    /// What one label says of a fingerprint; several campaigns may have the same one.
    public struct Claim: Sendable, Equatable {
        /// What it is.
        public var verdict: Verdict
        /// Its campaign, as an index into `campaigns`.
        public var campaign: Int?
        /// Whether nobody outside of the campaign has it; shared ones (an issuer's number, a network) are no target
        /// of detection by themselves.
        public var isExclusive: Bool
        /// Accounts of the campaign that have it; 0 where the file does not say.
        public var accounts: Int
    }

    /// The campaigns, in the file's order.
    public internal(set) var campaigns: [Campaign] = []
    /// The accounts, in the file's order.
    public internal(set) var accounts: [Account] = []
    /// The fingerprints by `kind:value`.
    public internal(set) var fingerprints: [String: [Claim]] = [:]
    /// Indices into `accounts` by name.
    public internal(set) var accountIndex: [String: Int] = [:]

    /// No label.
    public init() {}

    /// Whether nothing is labelled.
    public var isEmpty: Bool { accounts.isEmpty && fingerprints.isEmpty }
}
