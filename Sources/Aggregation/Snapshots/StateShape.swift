/// What the entities of a snapshot were kept under: tells how to read them, and how to read them under other
/// rules.
public struct StateShape: Equatable, Sendable {
    /// Fingerprint kinds by index; empty names are kinds of which no entities are kept.
    public var kinds: [String]
    /// Whether entities of accounts are kept.
    public var keepsAccounts: Bool
    /// What is kept of accounts.
    public var accounts: StateSchema
    /// What is kept of fingerprints.
    public var fingerprints: StateSchema
    /// The most values a sample holds.
    public var sampleSize: Int

    /// A shape with all its parts.
    public init(
        kinds: [String], keepsAccounts: Bool, accounts: StateSchema, fingerprints: StateSchema,
        sampleSize: Int
    ) {
        self.kinds = kinds
        self.keepsAccounts = keepsAccounts
        self.accounts = accounts
        self.fingerprints = fingerprints
        self.sampleSize = sampleSize
    }
}

/// Why state cannot be read back.
public enum StateError: Error, Equatable, Sendable {
    /// The bytes are not what a store writes.
    case corrupted
}
