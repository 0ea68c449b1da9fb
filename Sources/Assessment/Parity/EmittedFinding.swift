import Detection
import Primitives
import YAML

/// A record of a finding as it was written somewhere, in either format: what a comparison needs of it.
public struct EmittedFinding: Sendable, Equatable {
    /// The episode's uid.
    public let uid: String
    /// The rule's id.
    public let rule: String
    /// What it is on, as `kind:value`.
    public let entity: String
    /// The step of the episode.
    public let status: Finding.Status
    /// Whether its rule was on trial.
    public let isShadow: Bool
    /// Its time.
    public let time: EventTime
    /// When the episode started.
    public let firstSeen: EventTime
    /// The shape it is in.
    public let format: FindingFormat
    /// The version of OCSF it is in; the newest where it is in none.
    public let ocsfVersion: OCSFVersion
    /// The version of the program that wrote it; nil where the format does not say.
    public let productVersion: String?
    /// All of it.
    public let text: String

    /// The finding in a line of JSON; nil where the line is none. About 100 µs.
    public init?(line: [UInt8]) {
        let source = SourceText(name: "", bytes: line)
        let documents = parseYAML(source, diagnostics: Diagnostics())
        guard documents.count == 1, let root = documents.first else { return nil }
        let isOCSF = root["class_uid"] != nil
        guard let own = isOCSF ? root["unmapped"]?["stillwatch"] : root,
            let uid = Self.text(isOCSF ? root["finding_info"]?["uid"] : root["uid"]),
            let rule = Self.text(own["rule"]), let entity = Self.text(own["entity"]),
            let status = Self.text(own["status"]).flatMap(Finding.Status.init),
            let time = Self.time(root["time"]),
            let first = Self.time(root[isOCSF ? "start_time" : "first_seen"])
        else { return nil }
        self.uid = uid
        self.rule = rule
        self.entity = entity
        self.status = status
        isShadow = Self.text(own["shadow"]) == "true"
        self.time = time
        firstSeen = first
        format = isOCSF ? .ocsf : .flat
        ocsfVersion =
            Self.text(root["metadata"]?["version"]).flatMap(OCSFVersion.init(rawValue:)) ?? .v18
        productVersion = Self.text(root["metadata"]?["product"]?["version"])
        text = String(decoding: line, as: UTF8.self)
    }

    private static func text(_ node: Node?) -> String? { node?.scalar?.text }

    private static func time(_ node: Node?) -> EventTime? {
        text(node).flatMap { Int64($0) }.map { EventTime(ms: $0) }
    }
}
