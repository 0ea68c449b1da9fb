import CCrypto

/// Digests as OpenSSL's libcrypto computes them.
enum Digest {
    /// SHA-1 (FIPS 180-4): 20 bytes. For names alone, it guards nothing.
    static func sha1(_ text: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 20)
        let isDone = EVP_Digest(text, text.count, &digest, nil, EVP_sha1(), nil)
        precondition(isDone == 1, "libcrypto has SHA-1")
        return digest
    }

    /// HMAC (RFC 2104) with SHA-256: 32 bytes.
    static func hmacSHA256(_ text: [UInt8], key: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let done = HMAC(
            EVP_sha256(), key, Int32(key.count), text, text.count, &digest, nil)
        precondition(done != nil, "libcrypto has SHA-256")
        return digest
    }
}

extension [UInt8] {
    /// Two lower-case hexadecimal digits a byte.
    var hex: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
