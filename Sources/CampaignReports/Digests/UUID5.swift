/// Names as UUIDs (RFC 9562, version 5): the same name in the same space is the same UUID.
struct UUID5 {
    /// The space of names.
    let space: [UInt8]

    /// The space that 32 hexadecimal digits with hyphens spell.
    init(_ text: StaticString) {
        let digits = text.description.filter { $0 != "-" }
        precondition(digits.count == 32, "a UUID has 32 digits")
        var rest = digits[...]
        var bytes: [UInt8] = []
        while !rest.isEmpty {
            bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        space = bytes
    }

    /// The UUID of a name.
    func id(_ name: String) -> String {
        var bytes = Array(SHA1.digest(space + Array(name.utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x50
        bytes[8] = bytes[8] & 0x3F | 0x80
        let text = bytes.hex
        var parts: [Substring] = []
        var rest = text[...]
        for width in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(width))
            rest = rest.dropFirst(width)
        }
        return parts.joined(separator: "-")
    }
}

/// SHA-1 (FIPS 180-4): for names alone, it guards nothing.
enum SHA1 {
    /// The digest of a text: 20 bytes.
    static func digest(_ text: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [
            0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0,
        ]
        let padded = MerkleDamgard.padded(text)
        for start in stride(from: 0, to: padded.count, by: 64) {
            mix(MerkleDamgard.words(padded, start), &state)
        }
        return MerkleDamgard.bytes(state)
    }

    private static func mix(_ block: [UInt32], _ state: inout [UInt32]) {
        var words = block
        for i in 16..<80 {
            let word = words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]
            words.append(word.rotated(right: 31))
        }
        var v = state
        for i in 0..<80 {
            let (mixed, constant): (UInt32, UInt32) =
                switch i {
                case 0..<20: ((v[1] & v[2]) | (~v[1] & v[3]), 0x5a82_7999)
                case 20..<40: (v[1] ^ v[2] ^ v[3], 0x6ed9_eba1)
                case 40..<60: ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]), 0x8f1b_bcdc)
                default: (v[1] ^ v[2] ^ v[3], 0xca62_c1d6)
                }
            let next = v[0].rotated(right: 27) &+ mixed &+ v[4] &+ constant &+ words[i]
            for j in (1...4).reversed() { v[j] = v[j - 1] }
            v[2] = v[2].rotated(right: 2)
            v[0] = next
        }
        for i in state.indices { state[i] &+= v[i] }
    }
}

extension [UInt8] {
    /// Two lower-case hexadecimal digits a byte.
    var hex: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
