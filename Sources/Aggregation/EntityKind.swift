/// What sort of entity it is: an account, or a fingerprint of a tracked kind.
///
/// One byte says it everywhere: in records, in blocks, in snapshots, and as the index of tables by kind. It is 0 for
/// accounts, and for fingerprints 1 more than the kind's index among the tracked kinds.
///
///     let kind = EntityKind.fingerprint(2)
///     kind.code   // 3
///     kind.index  // 2; nil for an account
@frozen
public struct EntityKind: Hashable, Sendable {
    /// The byte that stands for the kind.
    public let code: UInt8

    /// The sort of entity that `code` stands for.
    @inlinable
    public init(code: UInt8) { self.code = code }

    /// Accounts.
    @inlinable
    public static var account: EntityKind { EntityKind(code: 0) }

    /// Fingerprints of the tracked kind with this index, which is below 255.
    @inlinable
    public static func fingerprint(_ index: Int) -> EntityKind {
        EntityKind(code: UInt8(index + 1))
    }

    /// Whether the entity is an account.
    @inlinable
    public var isAccount: Bool { code == 0 }

    /// The index of a fingerprint's kind among the tracked kinds; nil for accounts.
    @inlinable
    public var index: Int? { isAccount ? nil : Int(code) - 1 }
}
