/// How far an export may be passed on: the levels of the Traffic Light Protocol 2.0 (FIRST), as STIX marks them.
public enum TLP: String, CaseIterable, Sendable {
    /// To the world.
    case clear
    /// To the community.
    case green
    /// To the recipient's organization and its clients.
    case amber
    /// To the recipient's organization.
    case amberStrict = "amber+strict"
    /// To the recipients.
    case red

    /// The marking's id, which OASIS has published for each level.
    var id: String {
        let uuid =
            switch self {
            case .clear: "94868c89-83c2-464b-929b-a1a8aa3c8487"
            case .green: "bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
            case .amber: "55d920b0-5e8b-4f79-9ee9-91f868d9b421"
            case .amberStrict: "939a9414-2ddd-4d32-a0cd-375ea402b003"
            case .red: "e828b379-4e03-4974-9ac4-e53a884c97c1"
            }
        return "marking-definition--\(uuid)"
    }

    /// `TLP:AMBER+STRICT`.
    var name: String { "TLP:\(rawValue.uppercased())" }

    /// The extension of STIX 2.1 that markings of TLP 2.0 are made with.
    static let extensionID = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
}
