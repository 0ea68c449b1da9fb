import Detection
import Primitives

/// The objects around the campaign.
extension StixBundle {
    /// An indicator for each fingerprint that a lead names.
    func writeIndicators(to writer: inout JSONWriter) {
        for fingerprint in fingerprints {
            let name = "\(found.uid) \(fingerprint.text)"
            begin("indicator", name, to: &writer)
            writer.member("name", fingerprint.text)
            writer.member(
                "description", "Accounts of the campaign share this \(fingerprint.kind).")
            writer.member("indicator_types", ["anomalous-activity"])
            writer.member("pattern", StixPattern.text(fingerprint))
            writer.member("pattern_type", "stix")
            writer.member("valid_from", Timestamp.rfc3339(ms: found.last.firstSeen.ms))
            writer.endObject()
            relate(Self.id("indicator", name), "indicates", campaignID, to: &writer)
        }
    }

    /// The accounts and fingerprints, and objects that say that they were observed.
    func writeObservables(to writer: inout JSONWriter) {
        var ids: [String] = []
        for fingerprint in fingerprints {
            let content = { (writer: inout JSONWriter) in
                writer.member("kind", fingerprint.kind)
                writer.member("value", fingerprint.value)
            }
            let id = Self.observableID(Self.fingerprintType, content)
            ids.append(id)
            beginObservable(Self.fingerprintType, id, to: &writer)
            content(&writer)
            endFingerprint(to: &writer)
        }
        for name in names {
            let content = { (writer: inout JSONWriter) in writer.member("user_id", name) }
            let id = Self.observableID("user-account", content)
            ids.append(id)
            beginObservable("user-account", id, to: &writer)
            content(&writer)
            writer.endObject()
        }
        for start in stride(from: 0, to: ids.count, by: Self.membersPerObject) {
            let end = min(start + Self.membersPerObject, ids.count)
            writeObserved(Array(ids[start..<end]), start, to: &writer)
        }
    }

    private func writeObserved(_ ids: [String], _ start: Int, to writer: inout JSONWriter) {
        let last = found.last
        let name = "\(last.uid) \(start)"
        begin("observed-data", name, to: &writer)
        writer.member("first_observed", Timestamp.rfc3339(ms: last.firstSeen.ms))
        writer.member(
            "last_observed", Timestamp.rfc3339(ms: max(last.firstSeen, last.lastSeen).ms))
        // What STIX allows at most.
        writer.member("number_observed", min(max(1, found.evidence.requests), 999_999_999))
        writer.member("object_refs", ids)
        writer.endObject()
        relate(Self.id("observed-data", name), "related-to", campaignID, to: &writer)
    }

    /// The techniques of the campaign's class, in the words of MITRE ATLAS.
    func writeAttackPatterns(to writer: inout JSONWriter) {
        let ids = Atlas.techniques(of: found.last.campaignClass)
        for technique in ids.compactMap({ Atlas.technique($0) }) {
            begin("attack-pattern", technique.id, to: &writer, isConstant: true)
            writer.member("name", technique.name)
            writer.key("external_references")
            writer.beginArray()
            writer.beginObject()
            writer.member("source_name", "mitre-atlas")
            writer.member("external_id", technique.id)
            writer.member("url", technique.url)
            writer.endObject()
            writer.endArray()
            writer.key("kill_chain_phases")
            writer.beginArray()
            writer.beginObject()
            writer.member("kill_chain_name", "mitre-atlas")
            writer.member(
                "phase_name", technique.tactic.lowercased().replacing(" ", with: "-"))
            writer.endObject()
            writer.endArray()
            writer.endObject()
            let pattern = Self.id("attack-pattern", technique.id)
            relate(campaignID, "uses", pattern, to: &writer)
        }
    }

    /// The campaigns it came of, which are not in the bundle.
    func writeRelated(to writer: inout JSONWriter) {
        for (uid, relation) in [
            (found.splitFrom, "derived-from"), (found.successorOf, "related-to"),
            (found.last.redirectTo, "related-to"),
        ] {
            guard let uid else { continue }
            relate(campaignID, relation, Self.id("campaign", uid.description), to: &writer)
        }
    }

    private func relate(
        _ source: String, _ relation: String, _ target: String, to writer: inout JSONWriter
    ) {
        begin("relationship", "\(source) \(relation) \(target)", to: &writer)
        writer.member("relationship_type", relation)
        writer.member("source_ref", source)
        writer.member("target_ref", target)
        writer.endObject()
    }
}
