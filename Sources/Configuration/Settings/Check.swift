/// Checks of single values; each answers what is wrong, after the key's name in a message.
enum Check {
    static func notEmpty(_ text: String) -> String? { text.isEmpty ? "must not be empty" : nil }

    /// A placeholder that the decoder can keep.
    static func placeholder(_ text: String) -> String? {
        let count = text.utf8.count
        return (1...63).contains(count) ? nil : "takes texts of 1 to 63 bytes"
    }

    /// Kafka's rule for topic names.
    static func topic(_ name: String) -> String? {
        let isLegal = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isLegal, (1...249).contains(name.utf8.count), name != ".", name != ".." else {
            return "must be a topic name: 1-249 letters, digits, dots, underscores and hyphens"
        }
        return nil
    }

    /// What may stand in an instance id, which becomes part of a transactional id.
    static func instance(_ text: String) -> String? {
        text.isEmpty
            ? nil
            : topic(text).map { _ in "must be 1-249 letters, digits, dots, underscores and hyphens"
            }
    }

    /// `host:port` or `host`, comma-separated; IPv6 addresses in brackets.
    static func servers(_ text: String) -> String? {
        let demand = "must be host:port, comma-separated"
        for server in text.split(separator: ",", omittingEmptySubsequences: false) {
            if server.isEmpty || server.contains(where: \.isWhitespace) { return demand }
            let host =
                server.last == "]"
                ? server[...] : server.prefix { $0 != ":" || server.first == "[" }
            let port = server.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
            if host.isEmpty { return demand }
            let hasPort = server.last != "]" && server.contains(":")
            if hasPort, !(1...65_535).contains(Int(port) ?? 0) {
                return "\(demand), and '\(port)' is not a port"
            }
        }
        return nil
    }

    /// A JSON pointer (RFC 6901) to something in a document, of at most 32 tokens.
    static func pointer(_ text: String) -> String? {
        guard text.hasPrefix("/") else { return "must be a JSON pointer such as /user/id" }
        let escapes = text.split(separator: "~", omittingEmptySubsequences: false).dropFirst()
        guard escapes.allSatisfy({ $0.first == "0" || $0.first == "1" }) else {
            return "must be a JSON pointer, in which ~ is written ~0"
        }
        guard text.count(where: { $0 == "/" }) <= 32 else { return "has more than 32 tokens" }
        return nil
    }
}
