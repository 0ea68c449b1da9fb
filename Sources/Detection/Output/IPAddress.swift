/// Knows an IP address by its spelling.
enum IPAddress {
    /// True for an IPv4 or IPv6 address (RFC 4291 section 2.2) of at most 40 bytes, without a zone.
    static func isValid(_ text: [UInt8]) -> Bool {
        text.count <= 40 && (isV4(text[...]) || isV6(text[...]))
    }

    private static func isV4(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy(isOctet)
    }

    private static func isOctet(_ digits: ArraySlice<UInt8>) -> Bool {
        guard (1...3).contains(digits.count), let first = digits.first else { return false }
        if digits.count > 1, first == UInt8(ascii: "0") { return false }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return false }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value <= 255
    }

    private static func isV6(_ text: ArraySlice<UInt8>) -> Bool {
        let colon = UInt8(ascii: ":")
        var gap: Int?
        for i in text.indices.dropLast() where text[i] == colon && text[i + 1] == colon {
            if gap != nil { return false }
            gap = i
        }
        guard let gap else { return groups(text, mayEndInV4: true) == 8 }
        let head = text[..<gap]
        let tail = text[(gap + 2)...]
        guard let before = head.isEmpty ? 0 : groups(head, mayEndInV4: false),
            let after = tail.isEmpty ? 0 : groups(tail, mayEndInV4: true)
        else { return false }
        return before + after <= 7
    }

    /// How many 16-bit groups `text` spells; nil when it is malformed.
    private static func groups(_ text: ArraySlice<UInt8>, mayEndInV4: Bool) -> Int? {
        var parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var count = 0
        if mayEndInV4, let last = parts.last, isV4(last) {
            parts.removeLast()
            count = 2
        }
        guard parts.allSatisfy(isHexGroup) else { return nil }
        return count + parts.count
    }

    private static func isHexGroup(_ digits: ArraySlice<UInt8>) -> Bool {
        (1...4).contains(digits.count)
            && digits.allSatisfy { digit in
                switch digit {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "a")...UInt8(ascii: "f"): true
                case UInt8(ascii: "A")...UInt8(ascii: "F"): true
                default: false
                }
            }
    }
}
