import Primitives

/// The network an address belongs to: `a.b.c.0/24` of an IPv4 address (also one mapped into IPv6),
/// `x:y:z::/48` of an IPv6 address in its canonical spelling (RFC 5952); nil for anything else.
///
/// One network has one spelling, however its addresses are written.
///
/// - Parameter space: at least 64 bytes; the result is lent from it.
func deriveSubnet(of address: ByteSlice, into space: UnsafeMutableRawPointer) -> ByteSlice? {
    guard address.count >= 2, address.count <= 45 else { return nil }
    var text = SubnetText(space: space)
    if let quad = ipv4(address) {
        text.put(ipv4: quad)
    } else if let groups = ipv6(address) {
        let isMapped = groups.high == 0 && groups.low >> 32 == 0xFFFF
        if isMapped {
            text.put(ipv4: UInt32(truncatingIfNeeded: groups.low))
        } else {
            text.put(ipv6: groups.high)
        }
    } else {
        return nil
    }
    return ByteSlice(start: space, count: text.count)
}

/// The address as a number; nil where it is not four decimal numbers of at most 255.
private func ipv4(_ text: ByteSlice) -> UInt32? {
    var address: UInt32 = 0
    var part: UInt32 = 0
    var digits = 0
    var parts = 1
    for byte in text {
        if byte == UInt8(ascii: ".") {
            guard digits > 0, parts < 4 else { return nil }
            address = address << 8 | part
            (part, digits, parts) = (0, 0, parts + 1)
        } else {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits == 0 || part > 0
            else {
                return nil
            }
            part = part * 10 + UInt32(byte - UInt8(ascii: "0"))
            digits += 1
            guard part <= 255 else { return nil }
        }
    }
    return parts == 4 && digits > 0 ? address << 8 | part : nil
}

/// The address as two numbers; nil where it is not written as RFC 4291 says. A zone (`%eth0`) is passed over.
private func ipv6(_ text: ByteSlice) -> (high: UInt64, low: UInt64)? {
    let zone = text.firstIndex(of: UInt8(ascii: "%")) ?? text.endIndex
    let text = ByteSlice(rebasing: text[..<zone])
    var groups = Groups()
    var at = 0
    while at < text.count {
        if text[at] == UInt8(ascii: ":") {
            // Only "::" may begin here: a single colon is eaten behind its group.
            guard at + 1 < text.count, text[at + 1] == UInt8(ascii: ":"), groups.gap == nil else {
                return nil
            }
            groups.gap = groups.count
            at += 2
            continue
        }
        let end = text[at...].firstIndex(of: UInt8(ascii: ":")) ?? text.count
        let part = ByteSlice(rebasing: text[at..<end])
        if end == text.count, let quad = ipv4(part) {
            guard groups.append(UInt16(quad >> 16)), groups.append(UInt16(quad & 0xFFFF)) else {
                return nil
            }
        } else {
            guard let group = hexadecimal(part), groups.append(group) else { return nil }
        }
        at = end
        guard at < text.count else { break }
        let isGap = at + 1 < text.count && text[at + 1] == UInt8(ascii: ":")
        if !isGap {
            at += 1
            guard at < text.count else { return nil }
        }
    }
    return groups.address
}

private func hexadecimal(_ text: ByteSlice) -> UInt16? {
    guard (1...4).contains(text.count) else { return nil }
    var group: UInt16 = 0
    for byte in text {
        let digit: UInt8
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
        default: return nil
        }
        group = group << 4 | UInt16(digit)
    }
    return group
}

/// The groups of an IPv6 address as they are read.
private struct Groups {
    private var values = InlineArray<8, UInt16>(repeating: 0)
    private(set) var count = 0
    /// How many groups stand before `::`.
    var gap: Int?

    mutating func append(_ group: UInt16) -> Bool {
        guard count < 8 else { return false }
        values[count] = group
        count += 1
        return true
    }

    /// The whole address; `::` stands for at least one group of zeros.
    var address: (high: UInt64, low: UInt64)? {
        guard gap == nil ? count == 8 : count < 8 else { return nil }
        var halves = InlineArray<2, UInt64>(repeating: 0)
        for i in 0..<count {
            let place = i < gap ?? 8 ? i : i + 8 - count
            halves[place >> 2] |= UInt64(values[i]) << UInt64(48 - 16 * (place & 3))
        }
        return (halves[0], halves[1])
    }
}

/// Writes a network's spelling.
private struct SubnetText {
    let space: UnsafeMutableRawPointer
    private(set) var count = 0

    init(space: UnsafeMutableRawPointer) { self.space = space }

    private mutating func put(_ byte: UInt8) {
        space.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    private mutating func put(_ text: StaticString) {
        for i in 0..<text.utf8CodeUnitCount { put(text.utf8Start[i]) }
    }

    private mutating func put(_ number: UInt32, radix: UInt32) {
        if number >= radix { put(number / radix, radix: radix) }
        let digit = UInt8(truncatingIfNeeded: number % radix)
        put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }

    mutating func put(ipv4 address: UInt32) {
        for shift in stride(from: UInt32(24), to: 0, by: -8) {
            put(address >> shift & 255, radix: 10)
            put(".")
        }
        put("0/24")
    }

    mutating func put(ipv6 high: UInt64) {
        var groups = 3
        while groups > 0, high >> UInt64(64 - 16 * groups) & 0xFFFF == 0 { groups -= 1 }
        for i in 0..<groups {
            if i > 0 { put(":") }
            put(UInt32(truncatingIfNeeded: high >> UInt64(48 - 16 * i) & 0xFFFF), radix: 16)
        }
        put("::/48")
    }
}
