import Primitives

/// Writes findings as JSON and names what goes around them in a Kafka record.
///
/// Equal findings give equal bytes: keys have a fixed order, numbers one spelling, and no clock is read. Invalid
/// UTF-8 in an entity's or an evidence's value becomes U+FFFD. The record key is the finding's uid, the record's
/// timestamp its `time`.
public struct FindingEncoder: Sendable {
    /// The shape written.
    public let format: FindingFormat
    /// The program's version, for `metadata.product.version`.
    public let productVersion: String
    /// The version of OCSF, where the shape is OCSF.
    public let ocsfVersion: OCSFVersion
    /// Who writes, as a URI reference, for `ce_source`: `/stillwatch/<group>`.
    public let source: String

    /// An encoder of one shape.
    public init(
        format: FindingFormat, productVersion: String, source: String = "/stillwatch",
        ocsfVersion: OCSFVersion = .v18
    ) {
        self.format = format
        self.productVersion = productVersion
        self.ocsfVersion = ocsfVersion
        self.source = source.isEmpty ? "/stillwatch" : source
    }

    /// Appends `finding` as one JSON object, without a newline.
    public func encode(_ finding: Finding, into writer: inout JSONWriter) {
        switch format {
        case .ocsf:
            OCSFFinding(finding: finding, productVersion: productVersion, version: ocsfVersion)
                .write(to: &writer)
        case .flat: FlatFinding(finding: finding).write(to: &writer)
        }
    }

    /// The record key of `finding`: one key per episode, so its records stay in order.
    public func key(of finding: Finding) -> String { finding.uid.description }

    /// The CloudEvents 1.0 headers of `finding`'s record (Kafka protocol binding, binary content mode).
    public func headers(of finding: Finding) -> [(name: String, value: String)] {
        var headers = [
            (name: "content-type", value: "application/json"),
            (name: "ce_specversion", value: "1.0"),
            (name: "ce_id", value: finding.recordUID),
            (name: "ce_source", value: source),
            (name: "ce_type", value: "stillwatch.finding.\(finding.status.rawValue)"),
            (name: "ce_time", value: Timestamp.rfc3339(ms: finding.time.ms)),
            (name: "ce_subject", value: finding.entity.replacingControls),
        ]
        if format == .ocsf {
            headers.append((name: "ce_dataschema", value: ocsfVersion.classSchema))
        }
        return headers
    }
}

extension Finding {
    /// The entity as people name it: `kind:value`, invalid UTF-8 repaired.
    public var entity: String { "\(entityKind):\(String(decoding: entityValue, as: UTF8.self))" }

    /// One per record: the episode's uid and the record's number in it.
    var recordUID: String { "\(uid)-\(sequence)" }

    /// The evidence with each name once; the first wins, as a JSON object may not repeat a key.
    var distinctEvidence: [(name: String, value: EvidenceValue)] {
        var kept: [(name: String, value: EvidenceValue)] = []
        for item in evidence where !kept.contains(where: { $0.name == item.name }) {
            kept.append(item)
        }
        return kept
    }
}

extension String {
    /// The text with U+FFFD for control characters, which a CloudEvents attribute may not contain.
    fileprivate var replacingControls: String {
        let isControl = { (value: UInt32) in value < 0x20 || (0x7F...0x9F).contains(value) }
        var clean = ""
        for scalar in unicodeScalars {
            clean.unicodeScalars.append(isControl(scalar.value) ? "\u{FFFD}" : scalar)
        }
        return clean
    }
}
