import Primitives

/// The evidence and the observables of a finding in OCSF's words.
///
/// The first evidence is the entity with its features; an entity that OCSF has an object for (account, address,
/// device, TLS print, user agent) stands there too, otherwise in `data` alone. Every account that a
/// `top(account, k)` names follows as an evidence of its own, a User, at most `maxAccounts` of them. What a version has
/// no attribute for is written apart: as many objects as there are evidences, each with what that one lacks.
struct OCSFArtifacts {
    static let maxAccounts = 64

    private let finding: Finding
    private let version: OCSFVersion
    private let place: OCSFPlace
    private let accounts: [(value: [UInt8], count: Int64)]

    init(finding: Finding, version: OCSFVersion) {
        self.finding = finding
        self.version = version
        self.place = OCSFPlace(kind: finding.entityKind, value: finding.entityValue)
        self.accounts = Self.accounts(in: finding)
    }

    private static func accounts(in finding: Finding) -> [(value: [UInt8], count: Int64)] {
        var found: [(value: [UInt8], count: Int64)] = []
        for case (let name, .top(let values)) in finding.evidence where isTopAccounts(name) {
            for item in values where !found.contains(where: { $0.value == item.value }) {
                guard found.count < maxAccounts else { return found }
                found.append(item)
            }
        }
        return found
    }

    private static func isTopAccounts(_ name: String) -> Bool {
        guard name.hasPrefix("top(") else { return false }
        return name.dropFirst(4).prefix { $0 != "," && $0 != ")" } == Vocabulary.account
    }

    func writeEvidences(to writer: inout JSONWriter) {
        writer.key("evidences")
        writer.beginArray()
        writer.beginObject()
        if version.isNewest { writer.member("name", "entity") }
        writer.object("data") { writeFeatures(to: &$0) }
        if place.isKnown(to: version) {
            place.write(value: finding.entityValue, version, to: &writer)
        }
        if version.isNewest { writeVerdict(to: &writer) }
        writer.endObject()
        for (value, count) in accounts {
            writer.beginObject()
            if version.isNewest { writer.member("name", Vocabulary.account) }
            writer.object("data") { writer in
                writer.member("requests", count)
            }
            OCSFPlace.account.write(value: value, version, to: &writer)
            writer.endObject()
        }
        writer.endArray()
    }

    /// What evidences lack in an older version.
    func writeLacking(to writer: inout JSONWriter) {
        writer.key("evidences")
        writer.beginArray()
        writer.beginObject()
        writer.member("name", "entity")
        if !place.isKnown(to: version) {
            place.write(value: finding.entityValue, .v18, to: &writer)
        }
        writeVerdict(to: &writer)
        writer.endObject()
        for _ in accounts {
            writer.beginObject()
            writer.member("name", Vocabulary.account)
            writer.endObject()
        }
        writer.endArray()
    }

    private func writeVerdict(to writer: inout JSONWriter) {
        guard finding.rule.shadow else { return }
        writer.member("verdict_id", "verdict", OCSF.EnumValue(id: 6, caption: "Test"))
    }

    private func writeFeatures(to writer: inout JSONWriter) {
        writer.object("entity") { writer in
            writer.member("kind", finding.entityKind)
            writer.key("value")
            finding.entityValue.withUnsafeBytes { writer.value(utf8: $0) }
        }
        writer.object("features") { writer in
            for (name, value) in finding.distinctEvidence {
                writer.key(name)
                value.write(to: &writer)
            }
        }
    }

    func writeObservables(to writer: inout JSONWriter) {
        writer.key("observables")
        writer.beginArray()
        writeObservable(place, kind: finding.entityKind, value: finding.entityValue, to: &writer)
        for (value, _) in accounts
        where finding.entityKind != Vocabulary.account || value != finding.entityValue {
            writeObservable(.account, kind: Vocabulary.account, value: value, to: &writer)
        }
        writer.endArray()
    }

    private func writeObservable(
        _ place: OCSFPlace, kind: String, value: [UInt8], to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("name", place.path(in: version))
        writer.member("type_id", "type", place.observableType(kind: kind, in: version))
        writer.key("value")
        value.withUnsafeBytes { writer.value(utf8: $0) }
        writer.endObject()
    }
}
