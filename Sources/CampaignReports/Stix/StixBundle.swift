import Detection
import Primitives

/// A campaign as a STIX 2.1 bundle: campaign, indicators, observed data, attack patterns, and how they hang together.
///
/// Ids are UUIDs of version 5 over the campaign's uid and times are the campaign's, so the same campaign, members and key
/// give the same bytes. Accounts stand there as keyed hashes alone, and so do values of fingerprints that one person
/// has. Memory: about 500 bytes a member.
public struct StixBundle {
    /// The type of our own observable, which an extension definition in the bundle declares.
    static let fingerprintType = "x-stillwatch-fingerprint"
    /// The most members an observed-data object refers to; there are as many objects as are needed.
    static let membersPerObject = 10_000

    let found: CampaignCase
    let names: [String]
    let fingerprints: [FingerprintName]
    let tlp: TLP

    /// A bundle.
    ///
    /// - Parameters:
    ///   - members: of the campaign.
    ///   - key: the secret that accounts are named under.
    ///   - tlp: how far the bundle may be passed on.
    public init(_ found: CampaignCase, members: [CampaignMember], key: ExportKey, tlp: TLP) {
        self.found = found
        self.tlp = tlp
        // In the order of hashes, which says nothing of the order of names.
        names = members.map { key.name("account", $0.account) }.sorted()
        var seen: Set<String> = []
        fingerprints = found.evidence.leads.map { FingerprintName($0, key) }
            .filter { seen.insert($0.text).inserted }
    }

    /// Writes the bundle as one JSON object.
    public func write(to writer: inout JSONWriter) {
        let state = "\(found.uid) \(found.last.time.ms) \(tlp.rawValue)"
        writer.beginObject()
        writer.member("type", "bundle")
        writer.member("id", Self.id("bundle", state))
        writer.key("objects")
        writer.beginArray()
        writeMarking(to: &writer)
        writeIdentity(to: &writer)
        writeExtension(to: &writer)
        writeCampaign(to: &writer)
        writeNote(to: &writer)
        writeIndicators(to: &writer)
        writeObservables(to: &writer)
        writeAttackPatterns(to: &writer)
        writeRelated(to: &writer)
        writer.endArray()
        writer.endObject()
    }

    // MARK: Ids and what all objects have

    private static let space = UUID5("5b0f3c0e-6a0e-4c1e-9b1a-7d5d1f0c2b43")
    /// The space of ids of observables (STIX 2.1, 2.9).
    private static let observableSpace = UUID5("00abedb4-aa42-466c-9c01-fed23315a9b7")
    private static let identity = id("identity", "stillwatch")
    private static let extensionID = id("extension-definition", fingerprintType)
    /// When what is in every bundle was made.
    private static let epoch = EventTime(ms: 1_764_547_200_000)

    static func id(_ type: String, _ name: String) -> String {
        "\(type)--\(space.id("\(type) \(name)"))"
    }

    var campaignID: String { Self.id("campaign", found.uid.description) }

    /// The members that every object of a domain begins with; what is the same in every bundle has a time of its own
    /// and no marking.
    func begin(
        _ type: StaticString, _ name: String, to writer: inout JSONWriter, isConstant: Bool = false
    ) {
        writer.beginObject()
        writer.member("type", "\(type)")
        writer.member("spec_version", "2.1")
        writer.member("id", Self.id("\(type)", name))
        writer.member("created_by_ref", Self.identity)
        let created = isConstant ? Self.epoch : min(found.last.firstSeen, found.last.time)
        let modified = isConstant ? Self.epoch : found.last.time
        writer.member("created", Timestamp.rfc3339(ms: created.ms))
        writer.member("modified", Timestamp.rfc3339(ms: modified.ms))
        if !isConstant { mark(&writer) }
    }

    func mark(_ writer: inout JSONWriter) { writer.member("object_marking_refs", [tlp.id]) }

    // MARK: What is in every bundle

    private func writeMarking(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", "marking-definition")
        writer.member("spec_version", "2.1")
        writer.member("id", tlp.id)
        writer.member("created", "2022-10-01T00:00:00.000Z")
        writer.member("name", tlp.name)
        writer.object("extensions") { writer in
            writer.key(TLP.extensionID)
            writer.beginObject()
            writer.member("extension_type", "property-extension")
            writer.member("tlp_2_0", tlp.rawValue)
            writer.endObject()
        }
        writer.endObject()
    }

    private func writeIdentity(to writer: inout JSONWriter) {
        begin("identity", "stillwatch", to: &writer, isConstant: true)
        writer.member("name", "Stillwatch")
        writer.member("identity_class", "system")
        writer.endObject()
    }

    private func writeExtension(to writer: inout JSONWriter) {
        begin("extension-definition", Self.fingerprintType, to: &writer, isConstant: true)
        writer.member("name", "Fingerprint of API requests")
        writer.member(
            "description",
            "What requests of several accounts have in common: a kind (payment, prompt_template, ...) and a value."
        )
        writer.member(
            "schema",
            #"{"type":"object","required":["kind","value"],"properties":{"kind":{"type":"string"},"#
                + #""value":{"type":"string"}}}"#)
        writer.member("version", "1.0.0")
        writer.member("extension_types", ["new-sco"])
        writer.endObject()
    }

    // MARK: The campaign

    private func writeCampaign(to writer: inout JSONWriter) {
        let last = found.last
        begin("campaign", found.uid.description, to: &writer)
        writer.member("name", "Stillwatch campaign \(found.uid)")
        writer.member("description", last.description)
        writer.member("first_seen", Timestamp.rfc3339(ms: last.firstSeen.ms))
        writer.member(
            "last_seen", Timestamp.rfc3339(ms: max(last.firstSeen, last.lastSeen).ms))
        writer.member("objective", last.campaignClass.rawValue)
        writer.member("labels", [last.campaignClass.rawValue, last.severity.rawValue, found.state])
        writer.endObject()
    }

    private func writeNote(to writer: inout JSONWriter) {
        let evidence = found.evidence
        let groups = evidence.groups.map(\.rawValue).joined(separator: ", ")
        begin("note", found.uid.description, to: &writer)
        writer.member("abstract", "Evidence, and what would have to be true if nothing were wrong")
        writer.member(
            "content",
            "\(Words.number(evidence.accounts)) accounts, \(Words.number(evidence.requests)) requests, "
                + "\(Words.number(evidence.tokens)) output tokens; groups of evidence: \(groups), score "
                + "\(evidence.score).\n" + found.ifBenign.map { "- \($0)\n" }.joined())
        writer.member("object_refs", [campaignID])
        writer.endObject()
    }

    // MARK: Observables

    /// The id and the writer of an observable's own fields are one: ids are made of these fields (STIX 2.1, 2.9).
    static func observableID(_ type: String, _ content: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        content(&writer)
        writer.endObject()
        return "\(type)--\(observableSpace.id(writer.buffer.string()))"
    }

    func beginObservable(_ type: String, _ id: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", type)
        writer.member("spec_version", "2.1")
        writer.member("id", id)
        mark(&writer)
    }

    func endFingerprint(to writer: inout JSONWriter) {
        writer.object("extensions") { writer in
            writer.key(Self.extensionID)
            writer.beginObject()
            writer.member("extension_type", "new-sco")
            writer.endObject()
        }
        writer.endObject()
    }
}
