/// The secret under which exports name accounts: whoever has it too can compare, nobody else can guess.
public struct ExportKey: Sendable {
    /// The fewest bytes a key may have.
    public static let leastBytes = 16

    private let bytes: [UInt8]

    /// The key in a file's or a variable's bytes, without white space around it; nil where it is too short.
    public init?(_ text: [UInt8]) {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        let trimmed = text.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        guard trimmed.count >= Self.leastBytes else { return nil }
        bytes = Array(trimmed)
    }

    /// The name of an account, or of a fingerprint's value, under the key: `hmac-sha256:` and 64 digits.
    ///
    /// HMAC-SHA-256 over the kind (`account` for accounts), NUL, and the value in UTF-8.
    public func name(_ kind: String, _ value: String) -> String {
        let text = Array(kind.utf8) + [0] + Array(value.utf8)
        return "hmac-sha256:" + Digest.hmacSHA256(text, key: bytes).hex
    }
}
