/// A JSON pointer (RFC 6901) as its reference tokens.
struct JSONPointer {
    /// The unescaped tokens, from the root; at least one.
    let tokens: [[UInt8]]

    static let maxTokens = 32

    /// Reads a pointer; `field` is for the error.
    init(_ text: String, field: String) throws(DecoderConfigurationError) {
        func failure(
            _ problem: DecoderConfigurationError.PointerProblem
        ) -> DecoderConfigurationError {
            .badPointer(field: field, pointer: text, problem: problem)
        }
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/") else { throw failure(.noLeadingSlash) }
        var tokens: [[UInt8]] = []
        for part in bytes.dropFirst().split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        {
            guard let token = JSONPointer.unescaped(part) else { throw failure(.badEscape) }
            tokens.append(token)
        }
        guard tokens.count <= JSONPointer.maxTokens else { throw failure(.tooDeep) }
        self.tokens = tokens
    }

    /// `~1` becomes a slash and `~0` a tilde; nil for another escape.
    private static func unescaped(_ part: ArraySlice<UInt8>) -> [UInt8]? {
        var token: [UInt8] = []
        var rest = part[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "~") else {
                token.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "0"): token.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): token.append(UInt8(ascii: "/"))
            default: return nil
            }
        }
        return token
    }
}
