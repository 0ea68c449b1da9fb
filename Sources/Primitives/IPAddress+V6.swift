/// The address as two numbers; nil where it is not written as RFC 4291 says.
func parseV6(_ text: ByteSlice) -> (high: UInt64, low: UInt64)? {
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
        if end == text.count, let quad = parseV4(part) {
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

/// Writes the spelling of an address.
struct AddressText {
    let space: UnsafeMutableRawPointer
    private(set) var count = 0

    init(space: UnsafeMutableRawPointer) { self.space = space }

    private mutating func put(_ byte: UInt8) {
        space.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    mutating func put(_ text: StaticString) {
        for i in 0..<text.utf8CodeUnitCount { put(text.utf8Start[i]) }
    }

    private mutating func put(_ number: UInt32, radix: UInt32) {
        if number >= radix { put(number / radix, radix: radix) }
        let digit = UInt8(truncatingIfNeeded: number % radix)
        put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }

    mutating func put(quad address: UInt32) {
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            put(address >> shift & 255, radix: 10)
            if shift > 0 { put(".") }
        }
    }

    /// RFC 5952: `::` for the first of the longest runs of two or more groups of zeros.
    mutating func put(high: UInt64, low: UInt64) {
        func group(_ i: Int) -> UInt32 {
            UInt32((i < 4 ? high : low) >> UInt64(48 - 16 * (i & 3)) & 0xFFFF)
        }
        var gap = 0..<0
        var start = 0
        for i in 0...8 where i == 8 || group(i) != 0 {
            if i - start > max(1, gap.count) { gap = start..<i }
            start = i + 1
        }
        var i = 0
        while i < 8 {
            if i == gap.lowerBound, !gap.isEmpty {
                put("::")
                i = gap.upperBound
            } else {
                if i > 0, i != gap.upperBound { put(":") }
                put(group(i), radix: 16)
                i += 1
            }
        }
    }
}
