import CXXHash

/// Bytes lent by their owner: valid only while the owner says so.
public typealias ByteSlice = UnsafeRawBufferPointer

/// XXH3-64 of `bytes`: stable across machines and releases, and part of every format.
public func xxh3(_ bytes: ByteSlice, seed: UInt64 = 0) -> UInt64 {
    stillwatch_xxh3(bytes.baseAddress, bytes.count, seed)
}

/// XXH3-64 of a string's UTF-8 bytes.
public func xxh3(_ text: String, seed: UInt64 = 0) -> UInt64 {
    var text = text
    return text.withUTF8 { xxh3(ByteSlice($0), seed: seed) }
}

/// The name of a fingerprint kind (or `account`) with the seed its values are hashed with.
///
/// An entity's key is `xxh3(value, seed: kind.seed)`: equal values of different kinds differ, and the
/// same value has one key everywhere, so samples of two entities can be intersected.
public struct Kind: Hashable, Sendable {
    /// The kind's name as rules and events spell it.
    public let name: String
    /// What its values are hashed with.
    public let seed: UInt64

    /// The kind called `name`.
    public init(_ name: String) {
        self.name = name
        self.seed = xxh3(name)
    }

    /// The kind of accounts.
    public static let account = Kind("account")

    /// The key of the entity with `value`.
    public func key(of value: ByteSlice) -> UInt64 { xxh3(value, seed: seed) }
}

/// Scrambles `x` so that all its bits depend on all of its input's (the finalizer of splitmix64).
public func mix(_ x: UInt64) -> UInt64 {
    var z = x &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}

/// Asks the processor to bring the cache line at `address` near; a hint, never a fault.
public func prefetch(_ address: UnsafeRawPointer) { stillwatch_prefetch(address) }

/// 16 lower-case hexadecimal digits.
public func hexadecimal(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
