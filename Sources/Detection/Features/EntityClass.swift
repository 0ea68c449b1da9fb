/// The classes of entities: whom or what a rule judges.
public enum EntityClass: String, Sendable, CaseIterable {
    /// Who was billed or limited.
    case account
    /// What accounts share.
    case fingerprint
}
