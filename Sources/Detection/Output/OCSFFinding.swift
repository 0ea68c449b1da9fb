import Primitives

/// A finding as an OCSF Detection Finding without profiles.
///
/// What OCSF has no word for stands under `unmapped.stillwatch` and `evidences[].data`; the schema forbids it
/// anywhere else. What only the newest version has a word for stands under `unmapped` in the older ones, at the path
/// that it has there. `is_alert` is true where somebody should look: not on a close, and not of a shadow rule, whose
/// analytic is experimental.
struct OCSFFinding {
    let finding: Finding
    let productVersion: String
    let version: OCSFVersion

    private var rule: RuleInfo { finding.rule }

    func write(to writer: inout JSONWriter) {
        let artifacts = OCSFArtifacts(finding: finding, version: version)
        writer.beginObject()
        writeClassification(to: &writer)
        writer.object("metadata") { writeMetadata(to: &$0) }
        writer.object("finding_info") { writeFindingInfo(to: &$0) }
        artifacts.writeEvidences(to: &writer)
        artifacts.writeObservables(to: &writer)
        writer.object("unmapped") { writer in
            if !version.isNewest { writeLacking(artifacts, to: &writer) }
            writer.object("stillwatch") { writeOwnWords(to: &$0) }
        }
        writer.endObject()
    }

    /// What the version has no attribute for.
    private func writeLacking(_ artifacts: OCSFArtifacts, to writer: inout JSONWriter) {
        writeIsAlert(to: &writer)
        writer.object("finding_info") { writer in
            writeRelated(to: &writer) { id, writer in
                writer.member("title", "campaign:\(id)")
            }
            writer.object("analytic") { writeState(to: &$0) }
        }
        artifacts.writeLacking(to: &writer)
    }

    private func writeIsAlert(to writer: inout JSONWriter) {
        writer.member("is_alert", !rule.shadow && finding.status != .close)
    }

    private func writeState(to writer: inout JSONWriter) {
        writer.member("state_id", "state", OCSF.analyticState(shadow: rule.shadow))
    }

    /// The campaigns that the finding names; nothing where there are none.
    private func writeRelated(
        to writer: inout JSONWriter, _ content: (FindingID, inout JSONWriter) -> Void
    ) {
        let related = finding.campaign?.related ?? finding.memberOf.map { [$0] } ?? []
        guard !related.isEmpty else { return }
        writer.key("related_events")
        writer.beginArray()
        for id in related {
            writer.beginObject()
            content(id, &writer)
            writer.endObject()
        }
        writer.endArray()
    }

    private func writeClassification(to writer: inout JSONWriter) {
        let activity = OCSF.activity(finding.status)
        writer.member("time", finding.time)
        writer.member(
            "class_uid", "class_name",
            OCSF.EnumValue(id: OCSF.classUID, caption: "Detection Finding"))
        writer.member("category_uid", "category_name", OCSF.EnumValue(id: 2, caption: "Findings"))
        writer.member("activity_id", "activity_name", activity)
        writer.member(
            "type_uid", "type_name",
            OCSF.EnumValue(
                id: OCSF.classUID * 100 + activity.id,
                caption: "Detection Finding: \(activity.caption)"))
        writer.member("severity_id", "severity", OCSF.severity(rule.severity))
        writer.member("status_id", "status", OCSF.status(finding.status))
        if version.isNewest { writeIsAlert(to: &writer) }
        writer.member("start_time", finding.firstSeen)
        writer.member("end_time", finding.lastSeen)
        writer.member("message", "\(rule.title) on \(finding.entity)")
    }

    private func writeMetadata(to writer: inout JSONWriter) {
        writer.member("version", version.rawValue)
        writer.member("uid", finding.recordUID)
        writer.member("correlation_uid", finding.uid.description)
        writer.member("sequence", finding.sequence)
        writer.member("event_code", rule.id)
        if !rule.tags.isEmpty { writer.member("labels", rule.tags) }
        writer.object("product") { writer in
            writer.member("name", "Stillwatch")
            writer.member("uid", "stillwatch")
            writer.member("vendor_name", "Stillwatch")
            writer.member("version", productVersion)
        }
    }

    /// The episode starts when it was first seen: `created_time` is the same in all its records.
    private func writeFindingInfo(to writer: inout JSONWriter) {
        writer.member("uid", finding.uid.description)
        writer.member("title", rule.title)
        writer.member("desc", rule.description)
        writer.member("types", ["Model Distillation"])
        writer.member("created_time", finding.firstSeen)
        writer.member("modified_time", finding.time)
        writer.member("first_seen_time", finding.firstSeen)
        writer.member("last_seen_time", finding.lastSeen)
        writeRelated(to: &writer) { id, writer in
            writer.member("uid", id.description)
            if version.isNewest { writer.member("title", "campaign:\(id)") }
        }
        if !rule.attack.isEmpty {
            writer.key("attacks")
            writer.beginArray()
            for id in rule.attack { Atlas.writeAttack(id, to: &writer) }
            writer.endArray()
        }
        writer.object("analytic") { writer in
            writer.member("type_id", "type", OCSF.EnumValue(id: 1, caption: "Rule"))
            writer.member("uid", rule.id)
            writer.member("name", rule.title)
            writer.member("version", String(rule.version))
            if version.isNewest { writeState(to: &writer) }
        }
    }

    private func writeOwnWords(to writer: inout JSONWriter) {
        writer.member("rule", rule.id)
        writer.member("rule_version", rule.version)
        writer.member("status", finding.status.rawValue)
        writer.member("shadow", rule.shadow)
        writer.member("entity", finding.entity)
        writer.member("entity_kind", finding.entityKind)
        finding.campaign?.write(to: &writer)
        if let campaign = finding.memberOf { writer.member("campaign", campaign.description) }
        if let benign = finding.ifBenign { writer.member("if_benign", benign) }
        if !rule.falsePositives.isEmpty { writer.member("false_positives", rule.falsePositives) }
        if !rule.references.isEmpty { writer.member("references", rule.references) }
    }
}
