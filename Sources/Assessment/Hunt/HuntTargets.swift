import Primitives

/// What a hunt looks for: fingerprints and accounts, as findings name them.
public struct HuntTargets: Sendable, Equatable {
    /// Accounts, by name.
    public private(set) var accounts: [String] = []
    /// Fingerprints.
    public private(set) var fingerprints: [(kind: String, value: String)] = []

    /// Nothing.
    public init() {}

    /// Adds an entity, `account:name` or `kind:value`; false where it is none.
    public mutating func add(_ entity: some StringProtocol) -> Bool {
        guard let colon = entity.firstIndex(of: ":"), colon != entity.startIndex else {
            return false
        }
        let value = String(entity[entity.index(after: colon)...])
        guard !value.isEmpty else { return false }
        if entity[..<colon] == Kind.account.name {
            accounts.append(value)
        } else {
            fingerprints.append((String(entity[..<colon]), value))
        }
        return true
    }

    /// The kinds of the fingerprints, each once, sorted.
    public var kinds: [String] { Set(fingerprints.map(\.kind)).sorted() }

    /// All of them as findings name them.
    public var names: [String] {
        accounts.map { "account:\($0)" } + fingerprints.map { "\($0.kind):\($0.value)" }
    }

    /// Equal where they name the same.
    public static func == (a: HuntTargets, b: HuntTargets) -> Bool { a.names == b.names }
}
