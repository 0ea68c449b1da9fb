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
        var bytes = Array(Digest.sha1(space + Array(name.utf8)).prefix(16))
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
