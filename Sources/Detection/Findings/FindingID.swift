import Primitives

/// The identity of an episode: 128 bits, the same in every replay.
public struct FindingID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The first 64 bits.
    public let high: UInt64
    /// The last 64 bits.
    public let low: UInt64

    /// Wraps 128 bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The identity of the episode of `rule` on the entity `kind:value` that started at `start`.
    ///
    /// XXH3-64 with two seeds over rule id, NUL, kind, `:`, value and the start in milliseconds.
    public init(rule: String, entityKind: String, entityValue: [UInt8], start: EventTime) {
        var text = ByteBuffer(capacity: rule.utf8.count + entityKind.utf8.count + 64)
        text.append(text: rule)
        text.append(UInt8(0))
        text.append(text: entityKind)
        text.append(UInt8(ascii: ":"))
        entityValue.withUnsafeBytes { text.append($0) }
        text.append(integer: start.ms)
        self.init(
            high: xxh3(text.bytes, seed: 0x5354_494C_4C57_4131),
            low: xxh3(text.bytes, seed: 0x5354_494C_4C57_4132))
    }

    /// The identity of the campaign that was born at the tick that ends at `birth`, with the fingerprint of key
    /// `fingerprint` as its strongest. As with the findings of rules, it is the same whichever group finds it.
    public init(fingerprint: UInt64, birth: EventTime) {
        var text = ByteBuffer(capacity: 32)
        text.append(integer: fingerprint)
        text.append(integer: birth.ms)
        self.init(
            high: xxh3(text.bytes, seed: 0x5354_494C_4C57_4331),
            low: xxh3(text.bytes, seed: 0x5354_494C_4C57_4332))
    }

    /// The id that 32 hexadecimal digits spell; nil for another text.
    public init?(hex text: some StringProtocol) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// Orders by all 128 bits, as an unsigned number.
    public static func < (a: FindingID, b: FindingID) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }

    /// 32 lower-case hexadecimal digits.
    public var description: String { hexadecimal(high) + hexadecimal(low) }
}
