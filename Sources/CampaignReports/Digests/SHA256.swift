/// SHA-256 (FIPS 180-4), and HMAC with it (RFC 2104).
enum SHA256 {
    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
        0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
        0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
        0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
        0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
        0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
        0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
        0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
        0xc671_78f2,
    ]

    /// The digest of a text: 32 bytes.
    static func digest(_ text: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c,
            0x1f83_d9ab, 0x5be0_cd19,
        ]
        let padded = MerkleDamgard.padded(text)
        for start in stride(from: 0, to: padded.count, by: 64) {
            mix(MerkleDamgard.words(padded, start), &state)
        }
        return MerkleDamgard.bytes(state)
    }

    private static func mix(_ block: [UInt32], _ state: inout [UInt32]) {
        var words = block
        for i in 16..<64 {
            let (a, b) = (words[i - 15], words[i - 2])
            let first = a.rotated(right: 7) ^ a.rotated(right: 18) ^ (a >> 3)
            let second = b.rotated(right: 17) ^ b.rotated(right: 19) ^ (b >> 10)
            words.append(words[i - 16] &+ first &+ words[i - 7] &+ second)
        }
        var v = state
        for i in 0..<64 {
            let turned = v[4].rotated(right: 6) ^ v[4].rotated(right: 11) ^ v[4].rotated(right: 25)
            let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
            let one = v[7] &+ turned &+ choice &+ constants[i] &+ words[i]
            let spun = v[0].rotated(right: 2) ^ v[0].rotated(right: 13) ^ v[0].rotated(right: 22)
            let most = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
            for j in (1...7).reversed() { v[j] = v[j - 1] }
            v[4] &+= one
            v[0] = one &+ spun &+ most
        }
        for i in state.indices { state[i] &+= v[i] }
    }

    /// The digest of a text under a key.
    static func hmac(_ text: [UInt8], key: [UInt8]) -> [UInt8] {
        let short = key.count > 64 ? digest(key) : key
        let block = short + [UInt8](repeating: 0, count: 64 - short.count)
        return digest(block.map { $0 ^ 0x5C } + digest(block.map { $0 ^ 0x36 } + text))
    }
}

/// What SHA-1 and SHA-256 have in common.
enum MerkleDamgard {
    /// The text with a one bit, zeros and its length in bits: a multiple of 64 bytes.
    static func padded(_ text: [UInt8]) -> [UInt8] {
        var all = text + [0x80]
        all += [UInt8](repeating: 0, count: (120 - all.count % 64) % 64)
        withUnsafeBytes(of: (UInt64(text.count) * 8).bigEndian) { all += $0 }
        return all
    }

    /// The 16 words of a block.
    static func words(_ bytes: [UInt8], _ start: Int) -> [UInt32] {
        (0..<16).map { word in
            (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[start + 4 * word + $1]) }
        }
    }

    /// Words as bytes, the highest first.
    static func bytes(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }
}

extension UInt32 {
    /// The bits turned to the right.
    func rotated(right count: UInt32) -> UInt32 { self >> count | self << (32 - count) }
}
