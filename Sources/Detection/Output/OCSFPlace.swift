import Primitives

/// Where in an OCSF evidence a value of some kind belongs.
enum OCSFPlace: Equatable {
    case account
    case address
    case subnet
    case device
    case userAgent
    case tlsPrint
    /// Nowhere but in our own data.
    case other

    /// The place of `kind`'s values; an `ip` that is no address has none.
    init(kind: String, value: [UInt8]) {
        switch kind {
        case Vocabulary.account: self = .account
        case "ip": self = value.withUnsafeBytes { IPAddress($0) } == nil ? .other : .address
        case "subnet": self = .subnet
        case "device": self = .device
        case "user_agent": self = .userAgent
        case "tls_ja4": self = .tlsPrint
        default: self = .other
        }
    }

    /// Whether evidences of a version have an attribute for it.
    func isKnown(to version: OCSFVersion) -> Bool {
        switch self {
        case .account, .address, .subnet, .other: true
        case .device: version != .v11
        case .userAgent, .tlsPrint: version.isNewest
        }
    }

    /// The attribute that holds the value, as an observable's `name` spells it.
    func path(in version: OCSFVersion) -> String {
        guard isKnown(to: version) else { return "evidences[].data.entity.value" }
        return switch self {
        case .account: version == .v11 ? "evidences[].actor.user.uid" : "evidences[].user.uid"
        case .address: "evidences[].src_endpoint.ip"
        case .device: "evidences[].device.uid"
        case .userAgent: "evidences[].http_request.user_agent"
        case .tlsPrint: "evidences[].ja4_fingerprint_list[].value"
        case .subnet, .other: "evidences[].data.entity.value"
        }
    }

    /// The observable's type; kinds that the version does not know are Other, named as we name them.
    func observableType(kind: String, in version: OCSFVersion) -> OCSF.EnumValue {
        let type = observableType(kind: kind)
        return version.observableTypes.contains(type.id)
            ? type : OCSF.EnumValue(id: 99, caption: kind)
    }

    private func observableType(kind: String) -> OCSF.EnumValue {
        switch self {
        case .account: OCSF.EnumValue(id: 31, caption: "User Object: uid")
        case .address: OCSF.EnumValue(id: 2, caption: "IP Address")
        case .subnet: OCSF.EnumValue(id: 12, caption: "Subnet")
        case .device: OCSF.EnumValue(id: 47, caption: "Device Object: uid")
        case .userAgent: OCSF.EnumValue(id: 16, caption: "HTTP User-Agent")
        case .tlsPrint, .other: OCSF.EnumValue(id: 99, caption: kind)
        }
    }

    /// Writes the OCSF object with `value` into an evidence.
    func write(value: [UInt8], _ version: OCSFVersion, to writer: inout JSONWriter) {
        value.withUnsafeBytes { bytes in
            switch self {
            case .account where version == .v11:
                writer.object("actor") { $0.object("user") { $0.member("uid", utf8: bytes) } }
            case .account: writer.object("user") { $0.member("uid", utf8: bytes) }
            case .address: writer.object("src_endpoint") { $0.member("ip", utf8: bytes) }
            case .device:
                writer.object("device") { writer in
                    writer.member("type_id", "type", OCSF.EnumValue(id: 0, caption: "Unknown"))
                    writer.member("uid", utf8: bytes)
                }
            case .userAgent: writer.object("http_request") { $0.member("user_agent", utf8: bytes) }
            case .tlsPrint:
                writer.key("ja4_fingerprint_list")
                writer.beginArray()
                writer.beginObject()
                writer.member("type_id", "type", OCSF.EnumValue(id: 1, caption: "JA4"))
                writer.member("value", utf8: bytes)
                writer.endObject()
                writer.endArray()
            case .subnet, .other: break
            }
        }
    }
}
