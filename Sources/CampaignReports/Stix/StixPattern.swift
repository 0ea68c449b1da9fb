import Primitives

/// The pattern of a STIX indicator that finds a fingerprint.
enum StixPattern {
    /// The pattern: an object of STIX where there is one for the kind, otherwise one of ours.
    static func text(_ fingerprint: FingerprintName) -> String {
        let value = quoted(fingerprint.value)
        switch fingerprint.kind {
        case "subnet": return "[\(family(fingerprint.value)):value ISSUBSET \(value)]"
        case "asn":
            if let number = Int(fingerprint.value.drop { !$0.isNumber }), number >= 0 {
                return "[autonomous-system:number = \(number)]"
            }
        case "user_agent":
            return
                "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = \(value)]"
        default: break
        }
        return "[\(StixBundle.fingerprintType):kind = \(quoted(fingerprint.kind)) AND "
            + "\(StixBundle.fingerprintType):value = \(value)]"
    }

    private static func family(_ subnet: String) -> String {
        subnet.contains(":") ? "ipv6-addr" : "ipv4-addr"
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        return "'\(escaped)'"
    }
}
