/// An address of IPv4 or IPv6. Addresses of IPv4 mapped into IPv6 are those of IPv4.
///
/// One address has one spelling: four decimal numbers, or RFC 5952.
public struct IPAddress: Equatable, Sendable {
    /// The upper half; 0 for IPv4.
    public let high: UInt64
    /// The lower half; an address of IPv4 is its last 32 bits.
    public let low: UInt64
    /// Whether it is one of IPv4.
    public let isV4: Bool

    /// The most bytes of a spelling that `write` makes.
    public static let maxTextBytes = 64

    /// The address of IPv4 with this number.
    public init(v4: UInt32) {
        high = 0
        low = UInt64(v4)
        isV4 = true
    }

    /// The address with these halves.
    public init(high: UInt64, low: UInt64) {
        isV4 = high == 0 && low >> 32 == 0xFFFF
        self.high = high
        self.low = isV4 ? low & 0xFFFF_FFFF : low
    }

    /// The address that all of `text` spells (RFC 4291 section 2.2, without a zone); nil for anything else.
    /// Numbers of IPv4 with leading zeros are refused: some readers take them for octal.
    public init?(_ text: ByteSlice) {
        guard text.count >= 2, text.count <= 45 else { return nil }
        if let quad = parseV4(text) {
            self.init(v4: quad)
        } else if let halves = parseV6(text) {
            self.init(high: halves.high, low: halves.low)
        } else {
            return nil
        }
    }

    /// The address that `text` holds as gateways write them: with white space, a port, brackets, a zone or a
    /// prefix length, and one of several between commas; nil where it holds none.
    ///
    /// - Parameter last: the last address of a list counts, not the first.
    public init?(within text: ByteSlice, last: Bool = false) {
        var found: IPAddress?
        var rest = text
        while true {
            let comma = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
            if let address = Self.undecorated(ByteSlice(rebasing: rest[..<comma])) {
                found = address
                if !last { break }
            }
            guard comma < rest.endIndex else { break }
            rest = ByteSlice(rebasing: rest[(comma + 1)...])
        }
        guard let found else { return nil }
        self = found
    }

    /// Whether `text` is spelled as `write` would spell an address of IPv4.
    @inlinable public static func isPlainV4(_ text: ByteSlice) -> Bool {
        guard text.count >= 7, text.count <= 15 else { return false }
        var number = 0
        var digits = 0
        var parts = 1
        for byte in text {
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                guard digits == 0 || number > 0 else { return false }
                number = number &* 10 &+ Int(digit)
                digits &+= 1
                guard number <= 255 else { return false }
            } else {
                guard byte == UInt8(ascii: "."), digits > 0 else { return false }
                (number, digits, parts) = (0, 0, parts &+ 1)
            }
        }
        return parts == 4 && digits > 0
    }

    /// An element of a list without what may stand around an address.
    private static func undecorated(_ text: ByteSlice) -> IPAddress? {
        var text = trimmed(text)
        if let first = text.first, first == UInt8(ascii: "[") {
            guard let close = text.firstIndex(of: UInt8(ascii: "]")),
                close + 1 == text.count || isPort(ByteSlice(rebasing: text[(close + 1)...]))
            else { return nil }
            text = ByteSlice(rebasing: text[1..<close])
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")),
            text.contains(UInt8(ascii: ".")), isPort(ByteSlice(rebasing: text[colon...]))
        {
            text = ByteSlice(rebasing: text[..<colon])
        }
        return IPAddress(cut(cut(text, at: UInt8(ascii: "/")), at: UInt8(ascii: "%")))
    }
}

extension IPAddress {
    /// Writes the one spelling to `space`, which has at least `maxTextBytes`, and returns its length.
    public func write(into space: UnsafeMutableRawPointer) -> Int {
        var text = AddressText(space: space)
        if isV4 {
            text.put(quad: UInt32(truncatingIfNeeded: low))
        } else {
            text.put(high: high, low: low)
        }
        return text.count
    }

    /// Writes the network it belongs to, `a.b.c.0/24` or `x:y:z::/48` in its canonical spelling, to `space`,
    /// which has at least `maxTextBytes`, and returns its length.
    public func writeSubnet(into space: UnsafeMutableRawPointer) -> Int {
        var text = AddressText(space: space)
        if isV4 {
            text.put(quad: UInt32(truncatingIfNeeded: low) & 0xFFFF_FF00)
            text.put("/24")
        } else {
            text.put(high: high & 0xFFFF_FFFF_FFFF_0000, low: 0)
            text.put("/48")
        }
        return text.count
    }
}

private func trimmed(_ text: ByteSlice) -> ByteSlice {
    var rest = text[...]
    while let first = rest.first, first <= UInt8(ascii: " ") { rest.removeFirst() }
    while let last = rest.last, last <= UInt8(ascii: " ") { rest.removeLast() }
    return ByteSlice(rebasing: rest)
}

/// What stands before `mark`, if it is there.
private func cut(_ text: ByteSlice, at mark: UInt8) -> ByteSlice {
    guard let at = text.firstIndex(of: mark) else { return text }
    return ByteSlice(rebasing: text[..<at])
}

/// A colon and one to five digits.
private func isPort(_ text: ByteSlice) -> Bool {
    guard text.count >= 2, text.count <= 6, text[0] == UInt8(ascii: ":") else { return false }
    return text.dropFirst().allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
}

/// The address as a number; nil where it is not four decimal numbers of at most 255.
func parseV4(_ text: ByteSlice) -> UInt32? {
    guard IPAddress.isPlainV4(text) else { return nil }
    var address: UInt32 = 0
    var part: UInt32 = 0
    for byte in text {
        if byte == UInt8(ascii: ".") {
            address = address << 8 | part
            part = 0
        } else {
            part = part * 10 + UInt32(byte - UInt8(ascii: "0"))
        }
    }
    return address << 8 | part
}
